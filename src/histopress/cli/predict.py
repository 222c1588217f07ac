"""``histopress predict``: a trained model on slides of another cohort."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histopress.cli.job import Job, Port, Verb
from histopress.cli.numerics import fix_numerics
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.manifest import Manifest
    from histopress.compress.slide import CompressedSlide
    from histopress.learn.fold import Predicted
    from histopress.learn.stored import ModelInfo


@settings
class PredictSettings:
    """A stored model says all; there is nothing to choose."""


def predict(job: Job) -> None:
    """Average what all models of a row say of every slide, and account for every slide."""
    from histopress.cli.cohort import load_manifest
    from histopress.cli.train import check_encoder
    from histopress.errors import SlideError
    from histopress.store import write_csv

    fix_numerics(job)
    files = [job.reads("model", file) for file in model_files(job.request.paths["model"])]
    manifest = load_manifest(job)
    slides, reasons = _slides(job, manifest)
    if not slides:
        raise SlideError(
            f"{job.request.paths['manifest']}: none of {len(manifest)} slides can be predicted: "
            + "; ".join(f"{slide}: {reason}" for slide, reason in list(reasons.items())[:3])
        )
    here = [slide.slide_id for slide in slides]
    encoder = check_encoder(job, dict.fromkeys(here, "test"), manifest.patients)
    info, found, checked = _ask(job, files, slides, manifest)
    rows = _rows(info, found, here)
    write_csv(job.output("predictions"), rows, list(rows[0]))
    account = [
        {
            "slide_id": row.slide_id,
            "status": "excluded" if row.slide_id in reasons else "used",
            "reason": reasons.get(row.slide_id, ""),
        }
        for row in manifest
    ]
    write_csv(job.output("account"), account, list(account[0]))
    job.facts.update(
        models=len(files),
        predicted=len(slides),
        excluded=len(reasons),
        model_patients="; ".join(sorted(checked)),
        encoder_patients=encoder,
    )


def _ask(
    job: Job, files: Sequence[Path], slides: "Sequence[CompressedSlide]", manifest: "Manifest"
) -> "tuple[ModelInfo, list[Predicted], set[str]]":
    """Let each model predict; the first one's header, predictions, and what was checked."""
    from histopress.learn.fold import predict_slides
    from histopress.learn.stored import load_stored, read_info

    number = {name: place for place, name in enumerate(sorted(set(manifest.patients.values())))}
    patients = [number[manifest.patients[slide.slide_id]] for slide in slides]
    first, found, checked = read_info(files[0]), [], set()
    progress = job.progress("predict")
    for place, file in enumerate(files, 1):
        fitted, _, own = load_stored(file)
        _check_alike(first, own, file)
        checked.add(check_strangers(own, slides, manifest.patients, where=str(file)))
        found.append(predict_slides(fitted, slides, patients, fusion=own.settings.fusion))
        progress(place, len(files))
    return first, found, checked


def model_files(place: Path) -> list[Path]:
    """List the models at a place: a file, or all below a folder such as that of a row.

    Raises
    ------
    StoreError
        There is none.
    """
    from histopress.errors import StoreError

    if place.is_file():
        return [place]
    found = sorted(place.rglob("model.safetensors")) if place.is_dir() else []
    if not found:
        raise StoreError(
            f"{place}: holds no model; give a file 'model.safetensors', or the folder "
            "results/models/TARGET/ENCODER/MODEL with those of all seeds and folds"
        )
    return found


def _slides(job: Job, manifest: "Manifest") -> "tuple[list[CompressedSlide], dict[str, str]]":
    """Read what can be predicted, and say of the rest why it cannot."""
    from histopress.cli.cohort import load_compressed

    slides, reasons = [], {}
    for row in sorted(manifest, key=lambda row: row.slide_id):
        path = job.request.paths["compressed"] / f"{row.slide_id}.h5"
        if not path.exists():
            reasons[row.slide_id] = "not compressed"
            continue
        slide = load_compressed(job, row.slide_id)
        if slide.excluded:
            reasons[row.slide_id] = slide.reason or "excluded"
        else:
            slides.append(slide)
    return slides, reasons


def check_strangers(
    info: "ModelInfo",
    slides: "Sequence[CompressedSlide]",
    patients: Mapping[str, str],
    *,
    where: str,
) -> str:
    """Refuse slides that the model learned from, under whatever name, and other encoders' grids.

    Returns
    -------
    str
        Whether patients could be compared, as
        :func:`histopress.cohort.people.check_unseen` says it.

    Raises
    ------
    LeakError
        Names the slides.
    StoreError
        The grids are of another encoder.
    """
    from histopress.cohort.people import check_unseen, load_key
    from histopress.errors import LeakError
    from histopress.learn.guards import content_digest
    from histopress.learn.stored import check_same_encoder

    weights = [str(slide.attributes.get("weights_sha256", "")) for slide in slides]
    check_same_encoder(info, weights, where=where)
    known, contents = set(info.slides), set(info.contents)
    seen = [
        slide.slide_id
        for slide in slides
        if slide.slide_id in known or content_digest(slide) in contents
    ]
    if seen:
        raise LeakError(
            f"{where}: the model was trained on or chosen with {len(seen)} of these slides: "
            f"{', '.join(seen[:10])}; leave them out of the manifest"
        )
    here = {slide.slide_id: patients[slide.slide_id] for slide in slides}
    return check_unseen([{"name": info.target, "people": info.people}], here, key=load_key())


def _check_alike(first: "ModelInfo", other: "ModelInfo", file: Path) -> None:
    from histopress.errors import StoreError

    if (first.target, first.classes, first.goal) != (other.target, other.classes, other.goal):
        raise StoreError(
            f"{file}: predicts '{other.target}', another model below the same folder "
            f"'{first.target}'; give the folder of one row"
        )
    if (first.encoder, first.settings) != (other.encoder, other.settings):
        raise StoreError(
            f"{file}: is a '{other.settings.kind}' on encoder '{other.encoder}', another model "
            f"below the same folder a '{first.settings.kind}' on '{first.encoder}' or of other "
            "settings; only models of one row are averaged: give the folder of one"
        )


def _rows(
    info: "ModelInfo", found: "Sequence[Predicted]", slide_ids: Sequence[str]
) -> list[dict[str, Any]]:
    import numpy as np

    rows = []
    for slide in slide_ids:
        mean = np.mean([each.predictions[slide] for each in found], axis=0)
        used = float(np.mean([each.coverage[slide].used for each in found]))
        if info.goal.kind == "classification":
            cells: dict[str, Any] = {f"pred_{info.target}": info.classes[int(mean.argmax())]}
            scores = zip(info.classes, mean.tolist(), strict=True)
            cells |= {f"{info.target}_{name}": repr(value) for name, value in scores}
        else:
            name = "risk" if info.goal.kind == "survival" else f"pred_{info.target}"
            cells = {name: repr(float(mean[0]))}
        rows.append({"slide_id": slide, **cells, "coverage": round(used, 4)})
    return rows


VERB = Verb(
    name="predict",
    environment="learn",
    settings=PredictSettings,
    inputs=(
        Port(name="manifest", help="table of the slides"),
        Port(name="model", help="model.safetensors, or a folder of models to average"),
        Port(name="compressed", help="folder of compressed slides, by the model's encoder"),
        Port(name="card", help="the encoder's card.json, to find its patients", optional=True),
    ),
    outputs=(
        Port(name="predictions", help="CSV: a row a predicted slide"),
        Port(name="account", help="CSV: what became of every slide of the manifest"),
    ),
    run=predict,
)
