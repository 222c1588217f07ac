"""Sums under weights: how many copies of each unit a resample holds."""

import numpy as np
from jaxtyping import Float64, Int


def quotient(
    above: Float64[np.ndarray, " resamples"], below: Float64[np.ndarray, " resamples"]
) -> Float64[np.ndarray, " resamples"]:
    """Divide; NaN where nothing stands below.

    Examples
    --------
    >>> quotient(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    array([0.5, nan])
    """
    return np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)


def weighted_sums(
    values: Float64[np.ndarray, " n"], weights: Float64[np.ndarray, "resamples n"]
) -> Float64[np.ndarray, " resamples"]:
    """Sum values over the copies of each resample, in one order whatever the number of threads."""
    return np.einsum("rn,n->r", weights, values.astype(np.float64))


def weighted_means(
    values: Float64[np.ndarray, " n"], weights: Float64[np.ndarray, "resamples n"]
) -> Float64[np.ndarray, " resamples"]:
    """Mean of values over the copies of each resample; NaN where it has none."""
    return quotient(weighted_sums(values, weights), weights.sum(1))


def fold_members(folds: Int[np.ndarray, " n"]) -> list[Int[np.ndarray, " m"]]:
    """Places of the units of each fold, folds in ascending order."""
    return [np.flatnonzero(folds == fold) for fold in np.unique(folds)]


def tie_groups(
    scores: Float64[np.ndarray, " n"],
) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " groups"]]:
    """Sort units by score, and find where each group of equal scores starts.

    Returns
    -------
    order : int64 ndarray (n,)
        Ascending; units of equal score stay in their order.
    starts : int64 ndarray (groups,)
        Places in ``order``.
    """
    order = np.argsort(scores, kind="stable")
    _, starts = np.unique(scores[order], return_index=True)
    return order, starts
