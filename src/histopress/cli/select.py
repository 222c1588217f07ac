"""``histopress select``: in each division the row that its validation patients favour."""

from typing import Annotated

from pydantic import Field

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.judging import JudgingSettings
from histopress.types import settings

ROW = "selected"
"""Stands for encoder and model of what is judged here."""


@settings
class SelectSettings(JudgingSettings):
    """What decides the choice."""

    rows: Annotated[
        tuple[tuple[str, str], ...],
        Field(min_length=1, description="Encoder and model of each row to choose among."),
    ]


def select(job: Job) -> None:
    """Choose in each division and judge the procedure that chooses."""
    from histopress.cli.cohort import load_labels, load_manifest
    from histopress.cli.judging import facts_of, judge_rows, load_rows, write_tested
    from histopress.evaluate.choice import choose_rows
    from histopress.evaluate.judge import People
    from histopress.store import write_json

    manifest = load_manifest(job)
    target = job.wildcard("target")
    labels = load_labels(job, manifest, target, job.settings.target)
    models = job.request.paths["models"]
    candidates = {
        (encoder, model): load_rows(job, models / encoder / model, labels)
        for encoder, model in job.settings.rows
    }
    rows, choices = choose_rows(candidates, labels, People.of(manifest))
    names = (target, ROW, ROW)
    judged = judge_rows(job, rows, labels, manifest, names=names)
    metrics = {**facts_of(job, labels, names), **judged.metrics, "choices": choices}
    write_json(job.output("metrics"), metrics)
    write_tested(job, judged, labels)
    job.facts.update(choices=choices)


VERB = Verb(
    name="select",
    environment="slide",
    settings=SelectSettings,
    inputs=(*COHORT_PORTS, Port(name="models", help="folder of all models of the target")),
    outputs=(
        Port(name="metrics", help="JSON: metrics of choosing, and what was chosen"),
        Port(name="predictions", help="CSV: a row a tested slide"),
    ),
    wildcards=("target",),
    run=select,
)
