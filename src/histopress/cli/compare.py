"""``histopress compare``: all models side by side."""

from typing import Annotated, Any

from pydantic import Field

from histopress.cli.job import Job, Port, Verb
from histopress.types import settings

COLUMNS = (
    "target",
    "encoder",
    "model",
    "control",
    "auc",
    "low",
    "high",
    "auc_pooled",
    "balanced_accuracy",
    "patients",
    "slides",
    "method",
)


@settings
class CompareSettings:
    """Which models are compared."""

    rows: Annotated[
        tuple[tuple[str, str, str], ...],
        Field(description="Target, encoder and model of each row."),
    ] = ()
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95


def compare(job: Job) -> None:
    """Write a table and a forest plot."""
    from histopress.evaluate.figures import ComparisonRow, comparison_figure, save_svg
    from histopress.evaluate.intervals import Interval
    from histopress.store import read_json, write_csv

    rows: list[dict[str, Any]] = []
    notes: dict[str, str] = {}
    drawn = []
    for target, encoder, model in job.settings.rows:
        place = job.request.paths["evaluation"] / target / encoder / model / "metrics.json"
        metrics = read_json(job.reads("evaluation", place))
        within = Interval.from_json(metrics["metrics"]["auc"])
        drawn.append(ComparisonRow(target=target, encoder=encoder, model=model, interval=within))
        notes |= {target: metrics["note"]} if metrics["note"] else {}
        others = {
            name: metrics["metrics"][name]["estimate"]
            for name in ("auc_pooled", "balanced_accuracy")
        }
        rows.append(
            {
                "target": target,
                "encoder": encoder,
                "model": model,
                "control": metrics["control"] or "",
                "auc": within.estimate,
                "low": within.low,
                "high": within.high,
                **others,
                "patients": within.n_patients,
                "slides": within.n_slides,
                "method": within.method,
            }
        )
    write_csv(job.output("table"), rows, COLUMNS)
    save_svg(
        comparison_figure(drawn, level=job.settings.level, notes=notes),
        job.output("figure"),
        description="AUC within folds, with intervals, of every target, encoder and model.",
    )


VERB = Verb(
    name="compare",
    settings=CompareSettings,
    inputs=(Port(name="evaluation", help="folder of evaluations"),),
    outputs=(
        Port(name="table", help="CSV: a row a model"),
        Port(name="figure", help="SVG: AUC with intervals"),
    ),
    run=compare,
)
