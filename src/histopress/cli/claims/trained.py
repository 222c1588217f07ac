"""Trainings that a claim does by itself: with fewer patients, or with coarser numbers."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from histopress.cli.job import Job

if TYPE_CHECKING:
    from histopress.claims.paired import PairedDifference
    from histopress.cohort.manifest import Manifest
    from histopress.cohort.splitting.parts import Parts
    from histopress.cohort.targets import Labels
    from histopress.compress.slide import CompressedSlide
    from histopress.evaluate.units import Units

LearnFrom = Callable[[int, Sequence[str]], Collection[str]]


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Whom a claim trains on."""

    manifest: "Manifest"
    labels: "Labels"
    table: "tuple[Parts, ...]"


@dataclass(frozen=True, kw_only=True)
class Tested:
    """What a cross-validation said of whom.

    Attributes
    ----------
    units : Units
    slides : tuple of str
        All tested slides, sorted; of a target of slides the units' own, in their order.
    """

    units: "Units"
    slides: tuple[str, ...]


def load_cohort(job: Job) -> Cohort:
    """Read the manifest, the labels of the claim's target and a table of divisions, if any.

    Raises
    ------
    ConfigError
        The settings do not say what the target is.
    """
    from histopress.cli.cohort import load_labels, load_manifest, load_table
    from histopress.errors import ConfigError

    chosen, manifest = job.settings, load_manifest(job)
    if chosen.target is None:
        raise ConfigError(
            f"claim '{job.wildcard('claim')}': the settings lack 'target', which says what "
            f"'{chosen.claim.target}' is; its model is trained anew"
        )
    labels = load_labels(job, manifest, chosen.claim.target, chosen.target)
    return Cohort(manifest=manifest, labels=labels, table=load_table(job))


def usable_slides(job: Job, encoders: Sequence[str], cohort: Cohort) -> list[str]:
    """List the labelled slides that are excluded for none of the encoders; sorted.

    Raises
    ------
    SlideError
        There are none.
    """
    from histopress.compress.slide import read_header
    from histopress.errors import SlideError

    found = [
        slide
        for slide in sorted(cohort.labels.values)
        if all(
            read_header(_compressed(job, encoder, slide))["status"] == "ok" for encoder in encoders
        )
    ]
    if not found:
        raise SlideError(
            f"target '{cohort.labels.target}': each of {len(cohort.labels.values)} labelled slides "
            f"is excluded for {' or '.join(encoders)}; 'histopress summary' gives the reasons"
        )
    return found


def load_slides(job: Job, encoder: str, slides: Sequence[str]) -> "list[CompressedSlide]":
    """Read slides as one encoder compressed them."""
    from histopress.compress.slide import read_compressed

    return [read_compressed(_compressed(job, encoder, slide)) for slide in slides]


def _compressed(job: Job, encoder: str, slide: str) -> Path:
    place = job.request.paths["compressed"] / encoder / f"{slide}.h5"
    return job.reads("compressed", place)


def cross_validate(
    job: Job,
    cohort: Cohort,
    slides: "Sequence[CompressedSlide]",
    *,
    named: str,
    number: int,
    learn_from: LearnFrom | None = None,
) -> Tested:
    """Train and test every division of the study's own split once.

    Trainings of the same ``number`` share their seed whatever is trained on, so that arms differ
    by what they are fed alone.
    """
    from histopress.cohort.splitting.protocols import split_key
    from histopress.evaluate.cross_validation import CrossValidation
    from histopress.evaluate.judge import People, make_units

    chosen, labels = job.settings, cohort.labels
    whole = CrossValidation(
        slides=slides,
        manifest=cohort.manifest,
        protocol=chosen.protocol,
        table=cohort.table,
        model=chosen.model,
    )
    rows = whole.predict(
        labels,
        key=split_key(chosen.seed, labels.target),
        seed_of=lambda fold: job.seed("claim", named, number, fold),
        learn_from=learn_from,
    )
    tested = [row for row in rows if row.split == "test"]
    return Tested(
        units=make_units(tested, labels, People.of(cohort.manifest)),
        slides=tuple(sorted(row.slide_id for row in tested)),
    )


def share_of_patients(job: Job, cohort: Cohort, share: float, number: int) -> LearnFrom | None:
    """Keep so many of a fold's training patients, each class as often as before; all for 1.

    A smaller share is part of every larger one.
    """
    if share >= 1:
        return None
    patients, values = cohort.manifest.patients, cohort.labels.values

    def keep(fold: int, slides: Sequence[str]) -> list[str]:
        rng = job.rng("claim", "share", number, fold)
        kept: set[str] = set()
        strata: dict[str, list[str]] = {}
        for slide in sorted(slides):
            own = strata.setdefault(str(values[slide]), [])
            if patients[slide] not in own:
                own.append(patients[slide])
        for name in sorted(strata):
            order = rng.permutation(len(strata[name]))
            count = max(2, round(share * len(strata[name])))
            kept |= {strata[name][place] for place in order[:count]}
        return [slide for slide in slides if patients[slide] in kept]

    return keep


def hold_trained(
    job: Job, named: str, first: Sequence[Tested], second: Sequence[Tested]
) -> "PairedDifference":
    """Hold trainings against others on the patients whom both tested; ``named`` is the contrast."""
    from histopress.claims.contrast import KINDS, Contrast, contrast_units

    contrast = Contrast(
        name=named,
        first="first",
        second="second",
        metric=KINDS[type(first[0].units)],
        margin=job.settings.claim.margin,
    )
    return contrast_units(
        contrast,
        [run.units for run in first],
        [run.units for run in second],
        n_resamples=job.settings.rules.resamples,
        rng=job.rng("claim", job.wildcard("claim"), named),
    )
