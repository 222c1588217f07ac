"""``histopress evaluate``: metrics with intervals, and figures, of one model."""

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from histopress.cli.job import Job, Port, Verb
from histopress.cohort.settings import ProtocolSettings, TargetSettings
from histopress.config import Seed
from histopress.evaluate.settings import EvaluationSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.targets import Labels
    from histopress.evaluate.predictions import Prediction
    from histopress.evaluate.units import Units


@settings
class EvaluateSettings:
    """What decides the metrics."""

    seed: Seed = 1
    target: TargetSettings
    protocol: ProtocolSettings = field(default_factory=ProtocolSettings)
    note: str | None = None
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (0,)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)


def evaluate(job: Job) -> None:
    """Put the folds' test predictions together and judge them."""
    from histopress.cli.cohort import load_manifest
    from histopress.cohort.targets import slide_labels
    from histopress.evaluate.metrics import evaluate_classification
    from histopress.evaluate.predictions import average_predictions
    from histopress.evaluate.units import fuse
    from histopress.store import write_json

    chosen, target = job.settings, job.wildcard("target")
    manifest = load_manifest(job)
    labels = slide_labels(manifest, target, chosen.target, seed=chosen.seed)
    runs = [_one_seed(job, seed, labels) for seed in chosen.seeds]
    predictions = average_predictions(runs)
    units = fuse(
        predictions,
        manifest.patients,
        level=chosen.target.level,
        classes=labels.classes,
        positive=labels.positive,
    )
    names = {name: job.wildcard(name) for name in ("target", "encoder", "model")}
    metrics = evaluate_classification(
        units, chosen.evaluation, rng=job.rng("bootstrap", *names.values())
    )
    tested = {prediction.slide_id for prediction in predictions}
    metrics |= {
        **names,
        "note": chosen.note,
        "control": "labels were permuted" if labels.permuted else None,
        "seeds": list(chosen.seeds),
        "slides": {
            "in_manifest": len(manifest),
            "used": len(tested),
            "without_label": len(labels.unlabelled),
            "excluded": len(set(labels.codes) - tested),
        },
    }
    write_json(job.output("metrics"), metrics)
    _write_predictions(job.output("predictions"), predictions, labels)
    _draw(job, units, metrics, title=" · ".join(names.values()))


def _one_seed(job: Job, seed: int, labels: "Labels") -> "tuple[Prediction, ...]":
    from histopress.evaluate.predictions import parse_predictions
    from histopress.store import read_csv

    found: list[Prediction] = []
    for fold in range(job.settings.protocol.folds):
        place = Path(f"seed{seed}") / f"fold{fold}" / "predictions.csv"
        path = job.reads("models", job.request.paths["models"] / place)
        found += parse_predictions(
            read_csv(path), target=labels.target, classes=labels.classes, name=str(path)
        )
    return tuple(found)


def _write_predictions(path: Path, predictions: "tuple[Prediction, ...]", labels: "Labels") -> None:
    from histopress.evaluate.predictions import prediction_columns
    from histopress.store import write_csv

    columns = prediction_columns(labels.target, labels.classes)
    rows = []
    for each in sorted(predictions, key=lambda each: each.slide_id):
        best = max(range(len(labels.classes)), key=each.probabilities.__getitem__)
        values = (
            each.slide_id,
            each.fold,
            "test",
            labels.classes[each.label],
            labels.classes[best],
            *map(repr, each.probabilities),
        )
        rows.append(dict(zip(columns, values, strict=True)))
    write_csv(path, rows, columns)


def _draw(job: Job, units: "Units", metrics: dict[str, Any], *, title: str) -> None:
    from histopress.evaluate.figures import roc_figure, save_svg, scores_figure
    from histopress.evaluate.intervals import Interval

    within, pooled = (
        Interval.from_json(metrics["metrics"][name]) for name in ("auc", "auc_pooled")
    )
    save_svg(
        roc_figure(units, within, pooled, title=title, note=job.settings.note),
        job.output("roc"),
        description=f"Receiver operating characteristic of {title}, a curve a fold.",
    )
    save_svg(
        scores_figure(units, title=title),
        job.output("scores"),
        description=f"Scores of {title} by true class and fold.",
    )


VERB = Verb(
    name="evaluate",
    settings=EvaluateSettings,
    inputs=(
        Port(name="manifest", help="table of the slides"),
        Port(name="models", help="folder of the model's seeds and folds"),
    ),
    outputs=(
        Port(name="metrics", help="JSON: metrics with intervals"),
        Port(name="predictions", help="CSV: a row a tested slide"),
        Port(name="roc", help="SVG: ROC curves"),
        Port(name="scores", help="SVG: scores by class"),
    ),
    wildcards=("target", "encoder", "model"),
    run=evaluate,
)
