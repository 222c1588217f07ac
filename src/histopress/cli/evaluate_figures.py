"""Figures of ``histopress evaluate``."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histopress.cli.job import Job

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from histopress.cohort.flow import Flow
    from histopress.evaluate.intervals import Interval
    from histopress.evaluate.judge import Judged
    from histopress.evaluate.survival.competing import CumulativeIncidence
    from histopress.evaluate.survival.times import Survival


def draw_all(
    job: Job,
    judged: "Judged",
    metrics: Mapping[str, Any],
    flow: "Flow",
    causes: "Mapping[str, CumulativeIncidence]",
    *,
    title: str,
) -> "Iterator[tuple[str, Figure, str]]":
    """Draw every figure that the job has a place for: name, figure, and what it shows."""
    from histopress.evaluate.figures import training_figure

    note = metrics["note"]
    drawn: dict[str, tuple[Callable[[], Figure], str]] = {
        "flow": (lambda: _flow(flow, title, note), "From the manifest to the analysis"),
        "training": (
            lambda: training_figure(_histories(job), title=title),
            "Training of every division",
        ),
        "incidence": (
            lambda: _incidence(causes, judged, title, note),
            "Cumulative incidence by cause",
        ),
        **_of_kind(judged, metrics, title, note),
    }
    for name, (draw, shown) in drawn.items():
        if job.has(name):
            yield name, draw(), shown


def _histories(job: Job) -> dict[str, list[dict[str, str]]]:
    """Read the history of every seed and division."""
    from histopress.store import read_csv

    chosen, models = job.settings, job.request.paths["models"]
    found = {}
    for seed in chosen.seeds:
        for division in range(chosen.divisions):
            name = f"fold {division}" + (f", seed {seed}" if len(chosen.seeds) > 1 else "")
            place = Path(f"seed{seed}") / f"fold{division}" / "history.csv"
            found[name] = list(read_csv(job.reads("models", models / place)))
    return found


def _of_kind(
    judged: "Judged", metrics: Mapping[str, Any], title: str, note: str | None
) -> dict[str, Any]:
    kind = metrics["kind"]
    if kind == "classification":
        return _classes(judged.units, metrics, title, note)
    if kind == "regression":
        return _numbers(judged.units, metrics, title, note)
    return {
        "survival": (
            lambda: _kaplan_meier(judged, title, note),
            "Survival of patients of high and low predicted risk",
        )
    }


def _classes(units: Any, metrics: Mapping[str, Any], title: str, note: str | None) -> Any:
    from histopress.evaluate.figures import precision_recall_figure, roc_figure, scores_figure

    return {
        "roc": (
            lambda: roc_figure(
                units, _metric(metrics, "auc"), _metric(metrics, "auc_pooled"), title=title,
                note=note,
            ),
            "Receiver operating characteristic, a curve a fold,",
        ),
        "precision": (
            lambda: precision_recall_figure(
                units, _metric(metrics, "auprc"), _metric(metrics, "auprc_pooled"), title=title,
                note=note,
            ),
            "Precision against recall, a curve a fold,",
        ),
        "scores": (lambda: scores_figure(units, title=title), "Scores by true class and fold"),
        "reliability": (
            lambda: _reliability(units, metrics, title, note),
            "Predicted probability against the share observed",
        ),
    }  # fmt: skip


def _numbers(units: Any, metrics: Mapping[str, Any], title: str, note: str | None) -> Any:
    from histopress.evaluate.figures import residuals_figure, scatter_figure

    given = (units.values, units.predictions, units.folds)
    shared = {"title": title, "unit": units.unit, "note": note}
    return {
        "scatter": (
            lambda: scatter_figure(*given, spearman=_metric(metrics, "spearman"), **shared),
            "Predicted against true numbers",
        ),
        "residuals": (lambda: residuals_figure(*given, **shared), "Errors against predictions"),
    }


def _metric(metrics: Mapping[str, Any], name: str) -> "Interval":
    from histopress.evaluate.intervals import Interval

    return Interval.from_json(metrics["metrics"][name])


def _reliability(units: Any, metrics: Mapping[str, Any], title: str, note: str | None) -> "Figure":
    """Of two classes the positive one; of more the last."""
    from histopress.evaluate.figures import reliability_figure, wilson_bins

    event = units.classes[units.positive]
    binary = units.binary
    return reliability_figure(
        wilson_bins(metrics["calibration"][event]),
        units.scores,
        title=title,
        event=event,
        slope=_metric(metrics, "calibration_slope") if binary else None,
        intercept=_metric(metrics, "calibration_intercept") if binary else None,
        note=note,
    )


def _kaplan_meier(judged: "Judged", title: str, note: str | None) -> "Figure":
    from histopress.evaluate.figures import kaplan_meier_figure
    from histopress.evaluate.fold_models import risk_groups

    units: Any = judged.units
    groups = risk_groups(units, judged.training)
    names: dict[str, Survival] = {
        "low risk": units.survival.take(groups == 0),
        "high risk": units.survival.take(groups == 1),
    }
    return kaplan_meier_figure(
        names,
        title=title,
        unit=units.unit,
        cut="the median predicted risk",
        note=note,
    )


def _incidence(
    causes: "Mapping[str, CumulativeIncidence]", judged: "Judged", title: str, note: str | None
) -> "Figure":
    from histopress.evaluate.figures.incidence import cumulative_incidence_figure

    units: Any = judged.units
    return cumulative_incidence_figure(
        causes, title=title, unit=getattr(units, "unit", None) or "", note=note
    )


def _flow(flow: "Flow", title: str, note: str | None) -> "Figure":
    from histopress.evaluate.figures import FlowStep, flow_figure

    following = [*flow.steps[1:], None]
    steps = [
        FlowStep(
            label=step.name,
            n_slides=step.slides,
            n_patients=step.patients,
            left_out={each.reason: (each.slides, each.patients) for each in after.left}
            if after
            else {},
        )
        for step, after in zip(flow.steps, following, strict=True)
    ]
    return flow_figure(steps, title=title, note=note)
