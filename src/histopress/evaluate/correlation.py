"""Correlation of predictions with numbers: Spearman's and Pearson's."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64, Int

from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.weighting import fold_members, quotient, tie_groups

Correlation = Callable[
    [
        Float64[np.ndarray, " n"],
        Float64[np.ndarray, " n"],
        Float64[np.ndarray, "resamples n"],
    ],
    Float64[np.ndarray, " resamples"],
]
"""Of values and predictions, in every resample."""


def midranks(
    values: Float64[np.ndarray, " n"], weights: Float64[np.ndarray, "resamples n"]
) -> Float64[np.ndarray, "resamples n"]:
    """Rank of each unit in every resample; equal values, and so copies, share their mean rank.

    Examples
    --------
    >>> midranks(np.array([3.0, 1.0, 3.0]), np.array([[1.0, 1.0, 2.0]]))
    array([[3., 1., 3.]])
    """
    if not len(values):
        return np.zeros_like(weights)
    order, starts = tie_groups(values)
    sizes = np.add.reduceat(weights[:, order], starts, axis=1)
    middle = np.cumsum(sizes, axis=1) - (sizes - 1) / 2
    group = np.zeros(len(values), np.int64)
    group[order] = np.searchsorted(starts, np.arange(len(values)), side="right") - 1
    return middle[:, group]


def pearsons(
    values: Float64[np.ndarray, " n"],
    predictions: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> Float64[np.ndarray, " resamples"]:
    """Pearson's correlation in every resample; NaN where either side is constant."""
    return _correlate(
        np.broadcast_to(values, weights.shape),
        np.broadcast_to(predictions, weights.shape),
        weights,
        constant=_constant(values, weights) | _constant(predictions, weights),
    )


def spearmans(
    values: Float64[np.ndarray, " n"],
    predictions: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> Float64[np.ndarray, " resamples"]:
    """Pearson's correlation of midranks in every resample; NaN where either side is constant."""
    return _correlate(
        midranks(values, weights),
        midranks(predictions, weights),
        weights,
        constant=_constant(values, weights) | _constant(predictions, weights),
    )


def fold_correlations(
    correlation: Correlation,
    values: Float64[np.ndarray, " n"],
    predictions: Float64[np.ndarray, " n"],
    *,
    folds: Int[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> Float64[np.ndarray, " resamples"]:
    """Correlate within folds, and average with the number of units less one as weight.

    Where all values of a fold are equal no prediction can order them: the fold takes no part.
    Where values differ and predictions are all equal, the model of that fold failed: then there
    is no figure, since leaving the fold out would hide it.

    Returns
    -------
    float64 ndarray (resamples,)
        NaN where no fold has a value, or a fold's predictions are constant.
    """
    total, below = np.zeros(len(weights)), np.zeros(len(weights))
    for inside in fold_members(folds):
        own = weights[:, inside]
        idle = _constant(values[inside], own)
        found = correlation(values[inside], predictions[inside], own)
        share = np.where(idle, 0.0, own.sum(1) - 1)
        total += np.where(idle, 0.0, found * share)
        below += share
    return quotient(total, below)


def spearman(values: Float64[np.ndarray, " n"], predictions: Float64[np.ndarray, " n"]) -> float:
    """Spearman's rank correlation, with midranks for ties.

    Raises
    ------
    UndefinedMetricError
        There are fewer than two units, or values or predictions are constant.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0])).__round__(9)
    0.5
    """
    why = why_undefined(values, predictions)
    if why:
        raise UndefinedMetricError(why)
    return float(spearmans(values, predictions, np.ones((1, len(values))))[0])


def why_undefined(
    values: Float64[np.ndarray, " n"], predictions: Float64[np.ndarray, " n"]
) -> str | None:
    """Reason why these numbers have no correlation; None where they have."""
    if len(values) < 2:
        return f"{len(values)} units: there is nothing to correlate"
    if (values == values[0]).all():
        return f"all {len(values)} values are {values[0]:g}"
    if (predictions == predictions[0]).all():
        return f"all {len(values)} predictions are {predictions[0]:g}"
    return None


def _constant(
    values: Float64[np.ndarray, " n"], weights: Float64[np.ndarray, "resamples n"]
) -> np.ndarray:
    drawn = weights > 0
    low = np.where(drawn, values, np.inf).min(axis=1, initial=np.inf)
    high = np.where(drawn, values, -np.inf).max(axis=1, initial=-np.inf)
    return np.asarray(low >= high)


def _correlate(
    first: np.ndarray, second: np.ndarray, weights: np.ndarray, *, constant: np.ndarray
) -> Float64[np.ndarray, " resamples"]:
    total = np.maximum(weights.sum(1, keepdims=True), 1)
    x = first - (weights * first).sum(1, keepdims=True) / total
    y = second - (weights * second).sum(1, keepdims=True) / total
    spread = np.sqrt((weights * x * x).sum(1)) * np.sqrt((weights * y * y).sum(1))
    found = quotient((weights * x * y).sum(1), spread)
    return np.where(constant, np.nan, np.clip(found, -1, 1))
