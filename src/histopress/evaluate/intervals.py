"""Intervals that take patients, not slides, as what was sampled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int

ESTIMAND = "these models on new patients of the same population"
"""What an interval is about. How models vary over training sets is not in it."""

BOOTSTRAP = "percentile bootstrap of patients within folds"
EXACT = "exact one-sided bound over patients"
NONE = "none"

FEW_PATIENTS = 20
"""Below so many patients of the rarer class intervals carry a warning.

Simulated (300 normal cohorts a row, 4 folds, two slides a patient): 95 % intervals of AUCs from 0.5
to 0.97 covered 0.85 to 0.96 with 8 to 12 patients a class or 10 positives in 100 patients, and
0.90 to 0.96 with 20 or more.
"""

_CHUNK_VALUES = 2_000_000

Statistic = Callable[[Float64[np.ndarray, "resamples units"]], Float64[np.ndarray, " resamples"]]
"""A metric under weights: how often each unit counts in each resample. NaN where undefined."""


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


def patient_weights(
    patients: Int[np.ndarray, " units"],
    folds: Int[np.ndarray, " units"],
    *,
    n_resamples: int,
    rng: np.random.Generator,
) -> Float64[np.ndarray, "resamples units"]:
    """Draw how often each unit counts when patients are drawn with replacement within folds.

    All slides of a patient come and go together: they are no independent observations. Drawing
    stays within folds because each fold has its own model, and how many patients each model was
    tested on was fixed by the split and not by chance.
    """
    weights = np.zeros((n_resamples, len(patients)))
    for fold in np.unique(folds):
        inside = np.flatnonzero(folds == fold)
        names, member = np.unique(patients[inside], return_inverse=True)
        counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), n_resamples)
        weights[:, inside] = counts[:, member]
    return weights


def bootstrap(
    statistics: Mapping[str, Statistic],
    *,
    patients: Int[np.ndarray, " units"],
    folds: Int[np.ndarray, " units"],
    n_resamples: int,
    rng: np.random.Generator,
) -> dict[str, Float64[np.ndarray, " resamples"]]:
    """Compute every statistic on the same resamples of patients.

    Resamples are drawn in portions, so that memory stays near 50 MB for any cohort; the size of
    a portion follows from the number of units alone, and so do the values drawn.
    """
    portion = max(1, _CHUNK_VALUES // max(1, len(patients)))
    found: dict[str, list[np.ndarray]] = {name: [] for name in statistics}
    for start in range(0, n_resamples, portion):
        size = min(portion, n_resamples - start)
        weights = patient_weights(patients, folds, n_resamples=size, rng=rng)
        for name, statistic in statistics.items():
            found[name].append(statistic(weights))
    return {name: np.concatenate(values) for name, values in found.items()}


def percentiles(
    replicates: Float64[np.ndarray, " resamples"], level: float
) -> tuple[float, float] | None:
    """Bounds that leave ``(1 - level) / 2`` of the defined replicates on either side."""
    defined = replicates[np.isfinite(replicates)]
    if not defined.size:
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def perfect_bound(trials: Sequence[int], level: float) -> float:
    """Lower bound of a mean of proportions when every trial of each went well.

    With k independent trials that each succeed with probability p, all succeed with p^k, so
    p ≥ (α/2)^(1/k) at confidence 1 - α/2 (Clopper & Pearson, Biometrika 1934, at x = k). A mean
    of several proportions takes each at α over their number (Bonferroni), so it holds, if wide.

    Parameters
    ----------
    trials : sequence of int
        Independent trials of each proportion; 0 gives the bound 0.
    level : float

    Examples
    --------
    >>> round(perfect_bound([20], 0.95), 3)
    0.832
    """
    tail = (1 - level) / 2 / len(trials)
    return sum(tail ** (1 / k) if k else 0.0 for k in trials) / len(trials)


def disjoint_pairs(
    positives: Bool[np.ndarray, " units"],
    patients: Int[np.ndarray, " units"],
    folds: Int[np.ndarray, " units"],
) -> int:
    """Count pairs of a positive and a negative unit within folds that share no patient.

    Such pairs are independent trials of "the positive scores above the negative", each with the
    AUC of its fold's model as probability. A patient with slides of both classes serves either
    side, but one pair only.

    Examples
    --------
    >>> disjoint_pairs(np.array([True, True, False]), np.arange(3), np.zeros(3, int))
    1
    """
    total = 0
    for fold in np.unique(folds):
        inside = folds == fold
        with_positive = set(patients[inside & positives].tolist())
        with_negative = set(patients[inside & ~positives].tolist())
        everyone = len(with_positive | with_negative)
        total += min(len(with_positive), len(with_negative), everyone // 2)
    return total


def make_interval(
    estimate: float,
    replicates: Float64[np.ndarray, " resamples"],
    *,
    trials: Sequence[int],
    few: int,
    level: float,
    n_patients: int,
    n_slides: int,
) -> Interval:
    """Choose the method that suits the estimate.

    Where everything is right (or everything wrong), every resample is so too and the bootstrap
    would give an interval of no width; the exact bound takes its place.

    Parameters
    ----------
    estimate : float
    replicates : float64 ndarray (resamples,)
        Of the bootstrap; NaN where degenerate.
    trials : sequence of int
        For :func:`perfect_bound`.
    few : int
        Patients of the rarer class.
    level : float
    n_patients, n_slides : int
    """
    facts: dict[str, Any] = {"estimate": estimate, "level": level}
    facts |= {"n_patients": n_patients, "n_slides": n_slides}
    if estimate in {0.0, 1.0}:
        bound = perfect_bound(trials, level)
        low, high = (bound, 1.0) if estimate else (0.0, 1 - bound)
        counts = " and ".join(str(k) for k in trials)
        warning = (
            f"all {'right' if estimate else 'wrong'}, so resampling shows no spread; the bound "
            f"rests on {counts} comparisons that share no patient"
        )
        return Interval(**facts, low=low, high=high, method=EXACT, warning=warning)
    degenerate = int((~np.isfinite(replicates)).sum())
    bounds = percentiles(replicates, level)
    facts |= {"n_resamples": len(replicates), "degenerate": degenerate}
    if bounds is None:
        warning = "the metric is undefined in every resample; there are too few patients"
        return Interval(**facts, low=None, high=None, method=NONE, warning=warning)
    warnings = []
    if few < FEW_PATIENTS:
        warnings.append(f"only {few} patients of the rarer class: the interval is likely too short")
    if degenerate:
        warnings.append(
            f"{degenerate} of {len(replicates)} resamples lack a class and are left out"
        )
    text = "; ".join(warnings) or None
    return Interval(**facts, low=bounds[0], high=bounds[1], method=BOOTSTRAP, warning=text)


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
