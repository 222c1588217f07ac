"""``histopress encoder compare``: all encoders side by side under the same probes."""

from dataclasses import field
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from histopress.cli.job import Job, Port, Verb
from histopress.config import Seed
from histopress.probe.settings import CLASSIFIERS, Classifier, ProbeSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.probe.comparison import ComparisonRow


@settings
class EncoderCompareSettings:
    """What is compared."""

    seed: Seed = 1
    encoders: Annotated[
        tuple[str, ...], Field(min_length=1, description="Probed encoders, in this order.")
    ]
    tasks: Annotated[tuple[str, ...], Field(min_length=1, description="Probed tasks.")]
    reference: Annotated[
        str | None, Field(description="Encoder that the others are compared with; none: the first.")
    ] = None
    classifier: Annotated[
        Classifier, Field(description="Classifier of figure and report; the table holds all.")
    ] = "logistic"
    probe: ProbeSettings = field(default_factory=ProbeSettings)


def compare(job: Job) -> None:
    """Write table, figure and report."""
    from histopress.evaluate.figures import save_svg
    from histopress.probe.comparison import COLUMNS
    from histopress.probe.comparison_report import comparison_report
    from histopress.probe.figures import comparison_figure
    from histopress.store import write_csv

    chosen = job.settings
    rows = [row for task in chosen.tasks for row in _task_rows(job, task)]
    level = chosen.probe.level
    write_csv(job.output("table"), [row.as_csv() for row in rows], COLUMNS)
    text = comparison_report(rows, classifier=chosen.classifier, level=level)
    job.output("report").write_text(text, encoding="utf-8")
    shown = [row for row in rows if row.classifier == chosen.classifier]
    save_svg(
        comparison_figure(shown, level=level),
        job.output("figure"),
        description="AUC and balanced accuracy of probes on frozen encoders, and paired "
        "differences to the reference, with intervals.",
    )


def _task_rows(job: Job, task: str) -> "list[ComparisonRow]":
    from histopress.probe.comparison import compare_encoders
    from histopress.probe.predictions import read_metrics, read_predictions

    chosen = job.settings
    folders = {each: job.request.paths["probes"] / each / task for each in chosen.encoders}
    probes = {
        encoder: read_metrics(job.reads("metrics", folder / "metrics.json"))
        for encoder, folder in folders.items()
    }
    rows: list[ComparisonRow] = []
    for classifier in CLASSIFIERS:
        predictions = {
            encoder: read_predictions(
                job.reads("predictions", folder / "predictions.csv"),
                classifier=classifier,
                classes=tuple(probes[encoder]["classes"]),
                name=f"{encoder} on {task}",
                digest=probes[encoder]["validation_sha256"],
            )
            for encoder, folder in folders.items()
        }
        rows += compare_encoders(
            probes,
            predictions,
            classifier=classifier,
            reference=chosen.reference or chosen.encoders[0],
            seed=job.seed("probe", task),
            replicates=chosen.probe.bootstrap,
            level=chosen.probe.level,
        )
    return rows


VERB = Verb(
    name="encoder compare",
    environment="learn",
    settings=EncoderCompareSettings,
    inputs=(Port(name="probes", help="folder of probes, ENCODER/TASK/metrics.json"),),
    outputs=(
        Port(name="table", help="CSV: a row a task, classifier and encoder"),
        Port(name="figure", help="SVG: scores and paired differences"),
        Port(name="report", help="Markdown: what may be concluded"),
    ),
    run=compare,
)
