"""``histopress compare``: all models side by side, and each against the reference."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from histopress.cli.job import Job, Port, Verb
from histopress.cli.judged import labels_of, tested_rows
from histopress.cohort.settings import TargetSettings
from histopress.config import Seed
from histopress.evaluate.control_settings import ComparedSettings
from histopress.evaluate.settings import EvaluationSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.manifest import Manifest
    from histopress.evaluate.comparison import Difference

COLUMNS = (
    "target",
    "encoder",
    "model",
    "control",
    "metric",
    "estimate",
    "low",
    "high",
    "pooled",
    "patients",
    "slides",
    "events",
    "method",
    "warning",
    "selected",
    "procedure",
    "procedure_low",
    "procedure_high",
    "against",
    "difference",
    "difference_low",
    "difference_high",
    "p",
    "p_adjusted",
    "test",
)
NESTED = "selected"
"""Encoder and model of the row that chooses within each fold."""
SHOWN = {
    (NESTED, NESTED): ("chosen", "in each fold"),
    ("clinical", "clinical"): ("covariates", "alone"),
}
"""What rows without an encoder of their own are called in the figure."""


@settings
class CompareSettings:
    """Which models are compared."""

    seed: Seed = 1
    targets: Annotated[dict[str, TargetSettings], Field(description="Targets of the rows.")] = (
        field(default_factory=dict)
    )
    rows: Annotated[
        tuple[tuple[str, str, str], ...],
        Field(description="Target, encoder and model of each row."),
    ] = ()
    comparison: ComparedSettings = field(default_factory=ComparedSettings)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)


def compare(job: Job) -> None:
    """Write a table and a forest plot."""
    from histopress.cli.cohort import load_manifest
    from histopress.cohort.content import people_digest
    from histopress.evaluate.figures import ComparisonRow, comparison_figure, save_svg
    from histopress.evaluate.intervals import Interval
    from histopress.store import read_json, write_csv

    manifest = load_manifest(job)
    job.content["manifest"] = people_digest(manifest)
    rows: list[dict[str, Any]] = []
    notes: dict[str, str] = {}
    drawn = []
    for target in dict.fromkeys(row[0] for row in job.settings.rows):
        found = {}
        for _, encoder, model in (row for row in job.settings.rows if row[0] == target):
            place = job.request.paths["evaluation"] / target / encoder / model
            found[encoder, model] = read_json(job.reads("evaluation", place / "metrics.json"))
        best = _best(found)
        against = _differences(job, target, found, manifest)
        for name, metrics in found.items():
            rows.append(_row(target, name, metrics, name == best, against.get(name, {})))
            shown = SHOWN.get(name, name)
            drawn.append(
                ComparisonRow(
                    target=target,
                    encoder=shown[0],
                    model=shown[1],
                    interval=Interval.from_json(metrics["metrics"][metrics["primary"]]),
                    metric=metrics["primary"],
                    selected=name == best,
                    nested=name[0] == NESTED,
                )
            )
            notes |= {target: metrics["note"]} if metrics["note"] else {}
    write_csv(job.output("table"), rows, COLUMNS)
    save_svg(
        comparison_figure(drawn, level=job.settings.evaluation.level, notes=notes),
        job.output("figure"),
        description="The primary figure within folds, with intervals, of every row.",
    )


def _best(found: Mapping[tuple[str, str], Any]) -> tuple[str, str] | None:
    """Name the best of several rows: chosen by the patients who judge it, hence too good."""
    known = {
        name: metrics["metrics"][metrics["primary"]]["estimate"]
        for name, metrics in found.items()
        if name not in SHOWN
    }
    scored = {name: value for name, value in known.items() if value is not None}
    return max(scored, key=scored.__getitem__) if len(known) > 1 and scored else None


def _row(
    target: str,
    name: tuple[str, str],
    metrics: Mapping[str, Any],
    selected: bool,
    against: Mapping[str, Any],
) -> dict[str, Any]:
    primary = metrics["primary"]
    quoted, procedure = metrics["metrics"][primary], metrics["procedure"]
    low, high = quoted["interval"] or ("", "")
    around = procedure["interval"] or ("", "")
    return {
        "target": target,
        "encoder": name[0],
        "model": name[1],
        "control": metrics["control"] or "",
        "metric": primary,
        "estimate": _cell(quoted["estimate"]),
        "low": low,
        "high": high,
        "pooled": _cell(metrics["metrics"][f"{primary}_pooled"]["estimate"]),
        "patients": quoted["n_patients"],
        "slides": quoted["n_slides"],
        "events": metrics.get("n_events", ""),
        "method": quoted["method"],
        "warning": quoted["warning"] or "",
        "selected": "nested" if name[0] == NESTED else "best of several" if selected else "",
        "procedure": _cell(procedure["estimate"]) if procedure["interval"] else "not available",
        "procedure_low": around[0],
        "procedure_high": around[1],
        **{key: against.get(key, "") for key in COLUMNS[COLUMNS.index("against") :]},
    }


def _cell(value: float | None) -> float | str:
    return "" if value is None else value


def _differences(
    job: Job, target: str, found: Mapping[tuple[str, str], Any], manifest: "Manifest"
) -> dict[tuple[str, str], dict[str, Any]]:
    """Compare each row with the reference, p-values corrected for the rows of the target."""
    import numpy as np

    names = list(found)
    reference = job.settings.comparison.reference or names[0]
    if reference not in found or len(names) < 2:
        return {}
    others = {
        name: _difference(job, target, (name, reference), found, manifest)
        for name in names
        if name != reference
    }
    known = {name: each.p_value for name, each in others.items() if each.p_value is not None}
    corrected = _corrected(
        job.settings.comparison.correction, np.array(list(known.values()), np.float64)
    )
    adjusted = dict(zip(known, corrected.tolist(), strict=True))
    return {
        name: {
            "against": " · ".join(reference),
            "difference": _cell(each.difference),
            "difference_low": _cell(each.low),
            "difference_high": _cell(each.high),
            "p": _cell(each.p_value),
            "p_adjusted": _cell(adjusted.get(name)),
            "test": each.method if each.difference is not None else each.warning or "",
        }
        for name, each in others.items()
    }


def _corrected(correction: str, p_values: "Any") -> "Any":
    from histopress.evaluate.multiplicity import benjamini_hochberg, holm

    if correction == "none":
        return p_values
    return (holm if correction == "holm" else benjamini_hochberg)(p_values)


def _difference(
    job: Job,
    target: str,
    pair: Sequence[tuple[str, str]],
    found: Mapping[tuple[str, str], Any],
    manifest: "Manifest",
) -> "Difference":
    """Compare two rows on the patients whom both tested."""
    from histopress.evaluate.comparison import compare_aucs, compare_paired
    from histopress.evaluate.judge import People, make_units, primary_measure
    from histopress.evaluate.units import ClassUnits

    labels = labels_of(found[pair[0]])
    tested = [tested_rows(job, target, name, found[name]) for name in pair]
    common = {(row.slide_id, row.fold) for row in tested[0]} & {
        (row.slide_id, row.fold) for row in tested[1]
    }
    first, second = (
        make_units(
            [row for row in rows if (row.slide_id, row.fold) in common],
            labels,
            People.of(manifest),
        )
        for rows in tested
    )
    settings = job.settings.evaluation
    if isinstance(first, ClassUnits) and isinstance(second, ClassUnits) and first.binary:
        return compare_aucs(
            first.positives,
            first.scores,
            second.scores,
            patients=first.patients,
            folds=first.folds,
            level=settings.level,
        )
    return compare_paired(
        primary_measure(first).statistic,
        primary_measure(second).statistic,
        patients=first.patients,
        folds=first.folds,
        n_resamples=settings.bootstrap,
        level=settings.level,
        rng=job.rng("difference", target, *pair[0], *pair[1]),
    )


VERB = Verb(
    name="compare",
    environment="slide",
    settings=CompareSettings,
    inputs=(
        Port(name="manifest", help="table of the slides"),
        Port(name="evaluation", help="folder of evaluations"),
    ),
    outputs=(
        Port(name="table", help="CSV: a row a model"),
        Port(name="figure", help="SVG: primary figures with intervals"),
    ),
    run=compare,
)
