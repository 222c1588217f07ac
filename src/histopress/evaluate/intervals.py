"""Intervals that take patients, not slides, as what was sampled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.special import stdtrit

from histopress.evaluate.exact import (
    disjoint_comparable,
    disjoint_pairs,
    disjoint_patients,
    perfect_bound,
    perfect_correlation_bound,
)
from histopress.evaluate.families import (
    FAMILIES,
    FEW_PATIENTS,
    NEAR_CHANCE,
    Family,
    FamilyRule,
    near_chance,
)
from histopress.evaluate.resampling import (
    Statistic,
    bootstrap,
    bootstrap_error,
    jackknife_errors,
    patient_weights,
    percentiles,
)
from histopress.evaluate.scale import Scale, scaled_bounds

__all__ = [
    "BOOTSTRAP",
    "ESTIMAND",
    "EXACT",
    "FAMILIES",
    "FEW_PATIENTS",
    "NONE",
    "PROCEDURE",
    "Family",
    "FamilyRule",
    "Interval",
    "Statistic",
    "bootstrap",
    "disjoint_comparable",
    "disjoint_pairs",
    "disjoint_patients",
    "jackknife_errors",
    "make_interval",
    "no_interval",
    "patient_weights",
    "percentiles",
    "perfect_bound",
]

ESTIMAND = "these models on new patients of the same population"
"""What an interval is about unless it says otherwise. How models vary is not in it."""

PROCEDURE = "the procedure on a new cohort"
"""What repeated splits are about: models trained anew, by the same rules, on as many patients."""

BOOTSTRAP = "percentile bootstrap of patients within folds"
SCALED = {
    "logit": "bootstrap of patients within folds, logit scale, Student's t",
    "fisher": "bootstrap of patients within folds, Fisher's z, Student's t",
}
JACKKNIFE = {
    "logit": "jackknife of patients within folds, logit scale, Student's t",
    "fisher": "jackknife of patients within folds, Fisher's z, Student's t",
}
EXACT = "exact one-sided bound over patients"
NONE = "none"

_NO_SPREAD = 1e-12


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A metric, its interval, and what a reader must know of it.

    Attributes
    ----------
    estimate : float or None
        None where the metric is undefined; ``warning`` says why.
    low, high : float or None
        Bounds; None where there is no interval.
    level : float
        Nominal coverage.
    method : str
        How the bounds were found.
    estimand : str
        What the interval is about.
    n_patients, n_slides : int
    n_resamples : int
        Resamples drawn, 0 where none were needed.
    degenerate : int
        Resamples in which the metric is undefined; they are left out.
    warning : str or None
        In plain words.
    """

    estimate: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    n_patients: int
    n_slides: int
    n_resamples: int = 0
    degenerate: int = 0
    estimand: str = ESTIMAND
    warning: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Fields as ``metrics.json`` holds them."""
        fields = dict(vars(self))
        low, high = fields.pop("low"), fields.pop("high")
        return {**fields, "interval": None if low is None else [low, high]}

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> "Interval":
        """Take a metric back from ``metrics.json``; what is not a field is left aside."""
        low, high = entry["interval"] or (None, None)
        names = {field.name for field in dataclass_fields(cls)} - {"low", "high"}
        return cls(low=low, high=high, **{name: entry[name] for name in names})


def make_interval(
    estimate: float,
    replicates: Float64[np.ndarray, " resamples"],
    *,
    trials: Sequence[int],
    few: int,
    level: float,
    n_patients: int,
    n_slides: int,
    family: Family = "share",
    n_folds: int = 1,
    error: float | None = None,
) -> Interval:
    """Choose the method that suits the metric and its estimate.

    AUC, C and correlations: ``estimate ± t · standard error`` on the logit or z scale, t with as
    many degrees of freedom as patients less folds: of the methods in ``benchmarks/coverage.md`` in
    range as often as any, for each of them. Shares and other numbers: percentiles of the
    bootstrap, as their ends are no ends of a scale. Where everything is
    right (or everything wrong), every resample is so too and would give an interval of no width;
    the exact bound takes its place.

    Parameters
    ----------
    estimate : float
    replicates : float64 ndarray (resamples,)
        Of the bootstrap; NaN where degenerate.
    trials : sequence of int
        For :func:`perfect_bound`.
    few : int
        Patients of the kind that the family counts: see :data:`FAMILIES`.
    level : float
    n_patients, n_slides : int
    family : str
    n_folds : int
        Folds within which patients were drawn.
    error : float, optional
        Standard error from :func:`jackknife_errors`; the bootstrap's takes its place where it is
        None or NaN.
    """
    degenerate = int((~np.isfinite(replicates)).sum())
    facts: dict[str, Any] = {"estimate": estimate, "level": level}
    facts |= {"n_patients": n_patients, "n_slides": n_slides}
    if _perfect(estimate, family):
        return _exact(estimate, trials, level=level, family=family, facts=facts)
    facts |= {"n_resamples": len(replicates), "degenerate": degenerate}
    if degenerate == len(replicates):
        warning = "the metric is undefined in every resample; there are too few patients"
        return Interval(**facts, low=None, high=None, method=NONE, warning=warning)
    rule = FAMILIES[family]
    if rule.scale == "plain":
        bounds, method = percentiles(replicates, level), BOOTSTRAP
    else:
        bounds, method = _scaled(
            estimate, replicates, rule.scale, n_folds=n_folds, error=error, facts=facts
        )
    if bounds is None:
        warning = f"{n_patients} patients in {n_folds} folds show no spread"
        return Interval(**facts, low=None, high=None, method=NONE, warning=warning)
    warnings = _warnings(rule, few, degenerate, len(replicates))
    if n_folds > 1 and near_chance(estimate, bounds, rule.chance):
        warnings.append(NEAR_CHANCE)
    text = "; ".join(warnings) or None
    return Interval(**facts, low=bounds[0], high=bounds[1], method=method, warning=text)


def no_interval(reason: str, *, level: float, n_patients: int, n_slides: int) -> Interval:
    """State that a metric is undefined, and why."""
    return Interval(
        estimate=None,
        low=None,
        high=None,
        level=level,
        method=NONE,
        n_patients=n_patients,
        n_slides=n_slides,
        warning=f"undefined: {reason}",
    )


def _perfect(estimate: float, family: Family) -> bool:
    if family == "free":
        return False
    ends = (-1.0, 1.0) if family == "correlation" else (0.0, 1.0)
    return min(abs(estimate - end) for end in ends) < _NO_SPREAD


def _exact(
    estimate: float, trials: Sequence[int], *, level: float, family: Family, facts: dict[str, Any]
) -> Interval:
    counts = " and ".join(str(k) for k in trials)
    if family == "correlation":
        bound = perfect_correlation_bound(trials, level)
        low, high = (bound, 1.0) if estimate > 0 else (-1.0, -bound)
        what = f"all ranks {'agree' if estimate > 0 else 'are reversed'}"
    else:
        bound = perfect_bound(trials, level)
        low, high = (bound, 1.0) if estimate > 0.5 else (0.0, 1 - bound)
        what = f"all {'right' if estimate > 0.5 else 'wrong'}"
    warning = (
        f"{what}, so resampling shows no spread; the bound rests on {counts} comparisons that "
        "share no patient"
    )
    return Interval(**facts, low=low, high=high, method=EXACT, warning=warning)


def _scaled(
    estimate: float,
    replicates: Float64[np.ndarray, " resamples"],
    scale: Scale,
    *,
    n_folds: int,
    error: float | None,
    facts: Mapping[str, Any],
) -> tuple[tuple[float, float] | None, str]:
    method, freedom = JACKKNIFE[scale], facts["n_patients"] - n_folds
    if error is None or not np.isfinite(error):
        method = SCALED[scale]
        error = bootstrap_error(replicates, n_patients=facts["n_patients"], n_folds=n_folds)
    if error is None or error < _NO_SPREAD or freedom < 1:
        return None, NONE
    quantile = float(stdtrit(freedom, (1 + facts["level"]) / 2))
    return scaled_bounds(estimate, error, scale=scale, quantile=quantile), method


def _warnings(rule: FamilyRule, few: int, degenerate: int, drawn: int) -> list[str]:
    found = []
    if few < rule.few:
        found.append(f"only {few} {rule.counted}: the interval may not hold its level")
    if degenerate:
        found.append(f"{degenerate} of {drawn} resamples {rule.lacking} and are left out")
    return found
