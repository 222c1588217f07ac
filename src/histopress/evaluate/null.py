"""The null as a distribution: what comes out where labels say nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import stdtr
from scipy.stats import kstest

from histopress.evaluate.judge import CHANCE, PRIMARY, primary_measure
from histopress.evaluate.resampling import jackknife_errors
from histopress.evaluate.units import Units

ERRORS = 2.0
"""Monte-Carlo standard errors within which the mean of permuted figures must be of chance."""


def chance_p(units: Units, metric: str) -> float:
    """Two-sided p-value that a figure within folds is chance, from its jackknife over patients.

    On the plain scale, Student's t with as many degrees of freedom as patients less folds. NaN
    where the figure or its error is undefined.
    """
    measure = primary_measure(units)
    estimate = float(measure.statistic(np.ones((1, len(units))))[0])
    error = jackknife_errors(
        {metric: measure.statistic}, patients=units.patients, folds=units.folds
    )[metric]
    n, n_folds = units.n_patients, len(np.unique(units.folds))
    freedom = n - n_folds
    if not np.isfinite(estimate + error) or not error or freedom < 1:
        return float("nan")
    if metric != PRIMARY["regression"]:
        # AUC and C pool the pairs of all folds: who is left out is missed among n patients, though
        # the spread is around a mean for each fold. Correlations are left out of within a fold.
        error *= (n - 1) / freedom
    return float(2 * stdtr(freedom, -abs(estimate - CHANCE[metric]) / error))


def summarise_null(
    figures: Sequence[float | None],
    p_values: Sequence[float | None],
    *,
    observed: float | None,
    kind: str,
) -> dict[str, Any]:
    """Hold permuted figures against chance, and the observed one against them.

    Parameters
    ----------
    figures : sequence of float or None
        Primary figure of each permutation; None where it is undefined.
    p_values : sequence of float or None
        Of :func:`chance_p`.
    observed : float or None
        With the true labels.
    kind : str
        Of the target.

    Returns
    -------
    dict
        Plain JSON. ``p`` is (1 + permutations at or above the observed figure) / (1 + all), the
        one-sided p-value of Phipson & Smyth (Statistical Applications in Genetics 2010);
        ``uniform_p`` that of Kolmogorov and Smirnov's test of ``p_values``. Divisions of one
        cross-validation share patients, so p-values need not be quite uniform.

    Examples
    --------
    >>> found = summarise_null([0.4, 0.6, None], [0.2, 0.8, None], observed=0.9,
    ...                        kind="classification")
    >>> found["mean"], found["undefined"], round(found["p"], 3)
    (0.5, 1, 0.333)
    """
    known = np.array([value for value in figures if value is not None], np.float64)
    tested = np.array(
        [value for value in p_values if value is not None and np.isfinite(value)], np.float64
    )
    chance = CHANCE[PRIMARY[kind]]
    several = len(known) > 1
    error = float(known.std(ddof=1) / np.sqrt(len(known))) if several else None
    mean = float(known.mean()) if len(known) else None
    return {
        "metric": PRIMARY[kind],
        "chance": chance,
        "permutations": len(figures),
        "undefined": len(figures) - len(known),
        "mean": mean,
        "monte_carlo_error": error,
        "is_chance": None
        if mean is None or error is None
        else bool(abs(mean - chance) <= ERRORS * error),
        "spread": float(known.std(ddof=1)) if several else None,
        "observed": observed,
        "p": None if observed is None or not len(known) else _p_value(known, observed),
        "share_below_0.05": float((tested < 0.05).mean()) if len(tested) else None,
        "uniform_p": float(kstest(tested, "uniform").pvalue) if len(tested) > 1 else None,
    }


def split_p(statistics: Sequence[float | None], observed: float | None) -> dict[str, Any]:
    """Rank the log-rank statistic of a cross-validated split among those of shuffled follow-ups.

    Returns
    -------
    dict
        ``statistic`` and ``p`` (two-sided, since the statistic is a square); ``p`` is None where
        the split, or every permuted one, has no statistic.

    Examples
    --------
    >>> split_p([1.0, 3.0, None], 2.0)
    {'statistic': 2.0, 'p': 0.6666666666666666}
    """
    known = np.array([value for value in statistics if value is not None], np.float64)
    p = None if observed is None or not len(known) else _p_value(known, observed)
    return {"statistic": observed, "p": p}


def _p_value(known: np.ndarray, observed: float) -> float:
    return float((1 + (known >= observed).sum()) / (1 + len(known)))
