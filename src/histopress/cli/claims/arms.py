"""The rows of a study that a claim sets side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from histopress.cli.job import Job

if TYPE_CHECKING:
    from histopress.cohort.manifest import Manifest
    from histopress.cohort.targets import Labels
    from histopress.evaluate.predictions import Prediction
    from histopress.evaluate.units import Units


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One row: its metrics, labels and tested predictions."""

    encoder: str
    metrics: dict[str, Any]
    labels: "Labels"
    rows: "tuple[Prediction, ...]"


def load_arm(job: Job, target: str, encoder: str, model: str) -> Arm:
    """Read what ``evaluate`` left of one row; both files enter the record."""
    from histopress.cli.judged import labels_of, tested_rows
    from histopress.store import read_json

    place = job.request.paths["evaluation"] / target / encoder / model
    metrics = read_json(job.reads("evaluation", place / "metrics.json"))
    return Arm(
        encoder=encoder,
        metrics=metrics,
        labels=labels_of(metrics),
        rows=tested_rows(job, target, (encoder, model), metrics),
    )


def common_units(arms: "Sequence[Arm]", manifest: "Manifest") -> "list[Units]":
    """Fuse the slides that all arms tested in the same folds, arm by arm, in one order.

    Raises
    ------
    StoreError
        There are none.
    """
    from histopress.errors import StoreError
    from histopress.evaluate.judge import People, make_units

    places = [{(row.slide_id, row.fold) for row in arm.rows} for arm in arms]
    shared = set.intersection(*places)
    if not shared:
        raise StoreError(
            f"encoders {', '.join(arm.encoder for arm in arms)}: no slide was tested by all of "
            "them in the same fold; run the study again with one split"
        )
    people = People.of(manifest)
    return [
        make_units(
            [row for row in arm.rows if (row.slide_id, row.fold) in shared], arm.labels, people
        )
        for arm in arms
    ]


def arm_row(arm: Arm, side: str) -> dict[str, Any]:
    """Figures of one arm, for the table behind a claim."""
    primary = arm.metrics["primary"]
    quoted = arm.metrics["metrics"][primary]
    low, high = quoted["interval"] or (None, None)
    return {
        "side": side,
        "encoder": arm.encoder,
        "metric": primary,
        "value": quoted["estimate"],
        "low": low,
        "high": high,
        "patients": quoted["n_patients"],
    }
