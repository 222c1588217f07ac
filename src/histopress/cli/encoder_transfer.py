"""``histopress encoder transfer``: which patch task helps which."""

from dataclasses import field
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from histopress.cli.job import Job, Port, Verb
from histopress.probe.settings import Classifier, Metric, ProbeSettings
from histopress.probe.study import TransferEncoder
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.probe.transfer import Score

WORDS = {"auc": "AUC", "balanced_accuracy": "Balanced accuracy", "accuracy": "Accuracy"}


@settings
class EncoderTransferSettings:
    """The encoders of the study and how they are judged."""

    tasks: Annotated[tuple[str, ...], Field(min_length=2, description="Tasks, in this order.")]
    seeds: Annotated[tuple[int, ...], Field(min_length=1, description="Seeds of training.")]
    encoders: Annotated[
        tuple[TransferEncoder, ...],
        Field(min_length=2, description="Encoders with seed and tasks of training."),
    ]
    metric: Annotated[Metric, Field(description="What is averaged.")] = "balanced_accuracy"
    classifier: Annotated[Classifier, Field(description="Classifier of the probes.")] = "logistic"
    probe: ProbeSettings = field(default_factory=ProbeSettings)


def transfer(job: Job) -> None:
    """Write table, matrix, figure and report."""
    from histopress.evaluate.figures import save_svg
    from histopress.probe.effects import transfer_effects
    from histopress.probe.heatmap import transfer_figure
    from histopress.probe.transfer import check_scores, transfer_cells
    from histopress.probe.transfer_report import (
        MATRIX_COLUMNS,
        TABLE_COLUMNS,
        matrix_rows,
        table_rows,
        transfer_report,
    )
    from histopress.store import write_csv

    chosen = job.settings
    tasks, level, words = chosen.tasks, chosen.probe.level, WORDS[chosen.metric]
    scores = _scores(job)
    check_scores(scores, tasks)
    cells = transfer_cells(scores, tasks)
    effects = transfer_effects(scores, tasks, level=level)
    rows = table_rows(scores, tasks, metric=chosen.metric)
    write_csv(job.output("table"), rows, TABLE_COLUMNS)
    write_csv(job.output("matrix"), matrix_rows(cells, effects, tasks), MATRIX_COLUMNS)
    text = transfer_report(cells, effects, tasks, metric=words, level=level)
    job.output("report").write_text(text, encoding="utf-8")
    save_svg(
        transfer_figure(cells, effects, tasks, metric=words, level=level),
        job.output("figure"),
        description=f"{words} of encoders by training tasks and probed task, and what adding each "
        "task does to each.",
    )


def _scores(job: Job) -> "list[Score]":
    from histopress.errors import ConfigError
    from histopress.probe.predictions import read_metrics
    from histopress.probe.transfer import Score

    chosen = job.settings
    scores = []
    for encoder in chosen.encoders:
        if encoder.seed not in chosen.seeds:
            raise ConfigError(
                f"encoder '{encoder.name}': has seed {encoder.seed}, which is not among 'seeds' "
                f"({', '.join(map(str, chosen.seeds))})"
            )
        for task in chosen.tasks:
            path = job.request.paths["probes"] / encoder.name / task / "metrics.json"
            metrics = read_metrics(job.reads("metrics", path))
            value = metrics["classifiers"][chosen.classifier][chosen.metric]["value"]
            if value is None:
                raise ConfigError(
                    f"{path}: '{chosen.metric}' of '{chosen.classifier}' is undefined; the "
                    f"validation part of task '{task}' lacks a class"
                )
            scores.append(
                Score(
                    encoder=encoder.name,
                    seed=encoder.seed,
                    trained=frozenset(encoder.tasks),
                    task=task,
                    value=value,
                )
            )
    return scores


VERB = Verb(
    name="encoder transfer",
    environment="learn",
    settings=EncoderTransferSettings,
    inputs=(Port(name="probes", help="folder of probes, ENCODER/TASK/metrics.json"),),
    outputs=(
        Port(name="table", help="CSV: a row an encoder and task"),
        Port(name="matrix", help="CSV: means over seeds, and differences with intervals"),
        Port(name="figure", help="SVG: both as heat maps"),
        Port(name="report", help="Markdown: what may be concluded"),
    ),
    run=transfer,
)
