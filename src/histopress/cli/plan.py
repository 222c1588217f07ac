"""What the workflow's rules ask: which files there are, which settings a job gets.

Settings are cut to what can change a job's result, so that a change reruns what depends on it and
nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histopress import study as names
from histopress.audit.code import code_digest
from histopress.cli.main import JOBS
from histopress.config import PhantomCohortSettings
from histopress.encoder.settings import ImportedSettings, MeanRgbSettings, SupervisedSettings
from histopress.errors import ConfigError
from histopress.store import canonical_json
from histopress.study import Study, load_study

if TYPE_CHECKING:
    from histopress.simulate.phantom import PhantomSlide

NEVER = "(?!)"
"""A pattern that no name matches: constrains a rule for which the study has no encoder."""


@dataclass(frozen=True)
class Plan:
    """A study as the workflow sees it."""

    study: Study
    project: Path
    _codes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, values: Mapping[str, Any], project: Path, *, check_files: bool) -> "Plan":
        """Validate configuration and manifest; raises with every fault found."""
        return cls(load_study(values, project, check_files=check_files), project)

    def code(self, verb: str) -> str:
        """Digest of the code behind ``verb``, or ``frozen`` where code is not to count."""
        if not self.study.config.provenance.rerun_on_code:
            return "frozen"
        if verb not in self._codes:
            self._codes[verb] = code_digest(f"histopress.cli.{JOBS[verb][0]}")
        return self._codes[verb]

    def settings(self, verb: str, wildcards: Any) -> str:
        """Give the settings of one job of ``verb`` as canonical JSON."""
        return canonical_json(SETTINGS[verb](self.study, wildcards))

    def slide(self, slide_id: str) -> tuple[str | None, bool]:
        """Give the slide's path and whether its content is pinned by a digest."""
        row = self.study.manifest[slide_id]
        missing = not self.study.is_drawn(row) and not (self.project / row.path).exists()
        if missing and self.study.config.on_bad_slide == "quarantine":
            return None, False
        return row.path, row.sha256 is not None

    def grid(self, encoder: str) -> str:
        """Name of the grid that an encoder works on."""
        return self.study.config.encoders[self._known(encoder)].grid

    def _known(self, encoder: str) -> str:
        known = self.study.config.encoders
        if encoder not in known:
            raise ConfigError(f"encoder '{encoder}': not configured; there are {', '.join(known)}")
        return encoder

    def encoders_of(self, kind: type) -> str:
        """Pattern of the names of all encoders of one kind."""
        found = [
            name.replace(".", r"\.")
            for name, encoder in self.study.config.encoders.items()
            if isinstance(encoder, kind)
        ]
        return "|".join(found) or NEVER

    @property
    def defined(self) -> str:
        """Pattern of the encoders that need no weights."""
        return self.encoders_of(MeanRgbSettings)

    @property
    def imported(self) -> str:
        """Pattern of the imported encoders."""
        return self.encoders_of(ImportedSettings)

    @property
    def trained(self) -> str:
        """Pattern of the encoders that are trained here."""
        return self.encoders_of(SupervisedSettings)

    def overlays(self) -> list[str]:
        """Overlay of every slide on every grid in use."""
        grids = dict.fromkeys(each.grid for each in self.study.config.encoders.values())
        return [
            names.OVERLAY.format(grid=grid, slide=slide)
            for grid in grids
            for slide in self.study.slide_ids
        ]

    def compressed(self) -> list[str]:
        """Every slide compressed by every encoder."""
        return [
            names.COMPRESSED.format(encoder=encoder, slide=slide)
            for encoder in self.study.config.encoders
            for slide in self.study.slide_ids
        ]

    def labelled(self, target: str, encoder: str) -> list[str]:
        """Compressed slides that have a label of the target."""
        return [
            names.COMPRESSED.format(encoder=encoder, slide=slide)
            for slide in self.study.labels(target).codes
        ]

    def fold_predictions(self, wildcards: Any) -> list[str]:
        """Predictions of every seed and fold of one model."""
        config = self.study.config
        return [
            names.FOLD.format(
                target=wildcards.target,
                encoder=wildcards.encoder,
                model=wildcards.model,
                seed=seed,
                fold=fold,
            )
            + "/predictions.csv"
            for seed in config.seeds
            for fold in range(config.protocol.folds)
        ]

    def metrics(self) -> list[str]:
        """Metrics of every target, encoder and model."""
        return [
            names.EVALUATION.format(target=target, encoder=encoder, model=model) + "/metrics.json"
            for target, encoder, model in self.study.combinations()
        ]

    def evaluations(self) -> list[str]:
        """List what a run with targets ends in; nothing where there is no target."""
        return [names.COMPARISON + ".csv"] if self.study.config.targets else []


