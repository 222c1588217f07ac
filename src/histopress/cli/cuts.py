"""How each verb's settings are cut from the configuration.

What cannot change a job's result is left out, so that a change reruns what depends on it and
nothing else.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from histopress.cli.claims.cuts import claim_cut, plan_cut
from histopress.cli.learning import Learning
from histopress.config import PhantomCohortSettings
from histopress.errors import ConfigError
from histopress.patches.phantom_settings import follow_cohort
from histopress.probe.settings import ProbeSettings
from histopress.probe.study import BASELINE, TRANSFER, transfer_encoders
from histopress.study import Study
from histopress.study.names import CLINICAL, SELECTED

if TYPE_CHECKING:
    from histopress.simulate.phantom_slides import PhantomSlide


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
        "views": study.config.slide_encoders[wildcards.encoder].views,
        "on_bad_slide": study.config.on_bad_slide,
    }


def _phantom(study: Study) -> PhantomCohortSettings:
    if study.config.phantom is None:
        raise ConfigError("config: phantom: is missing; only with it slides are drawn")
    return study.config.phantom


def _simulate_slide(study: Study, wildcards: Any) -> dict[str, Any]:
    """Leave out how many patients follow this one: they do not change its slides."""
    from histopress.simulate.phantom_slides import draw_cohort

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
    """Leave out what patches do not take over from the cohort."""
    phantom = _phantom(study)
    return {
        "seed": study.config.seed,
        "slides": _plain(follow_cohort(phantom.slides)),
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
    chosen = study.config.slide_encoders[wildcards.encoder]
    return {"encoder": _plain(replace(chosen, grid="", views=1))}


def _compress_import(study: Study, wildcards: Any) -> dict[str, Any]:
    """Leave out where the file lies: its content counts."""
    return {
        "encoder": _plain(replace(study.config.features[wildcards.encoder], path="{slide}")),
        "spacing_um": study.manifest[wildcards.slide].spacing_um,
        "on_bad_slide": study.config.on_bad_slide,
    }


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
        "encoders": [*study.config.slide_encoders, BASELINE],
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
    """Leave out what changes no prediction: notes, horizons, covariates, subgroups."""
    settings = study.config.targets[target]
    bare: dict[str, Any] = {"note": None, "covariates": {}, "subgroups": ()}
    if settings.kind == "survival":
        bare["horizons"] = ()
    return {
        "seed": study.config.seed,
        "target": _plain(replace(settings, **bare)),
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


def _train_clinical(study: Study, wildcards: Any) -> dict[str, Any]:
    target = _plain(study.config.targets[wildcards.target])
    learning = _learning(study, wildcards.target)
    return {**learning, "target": {**learning["target"], "covariates": target["covariates"]}}


def _evaluate(study: Study, wildcards: Any) -> dict[str, Any]:
    clinical = wildcards.encoder == CLINICAL
    target = study.config.targets[wildcards.target]
    return {
        "seed": study.config.seed,
        "target": _plain(replace(target, covariates={})),
        "protocol": _plain(study.config.protocol),
        "seeds": study.config.seeds[:1] if clinical else study.config.seeds,
        "divisions": study.n_divisions(wildcards.target),
        "evaluation": _plain(study.config.evaluation),
    }


def _select(study: Study, wildcards: Any) -> dict[str, Any]:
    rows = [list(row) for row in Learning(study).rows(wildcards.target) if row[0] != CLINICAL]
    alike = SimpleNamespace(target=wildcards.target, encoder=SELECTED)
    target = replace(study.config.targets[wildcards.target], covariates={}, subgroups=())
    return {**_evaluate(study, alike), "target": _plain(target), "rows": rows}


def _clinical(study: Study, wildcards: Any) -> dict[str, Any]:
    target = replace(study.config.targets[wildcards.target], subgroups=())
    return {
        **_evaluate(study, wildcards),
        "target": _plain(target),
        "clinical_seed": study.config.seeds[0],
    }


def _compare(study: Study, _: Any) -> dict[str, Any]:
    return {
        "seed": study.config.seed,
        "targets": {
            name: _plain(replace(target, covariates={}, subgroups=()))
            for name, target in study.config.targets.items()
        },
        "rows": [list(row) for row in Learning(study).judged_rows()],
        "comparison": _plain(study.config.comparison),
        "evaluation": _plain(study.config.evaluation),
    }


def _null(study: Study, wildcards: Any) -> dict[str, Any]:
    controls = study.config.controls
    if controls is None:
        raise ConfigError("config: controls: is missing; it says how often labels are shuffled")
    return {
        **_train(study, wildcards),
        "permutations": controls.permutations[wildcards.model],
    }


def _explain(study: Study, _: Any) -> dict[str, Any]:
    return _plain(study.config.explain) if study.config.explain else {}


def _leaks(study: Study, wildcards: Any) -> dict[str, Any]:
    return {**_learning(study, wildcards.target), "numerics": _plain(study.config.numerics)}


def _claim(study: Study, wildcards: Any) -> dict[str, Any]:
    return claim_cut(study, wildcards.claim, learning=_learning)


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
    "compress import": _compress_import,
    "split": _split,
    "train": _train,
    "train clinical": _train_clinical,
    "evaluate": _evaluate,
    "select": _select,
    "clinical": _clinical,
    "compare": _compare,
    "null": _null,
    "leaks": _leaks,
    "explain": _explain,
    "claims plan": plan_cut,
    "claim": _claim,
}
