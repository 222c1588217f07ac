"""Average precision, the area under the precision-recall curve."""

import numpy as np
from jaxtyping import Bool, Float64, Int

from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.weighting import fold_members, quotient, tie_groups

Precision = tuple[Float64[np.ndarray, " resamples"], Float64[np.ndarray, " resamples"]]
"""Sum of the precisions at each positive, and number of positives, of every resample."""


def precision_sums(
    positives: Bool[np.ndarray, " n"],
    scores: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> Precision:
    """Sum, over positives, the precision among all units that score as high or higher.

    Units of equal score enter together. Both are 0 in a resample that lacks positives or
    negatives: without negatives every precision is 1, whatever the scores.

    Returns
    -------
    total, count : float64 ndarray (resamples,)
        Their quotient is the average precision.
    """
    if not len(scores):
        return np.zeros(len(weights)), np.zeros(len(weights))
    order, starts = tie_groups(-scores)
    ordered, positive = weights[:, order], positives[order]
    hits = np.add.reduceat(ordered * positive, starts, axis=1)
    everyone = np.cumsum(np.add.reduceat(ordered, starts, axis=1), axis=1)
    precision = np.cumsum(hits, axis=1) / np.maximum(everyone, 1)
    count = hits.sum(1)
    both = (count > 0) & (everyone[:, -1] > count)
    return np.where(both, (hits * precision).sum(1), 0.0), np.where(both, count, 0.0)


def fold_precisions(
    positives: Bool[np.ndarray, " n"],
    scores: Float64[np.ndarray, " n"],
    *,
    folds: Int[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> Float64[np.ndarray, " resamples"]:
    """Average precision within folds, averaged with the number of positives as weight.

    So it is the mean, over all positives, of the precision at each among the units of its fold.
    Folds that lack a class take no part; NaN where all do.
    """
    total, count = np.zeros(len(weights)), np.zeros(len(weights))
    for inside in fold_members(folds):
        own = precision_sums(positives[inside], scores[inside], weights[:, inside])
        total, count = total + own[0], count + own[1]
    return quotient(total, count)


def average_precision(
    positives: Bool[np.ndarray, " n"], scores: Float64[np.ndarray, " n"]
) -> float:
    """Mean precision over the thresholds at which each positive is found.

    The step-wise sum Σ (Rₖ - Rₖ₋₁) Pₖ, without interpolation, which would flatter (Davis &
    Goadrich, ICML 2006); scikit-learn's ``average_precision_score``. A score that knows nothing
    comes to about the share of positives, so figures of cohorts with different shares do not
    compare.

    Raises
    ------
    UndefinedMetricError
        One of the classes is absent.

    Examples
    --------
    >>> average_precision(np.array([False, True, True]), np.array([0.5, 0.1, 0.9])).__round__(4)
    0.8333
    """
    total, count = precision_sums(positives, scores, np.ones((1, len(scores))))
    if not count[0]:
        kind = "positive" if len(scores) and positives.all() else "negative"
        raise UndefinedMetricError(f"all {len(scores)} are {kind}")
    return float(total[0] / count[0])
