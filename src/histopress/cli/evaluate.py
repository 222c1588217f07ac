"""``histopress evaluate``: metrics with intervals, and figures, of one model."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.judging import JudgingSettings

if TYPE_CHECKING:
    from histopress.cohort.flow import Flow
    from histopress.cohort.manifest import Manifest
    from histopress.cohort.targets import Labels
    from histopress.evaluate.judge import Judged
    from histopress.evaluate.predictions import Prediction

WILDCARDS = ("target", "encoder", "model")


def evaluate(job: Job) -> None:
    """Put the folds' predictions together and judge them."""
    from histopress.cli.cohort import load_labels, load_manifest
    from histopress.cli.evaluate_figures import draw_all
    from histopress.cli.evaluate_incidence import competing_metrics, incidences
    from histopress.cli.judging import facts_of, judge_rows, load_rows, write_tested
    from histopress.cohort.splitting.splits import read_split, split_version
    from histopress.evaluate.figures import save_svg
    from histopress.store import file_digest, write_csv, write_json

    names = tuple(job.wildcard(name) for name in WILDCARDS)
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, names[0], job.settings.target, left_out=True)
    split = job.input("split")
    rows = load_rows(job, job.request.paths["models"], labels)
    judged = judge_rows(job, rows, labels, manifest, names=names)
    reasons = exclusions(job, labels, manifest, rows)
    flow = count_flow(manifest, labels, reasons, judged)
    causes = incidences(
        judged, labels, manifest, job.settings.target, level=job.settings.evaluation.level
    )
    metrics = {
        **facts_of(job, labels, names),
        **judged.metrics,
        **competing_metrics(causes, job.settings.target),
        "split": {"version": split_version(read_split(split)), "sha256": file_digest(split)},
        "flow": flow.as_json(),
        "subgroups": _subgroups(job, judged, manifest),
    }
    write_json(job.output("metrics"), metrics)
    write_tested(job, judged, labels)
    account = _account(manifest, rows, judged, {**labels.left_out, **reasons})
    write_csv(job.output("account"), account, list(account[0]))
    title = " · ".join(names)
    for name, figure, shown in draw_all(job, judged, metrics, flow, causes, title=title):
        save_svg(figure, job.output(name), description=f"{shown} of {title}.")
    job.facts.update(primary=metrics["primary"], **_quoted(metrics))


def exclusions(
    job: Job, labels: "Labels", manifest: "Manifest", rows: "tuple[Prediction, ...]"
) -> dict[str, str]:
    """Say why each labelled slide that no model saw was left out."""
    from histopress.compress.slide import read_header

    seen = {row.slide_id for row in rows}
    found = {}
    for slide in (row.slide_id for row in manifest):
        if slide not in labels.values or slide in seen:
            continue
        reason = None
        if job.has("compressed"):
            path = job.request.paths["compressed"] / f"{slide}.h5"
            reason = read_header(job.reads("compressed", path)).get("reason")
        found[slide] = str(reason) if reason else "in no division of the protocol"
    return found


def count_flow(
    manifest: "Manifest", labels: "Labels", reasons: Mapping[str, str], judged: "Judged"
) -> "Flow":
    """Count slides and patients from the manifest to the analysis."""
    from histopress.cohort.flow import flow

    tested = {row.slide_id for row in judged.tested}
    known = set(labels.left_out) | set(reasons) | tested
    trained = {
        row.slide_id: "trains or validates in every division"
        for row in manifest
        if row.slide_id not in known
    }
    steps: list[tuple[str, Mapping[str, str]]] = [
        ("with label", labels.left_out),
        ("not excluded", reasons),
        ("analysed", trained),
    ]
    return flow(manifest.patients, steps)


def _subgroups(job: Job, judged: "Judged", manifest: "Manifest") -> list[dict[str, Any]]:
    from histopress.evaluate.subgroups import evaluate_subgroups

    found = []
    for column in job.settings.target.subgroups:
        cells = manifest.column(column)
        firsts: dict[str, str] = {}
        for row in judged.tested:
            unit = manifest.patients[row.slide_id] if judged.units.level == "patient" else None
            firsts.setdefault(unit or row.slide_id, cells[row.slide_id])
        levels = list(firsts.values())
        rng = job.rng("subgroups", column, *(job.wildcard(name) for name in WILDCARDS))
        found.append(
            evaluate_subgroups(
                judged.units, levels, job.settings.evaluation, column=column, rng=rng
            )
        )
    return found


def _account(
    manifest: "Manifest",
    rows: "tuple[Prediction, ...]",
    judged: "Judged",
    reasons: Mapping[str, str],
) -> list[dict[str, str]]:
    """Say of every slide of the manifest what became of it."""
    tested, seen = ({row.slide_id for row in found} for found in (judged.tested, rows))
    account = []
    for row in manifest:
        slide = row.slide_id
        used = slide in seen
        part = "tested" if slide in tested else "trained or validated with" if used else ""
        account.append(
            {
                "slide_id": slide,
                "status": "used" if used else "excluded",
                "part": part,
                "reason": "" if used else reasons[slide],
            }
        )
    return account


def _quoted(metrics: Mapping[str, Any]) -> dict[str, Any]:
    quoted = metrics["metrics"][metrics["primary"]]
    return {"estimate": quoted["estimate"], "interval": quoted["interval"]}


VERB = Verb(
    name="evaluate",
    environment="slide",
    settings=JudgingSettings,
    inputs=(
        *COHORT_PORTS,
        Port(name="split", help="CSV of 'histopress split'"),
        Port(name="models", help="folder of the model's seeds and divisions"),
        Port(name="compressed", help="folder of compressed slides, for reasons", optional=True),
    ),
    outputs=(
        Port(name="metrics", help="JSON: metrics with intervals"),
        Port(name="predictions", help="CSV: a row a tested slide"),
        Port(name="account", help="CSV: what became of every slide"),
        Port(name="flow", help="SVG: from the manifest to the analysis"),
        Port(name="training", help="SVG: training curves"),
        Port(name="roc", help="SVG: ROC curves (classification)", optional=True),
        Port(name="precision", help="SVG: precision and recall (classification)", optional=True),
        Port(name="scores", help="SVG: scores by class (classification)", optional=True),
        Port(name="reliability", help="SVG: reliability (classification)", optional=True),
        Port(name="scatter", help="SVG: predicted and true (regression)", optional=True),
        Port(name="residuals", help="SVG: residuals (regression)", optional=True),
        Port(name="survival", help="SVG: Kaplan-Meier by risk group (survival)", optional=True),
        Port(name="incidence", help="SVG: incidence by cause (competing events)", optional=True),
    ),
    wildcards=WILDCARDS,
    run=evaluate,
)
