"""Score against lesion size, encoder and number of training patients."""

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from histopress.cli.job import Job

if TYPE_CHECKING:
    from histopress.claims.result import ClaimResult, Finding
    from histopress.cli.claims.trained import Cohort, Tested


def judge_limit(job: Job) -> "ClaimResult":
    """Train with each encoder, and with fewer patients; judge large lesions against small ones."""
    from histopress.claims.paired import paired_difference
    from histopress.claims.sizes import of_sizes, size_bins
    from histopress.cli.claims.finish import finish
    from histopress.cli.claims.trained import load_cohort

    chosen, name = job.settings.claim, job.wildcard("claim")
    cohort = load_cohort(job)
    sizes = _sizes(job, cohort)
    trained = _train_all(job, cohort)
    usual = trained[chosen.encoders[0], max(chosen.shares)]
    own = np.array([sizes[slide] for slide in usual[0].slides])
    edges = size_bins(own[own > 0], chosen.bins)
    statistics = {
        key: [[of_sizes(run.units, own, low, high) for low, high in edges] for run in runs]
        for key, runs in trained.items()
    }
    whole = np.ones((1, len(own)))
    rows = [
        {
            "encoder": encoder,
            "share": share,
            "from_size": edges[place][0],
            "to_size": edges[place][1],
            "value": _known(np.mean([run[place](whole)[0] for run in runs])),
            "lesions": int(((own >= edges[place][0]) & (own <= edges[place][1])).sum()),
        }
        for (encoder, share), runs in statistics.items()
        for place in range(len(edges))
    ]
    runs = statistics[chosen.encoders[0], max(chosen.shares)]
    found = paired_difference(
        [run[-1] for run in runs],
        [run[0] for run in runs],
        patients=usual[0].units.patients,
        folds=usual[0].units.folds,
        n_resamples=job.settings.rules.resamples,
        rng=job.rng("claim", name),
    )
    return finish(
        job,
        metric="auc",
        named="largest lesions - smallest lesions",
        estimate=found.estimate,
        rows=rows,
        beside=_beside(job, trained),
        facts={"patients": found.n_patients, "sizes": chosen.sizes, "edges": edges},
        warnings=found.warnings,
    )


def _known(value: "np.floating[Any]") -> float | None:
    """Give a figure; None where some training has none."""
    return float(value) if np.isfinite(value) else None


def _train_all(job: Job, cohort: "Cohort") -> "dict[tuple[str, float], list[Tested]]":
    """Every encoder with all patients, and the first with fewer."""
    from histopress.cli.claims.trained import (
        cross_validate,
        load_slides,
        share_of_patients,
        usable_slides,
    )
    from histopress.cli.numerics import fix_numerics

    chosen, name = job.settings.claim, job.wildcard("claim")
    fix_numerics(job, threads=job.settings.numerics.threads)
    usable = usable_slides(job, chosen.encoders, cohort)
    most, first = max(chosen.shares), chosen.encoders[0]
    shares = {
        encoder: sorted(chosen.shares) if encoder == first else [most]
        for encoder in chosen.encoders
    }
    progress = job.progress(f"claim {name}")
    found: dict[tuple[str, float], list[Tested]] = {}
    total, done = sum(map(len, shares.values())) * chosen.seeds, 0
    for encoder, own in shares.items():
        slides = load_slides(job, encoder, usable)
        for share, number in product(own, range(chosen.seeds)):
            tested = cross_validate(
                job,
                cohort,
                slides,
                named=name,
                number=number,
                learn_from=share_of_patients(job, cohort, share, number),
            )
            found.setdefault((encoder, share), []).append(tested)
            done += 1
            progress(done, total)
    return found


def _beside(job: Job, trained: "dict[tuple[str, float], list[Tested]]") -> "list[Finding]":
    """Other code sizes and strides against the usual, and all patients against fewest."""
    chosen = job.settings.claim
    first, most, fewest = chosen.encoders[0], max(chosen.shares), min(chosen.shares)
    pairs = [(f"{encoder} - {first}", encoder, most) for encoder in chosen.encoders[1:]]
    found = [
        _held(job, named, trained[other, most], trained[first, most])
        for named, other, most in pairs
    ]
    if fewest < most:
        named = f"{most:.0%} - {fewest:.0%} of the training patients"
        found.append(_held(job, named, trained[first, most], trained[first, fewest]))
    return found


def _held(job: Job, named: str, first: "Sequence[Tested]", second: "Sequence[Tested]") -> "Finding":
    from histopress.claims.result import find
    from histopress.cli.claims.trained import hold_trained

    found = hold_trained(job, named, first, second)
    return find(named, found.estimate, margin=job.settings.claim.margin)


def _sizes(job: Job, cohort: "Cohort") -> dict[str, float]:
    """Size of each labelled slide's lesion from the table of latents; 0 without one.

    Raises
    ------
    ConfigError
        The target has not two classes.
    StoreError
        A slide is missing, or label and size disagree.
    """
    from histopress.claims.latents import lesion_sizes, sizes_digest
    from histopress.errors import ConfigError, StoreError
    from histopress.store import read_csv

    labels, path = cohort.labels, job.input("latents")
    if len(labels.classes) != 2:
        raise ConfigError(
            f"target '{labels.target}': has {len(labels.classes)} classes; a claim of kind limit "
            "needs two, with a lesion and without"
        )
    sizes = lesion_sizes(read_csv(path), job.settings.claim.sizes, str(path))
    job.content["latents"] = sizes_digest(sizes)
    for slide, value in labels.values.items():
        if slide not in sizes:
            raise StoreError(f"{path}: has no row of slide '{slide}'; write it again")
        if (value == labels.positive) != (sizes[slide] > 0):
            has = "is" if value == labels.positive else "is not"
            raise StoreError(
                f"{path}, slide '{slide}': {has} '{labels.classes[labels.positive]}' and has a "
                f"lesion of size {sizes[slide]:g}; such slides have one, and others none"
            )
    return sizes