def _plain(value: Any) -> Any:
    return asdict(value)


def _tile(study: Study, wildcards: Any) -> dict[str, Any]:
    return {
        "grid": _plain(study.config.grids[wildcards.grid]),
        "sha256": study.manifest[wildcards.slide].sha256,
        "spacing_um": study.manifest[wildcards.slide].spacing_um,
        "on_bad_slide": study.config.on_bad_slide,
    }


def _encode(study: Study, wildcards: Any) -> dict[str, Any]:
    return {
        "sha256": study.manifest[wildcards.slide].sha256,
        "views": study.config.encoders[wildcards.encoder].views,
        "on_bad_slide": study.config.on_bad_slide,
    }


def _phantom(study: Study) -> PhantomCohortSettings:
    if study.config.phantom is None:
        raise ConfigError("config: phantom: is missing; only with it slides are drawn")
    return study.config.phantom


def _simulate_slide(study: Study, wildcards: Any) -> dict[str, Any]:
    """Leave out how many patients follow this one: they do not change its slides."""
    from histopress.simulate.phantom import draw_cohort

    slides = _phantom(study).slides
    drawn = draw_cohort(slides, seed=study.config.seed)
    upto = {slide.slide_id: number for number, slide in enumerate_patients(drawn)}
    alone = replace(slides, n_patients=upto.get(wildcards.slide, slides.n_patients))
    return {"seed": study.config.seed, "slides": _plain(alone)}


def enumerate_patients(drawn: Iterable["PhantomSlide"]) -> Iterator[tuple[int, "PhantomSlide"]]:
    """Give each slide of a drawn cohort its patient's number, from 1."""
    numbers: dict[str, int] = {}
    for slide in drawn:
        yield numbers.setdefault(slide.patient_id, len(numbers) + 1), slide


def _simulate_patches(study: Study, _: Any) -> dict[str, Any]:
    phantom = _phantom(study)
    return {
        "seed": study.config.seed,
        "slides": _plain(replace(phantom.slides, n_patients=1)),
        "patches": _plain(phantom.patches),
    }


def _encoder_train(study: Study, wildcards: Any) -> dict[str, Any]:
    return {
        "seed": study.config.seed,
        "encoder": _plain(study.config.encoders[wildcards.encoder]),
    }


def _encoder_import(study: Study, wildcards: Any) -> dict[str, Any]:
    encoder = study.config.encoders[wildcards.encoder]
    return {"sha256": encoder.sha256} if isinstance(encoder, ImportedSettings) else {}


def _learning(study: Study, target: str) -> dict[str, Any]:
    """Leave out the note, which changes no number."""
    return {
        "seed": study.config.seed,
        "target": _plain(replace(study.config.targets[target], note=None)),
        "protocol": _plain(study.config.protocol),
    }


def _split(study: Study, wildcards: Any) -> dict[str, Any]:
    return _learning(study, wildcards.target)


def _train(study: Study, wildcards: Any) -> dict[str, Any]:
    return {
        **_learning(study, wildcards.target),
        "model": _plain(study.config.models[wildcards.model]),
        "numerics": _plain(study.config.numerics),
    }


def _evaluate(study: Study, wildcards: Any) -> dict[str, Any]:
    return {
        **_learning(study, wildcards.target),
        "note": study.config.targets[wildcards.target].note,
        "seeds": study.config.seeds,
        "evaluation": _plain(study.config.evaluation),
    }


def _compare(study: Study, _: Any) -> dict[str, Any]:
    return {"rows": list(study.combinations()), "level": study.config.evaluation.level}


def _nothing(_study: Study, _wildcards: Any) -> dict[str, Any]:
    return {}


SETTINGS: dict[str, Callable[[Study, Any], dict[str, Any]]] = {
    "simulate slide": _simulate_slide,
    "simulate patches": _simulate_patches,
    "tile": _tile,
    "encoder define": _nothing,
    "encoder import": _encoder_import,
    "encoder train": _encoder_train,
    "encode": _encode,
    "compress": _nothing,
    "split": _split,
    "train": _train,
    "evaluate": _evaluate,
    "compare": _compare,
}
"""How each verb's settings are cut from the configuration."""
