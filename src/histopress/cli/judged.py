"""Rows as ``histopress evaluate`` left them, for verbs that set them side by side."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from histopress.cli.job import Job

if TYPE_CHECKING:
    from histopress.cohort.targets import Labels
    from histopress.evaluate.predictions import Prediction


def labels_of(metrics: Mapping[str, Any]) -> "Labels":
    """Take from metrics what is needed to read and fuse the predictions beside them."""
    from histopress.cohort.targets import Labels

    classes = tuple(metrics.get("classes", ()))
    positive = metrics.get("positive")
    return Labels(
        target=metrics["target"],
        kind=metrics["kind"],
        level=metrics["level"],
        values={},
        left_out={},
        strata={},
        classes=classes,
        positive=classes.index(positive) if positive else max(0, len(classes) - 1),
        unit=metrics.get("unit"),
    )


def tested_rows(
    job: Job, target: str, name: tuple[str, str], metrics: Mapping[str, Any]
) -> "tuple[Prediction, ...]":
    """Read the tested predictions of one row; they enter the record."""
    from histopress.evaluate.predictions import parse_predictions
    from histopress.store import read_csv

    path = job.request.paths["evaluation"] / target / name[0] / name[1] / "predictions.csv"
    labels = labels_of(metrics)
    return parse_predictions(
        read_csv(job.reads("evaluation", path)),
        target=target,
        kind=labels.kind,
        classes=labels.classes,
        name=str(path),
    )
