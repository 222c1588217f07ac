"""``histopress train``: one fold of one slide-level model."""

from dataclasses import field
from typing import TYPE_CHECKING, Any

from histopress.cli.job import Job, Port, Verb
from histopress.cohort.settings import ProtocolSettings, TargetSettings
from histopress.config import Seed
from histopress.learn.settings import ModelSettings, NumericsSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.targets import Labels
    from histopress.learn.fold import FoldResult


@settings
class TrainSettings:
    """What decides a fold's model."""

    seed: Seed = 1
    target: TargetSettings
    model: ModelSettings
    protocol: ProtocolSettings = field(default_factory=ProtocolSettings)
    numerics: NumericsSettings = field(default_factory=NumericsSettings)


def train(job: Job) -> None:
    """Train on the fold's training patients and predict its test patients."""
    import torch
    from safetensors.numpy import save_file

    from histopress.cli.cohort import load_compressed, load_manifest
    from histopress.cohort.targets import slide_labels
    from histopress.learn.data import LabelledSlide
    from histopress.learn.fold import train_fold
    from histopress.store import write_csv

    chosen, target = job.settings, job.wildcard("target")
    torch.set_num_threads(chosen.numerics.threads)
    torch.use_deterministic_algorithms(True)
    manifest = load_manifest(job)
    labels = slide_labels(manifest, target, chosen.target, seed=chosen.seed)
    loaded = [load_compressed(job, slide_id) for slide_id in sorted(labels.codes)]
    slides = [
        LabelledSlide(slide=slide, label=labels.codes[slide.slide_id])
        for slide in loaded
        if not slide.excluded
    ]
    parts, folds = _parts(job, manifest.patients, [each.slide_id for each in slides])
    names = (target, job.wildcard("encoder"), job.wildcard("model"))
    result = train_fold(
        slides,
        parts,
        settings=chosen.model,
        classes=len(labels.classes),
        seed=job.seed("train", *names, job.wildcard("seed"), job.wildcard("fold")),
        progress=job.progress(f"train {' '.join(names)} fold {job.wildcard('fold')}"),
    )
    save_file(dict(sorted(result.state.items())), job.output("weights"))
    history = list(result.history)
    write_csv(job.output("history"), history, list(history[0]))
    rows, columns = _rows(result, parts, folds, labels)
    write_csv(job.output("predictions"), rows, columns)
    lowest = min((coverage.used for coverage in result.coverage.values()), default=1.0)
    job.facts.update(
        slides={part: list(parts.values()).count(part) for part in ("train", "validation", "test")},
        excluded=len(loaded) - len(slides),
        lowest_coverage=round(lowest, 4),
    )


def _parts(job: Job, patients: Any, slide_ids: list[str]) -> tuple[Any, dict[str, int]]:
    from histopress.cohort.folds import rotation
    from histopress.cohort.leaks import check_patients
    from histopress.cohort.splits import read_split
    from histopress.errors import StoreError

    fold_of = {row.slide_id: row.fold for row in read_split(job.input("split"))}
    if missing := sorted(set(slide_ids) - set(fold_of)):
        raise StoreError(
            f"slides {', '.join(missing[:5])}: have a label but no fold; "
            "run 'histopress split' with this manifest first"
        )
    turn = rotation(job.settings.protocol.folds)[int(job.wildcard("fold"))]
    names = {turn.test: "test", turn.validation: "validation"}
    parts = {slide_id: names.get(fold_of[slide_id], "train") for slide_id in slide_ids}
    sides: dict[str, dict[str, str]] = {}
    for slide_id, part in parts.items():
        sides.setdefault(part, {})[slide_id] = patients[slide_id]
    check_patients(sides)
    return parts, fold_of


def _rows(
    result: "FoldResult", parts: Any, folds: dict[str, int], labels: "Labels"
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    from histopress.evaluate.predictions import prediction_columns

    columns = (*prediction_columns(labels.target, labels.classes), "coverage")
    rows = []
    for slide_id in sorted(result.probabilities):
        scores = [float(value) for value in result.probabilities[slide_id]]
        values = (
            slide_id,
            folds[slide_id],
            parts[slide_id],
            labels.classes[labels.codes[slide_id]],
            labels.classes[max(range(len(scores)), key=scores.__getitem__)],
            *map(repr, scores),
            round(result.coverage[slide_id].used, 4),
        )
        rows.append(dict(zip(columns, values, strict=True)))
    return rows, columns


VERB = Verb(
    name="train",
    settings=TrainSettings,
    inputs=(
        Port(name="manifest", help="table of the slides"),
        Port(name="split", help="CSV of 'histopress split'"),
        Port(name="compressed", help="folder of compressed slides"),
    ),
    outputs=(
        Port(name="weights", help="model.safetensors"),
        Port(name="history", help="CSV: what training tried"),
        Port(name="predictions", help="CSV: a row a validation or test slide"),
    ),
    wildcards=("target", "encoder", "model", "seed", "fold"),
    run=train,
)
