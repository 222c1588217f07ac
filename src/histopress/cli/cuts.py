"""How each verb's settings are cut from the configuration.

What cannot change a job's result is left out, so that a change reruns what depends on it and
nothing else.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from histopress.config import PhantomCohortSettings
from histopress.errors import ConfigError
from histopress.probe.settings import ProbeSettings
from histopress.probe.study import BASELINE, TRANSFER, transfer_encoders
from histopress.study import Study

if TYPE_CHECKING:
    from histopress.simulate.phantom import PhantomSlide


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


def _simulate_patches(study: Study, wildcards: Any) -> dict[str, Any]:
    phantom = _phantom(study)
    return {
        "seed": study.config.seed,
        "slides": _plain(replace(phantom.slides, n_patients=1)),
        "patches": _plain(phantom.patches[wildcards.task]),
    }


def _patches(study: Study, wildcards: Any) -> dict[str, Any]:
    px, _, spacing = wildcards.input.removesuffix("um").partition("px-")
    return {
        "seed": study.config.seed,
        "task": _plain(study.config.tasks[wildcards.task]),
        "input_px": int(px),
        "input_spacing_um": float(spacing),
    }


def _encoder_train(study: Study, wildcards: Any) -> dict[str, Any]:
    return {
        "seed": study.config.seed,
        "encoder": _plain(replace(study.trainings[wildcards.encoder], grid="", views=1)),
    }


def _encoder_import(study: Study, wildcards: Any) -> dict[str, Any]:
    return {"encoder": _plain(replace(study.config.encoders[wildcards.encoder], grid="", views=1))}


def _probe(study: Study, wildcards: Any) -> ProbeSettings:
    """Probe an encoder of the matrix as the matrix says, another as the comparison says."""
    chosen = study.config.transfer if wildcards.encoder.startswith(TRANSFER) else study.config.probe
    if chosen is None:
        raise ConfigError(f"encoder '{wildcards.encoder}': nothing says how it is probed")
    return chosen.settings


def _encoder_probe(study: Study, wildcards: Any) -> dict[str, Any]:
    features = BASELINE if wildcards.encoder == BASELINE else "encoder"
    return {
        "seed": study.config.seed,
        "features": features,
        "probe": _plain(_probe(study, wildcards)),
    }


def _encoder_compare(study: Study, _: Any) -> dict[str, Any]:
    comparison = study.config.probe
    if comparison is None:
        return {}
    return {
        "seed": study.config.seed,
        "encoders": [*study.config.encoders, BASELINE],
        "tasks": list(comparison.tasks),
        "reference": comparison.reference,
        "probe": _plain(comparison.settings),
    }


def _encoder_transfer(study: Study, _: Any) -> dict[str, Any]:
    matrix = study.config.transfer
    if matrix is None:
        return {}
    return {
        "tasks": list(matrix.tasks),
        "seeds": list(matrix.seeds),
        "encoders": [_plain(each) for each in transfer_encoders(matrix)],
        "probe": _plain(matrix.settings),
    }


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
    "patches": _patches,
    "tile": _tile,
    "encoder define": _nothing,
    "encoder import": _encoder_import,
    "encoder train": _encoder_train,
    "encoder card": _nothing,
    "encoder probe": _encoder_probe,
    "encoder compare": _encoder_compare,
    "encoder transfer": _encoder_transfer,
    "encode": _encode,
    "compress": _nothing,
    "split": _split,
    "train": _train,
    "evaluate": _evaluate,
    "compare": _compare,
}
