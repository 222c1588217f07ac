"""Two models on the same patients."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int
from scipy.special import stdtr, stdtrit

from histopress.evaluate.delong import delong
from histopress.evaluate.intervals import ESTIMAND, NONE
from histopress.evaluate.obuchowski import obuchowski
from histopress.evaluate.resampling import Statistic, bootstrap, percentiles
from histopress.evaluate.undefined import UndefinedMetricError

DELONG = "DeLong, normal"
OBUCHOWSKI = "Obuchowski over patients within folds, Student's t"
PAIRED = "paired percentile bootstrap of patients within folds"

_INDEPENDENT = "each patient is one unit, and one model of each kind scored them all"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a metric differs by between two models, and how sure that is.

    Attributes
    ----------
    first, second, difference : float or None
        Figures of the models, and first - second; None where undefined.
    low, high, p_value : float or None
        Of the difference; two-sided test of "no difference", not corrected for multiplicity (see
        :mod:`histopress.evaluate.multiplicity`). None where there is no interval.
    level : float
        Nominal coverage.
    method, reason : str
        How the interval was found, and why in this way.
    estimand : str
        What the interval is about.
    n_patients, n_units : int
    n_resamples, degenerate : int
        Resamples drawn, and those in which a figure is undefined.
    warning : str or None
        In plain words.
    """

    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    level: float
    method: str
    reason: str
    n_patients: int
    n_units: int
    n_resamples: int = 0
    degenerate: int = 0
    estimand: str = ESTIMAND
    warning: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Fields as a table of comparisons holds them."""
        fields = dict(vars(self))
        low, high = fields.pop("low"), fields.pop("high")
        return {**fields, "interval": None if low is None else [low, high]}


def compare_aucs(
    positives: Bool[np.ndarray, " n"],
    first: Float64[np.ndarray, " n"],
    second: Float64[np.ndarray, " n"],
    *,
    patients: Int[np.ndarray, " n"],
    folds: Int[np.ndarray, " n"],
    level: float,
) -> Difference:
    """Compare the AUCs within folds of two models on the same units.

    DeLong's variance where every unit is a patient of its own and there is one fold; else
    Obuchowski's, since slides of a patient are not independent and folds have their own models.

    Parameters
    ----------
    positives : bool ndarray (n,)
    first, second : float64 ndarray (n,)
        Scores of the two models; higher is more positive.
    patients, folds : int64 ndarray (n,)
    level : float

    Raises
    ------
    ValueError
        Scores are not finite.
    """
    reason = _why_clustered(patients, folds)
    n_patients, scores = len(np.unique(patients)), np.stack([first, second])
    facts: dict[str, Any] = {"level": level, "reason": reason or _INDEPENDENT}
    facts |= {"n_patients": n_patients, "n_units": len(patients)}
    try:
        if reason:
            found = obuchowski(positives, scores, patients=patients, folds=folds)
            method, freedom = OBUCHOWSKI, float(n_patients - len(np.unique(folds)))
        else:
            found, method, freedom = delong(positives, scores), DELONG, 1e9
    except UndefinedMetricError as error:
        return _nothing(f"undefined: {error}", facts)
    values = (float(found.aucs[0]), float(found.aucs[1]))
    difference, spread = values[0] - values[1], found.difference_error()
    if spread < 1e-12:
        return _nothing(_unvarying(difference), facts, values)
    half = float(stdtrit(freedom, (1 + level) / 2)) * spread
    return Difference(
        first=values[0],
        second=values[1],
        difference=difference,
        low=max(-1.0, difference - half),
        high=min(1.0, difference + half),
        p_value=float(2 * stdtr(freedom, -abs(difference) / spread)),
        method=method,
        **facts,
    )


def compare_paired(
    first: Statistic,
    second: Statistic,
    *,
    patients: Int[np.ndarray, " n"],
    folds: Int[np.ndarray, " n"],
    n_resamples: int,
    level: float,
    rng: np.random.Generator,
) -> Difference:
    """Compare any metric of two models on the same units, on the same resamples of patients.

    What makes a resample easy or hard for both models cancels. The p-value is twice the smaller
    share of differences on either side of 0, with one added to either count, so that it is never 0
    (Davison & Hinkley, *Bootstrap Methods and their Application* (1997), section 4.2).

    Parameters
    ----------
    first, second : Statistic
        The metric of either model under weights of the units.
    patients, folds : int64 ndarray (n,)
    n_resamples : int
    level : float
    rng : Generator
    """
    n_patients = len(np.unique(patients))
    facts: dict[str, Any] = {"level": level, "n_patients": n_patients, "n_units": len(patients)}
    facts["reason"] = "the metric has no variance in closed form over patients within folds"
    whole = np.ones((1, len(patients)))
    values = (float(first(whole)[0]), float(second(whole)[0]))
    if not np.isfinite(values).all():
        return _nothing("undefined: a model has no figure on these units", facts)
    drawn = bootstrap(
        {"difference": lambda weights: first(weights) - second(weights)},
        patients=patients,
        folds=folds,
        n_resamples=n_resamples,
        rng=rng,
    )["difference"]
    known = drawn[np.isfinite(drawn)]
    facts |= {"n_resamples": n_resamples, "degenerate": len(drawn) - len(known)}
    bounds = percentiles(known, level)
    if bounds is None or np.ptp(known) < 1e-12:
        return _nothing(_unvarying(values[0] - values[1]), facts, values)
    tail = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return Difference(
        first=values[0],
        second=values[1],
        difference=values[0] - values[1],
        low=bounds[0],
        high=bounds[1],
        p_value=min(1.0, 2 * (tail + 1) / (len(known) + 1)),
        method=PAIRED,
        warning=_left_out(facts["degenerate"], n_resamples),
        **facts,
    )


def _why_clustered(patients: np.ndarray, folds: np.ndarray) -> str:
    """Why units are not independent and of one model; empty where they are."""
    reasons = []
    n_patients, n_folds = len(np.unique(patients)), len(np.unique(folds))
    if n_patients < len(patients):
        reasons.append(f"{len(patients)} units are of {n_patients} patients")
    if n_folds > 1:
        reasons.append(f"{n_folds} folds have their own models")
    return " and ".join(reasons)


def _unvarying(difference: float) -> str:
    return (
        f"the difference of {difference:g} shows no spread over patients, so no interval is given"
    )


def _left_out(degenerate: int, drawn: int) -> str | None:
    if not degenerate:
        return None
    return f"{degenerate} of {drawn} resamples have no figure and are left out"


def _nothing(
    warning: str, facts: dict[str, Any], values: tuple[float, float] | None = None
) -> Difference:
    first, second = values or (None, None)
    return Difference(
        first=first,
        second=second,
        difference=None if first is None or second is None else first - second,
        low=None,
        high=None,
        p_value=None,
        method=NONE,
        warning=warning,
        **facts,
    )
