"""Scores of the validation fold that training is steered by."""

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.stats import rankdata

FLOOR = 1e-7
"""Probabilities are not taken below this before the logarithm."""


def balanced_cross_entropy(
    probabilities: Float64[np.ndarray, "slides classes"], labels: Int64[np.ndarray, " slides"]
) -> float:
    """Mean over the classes present of the mean −log probability of the true class, in nats.

    Classes weigh alike, as in the balanced sampling of training crops; so a network that knows
    nothing scores log K, whatever the class shares.

    Examples
    --------
    >>> balanced_cross_entropy(np.full((3, 2), 0.5), np.array([0, 0, 1])).__round__(4)
    0.6931
    """
    surprise = -np.log(np.maximum(probabilities[np.arange(labels.size), labels], FLOOR))
    return float(np.mean([surprise[labels == each].mean() for each in np.unique(labels)]))


def weighted_surprise(
    probabilities: Float64[np.ndarray, "n classes"],
    labels: Int64[np.ndarray, " n"],
    weights: Float64[np.ndarray, " classes"],
) -> float:
    """Mean over entries of the class's weight times −log probability of the true class, in nats.

    Examples
    --------
    >>> weighted_surprise(np.full((2, 2), 0.5), np.array([0, 1]), np.array([0.5, 1.5])).__round__(4)
    0.6931
    """
    surprise = -np.log(np.maximum(probabilities[np.arange(labels.size), labels], FLOOR))
    return float(np.mean(weights[labels] * surprise))


def macro_auc(
    probabilities: Float64[np.ndarray, "slides classes"], labels: Int64[np.ndarray, " slides"]
) -> float:
    """Area under the ROC curve of slides, one class against the rest, averaged over classes.

    Equals the Mann-Whitney statistic with ties counted half; only classes present count. For
    steering and logs alone: reported figures come from :mod:`histopress.evaluate`.

    Examples
    --------
    >>> macro_auc(np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]]), np.array([0, 0, 1]))
    1.0
    """
    areas = []
    for each in np.unique(labels):
        positive = labels == each
        count, others = int(positive.sum()), int((~positive).sum())
        if others:
            ranks = rankdata(probabilities[:, each])[positive].sum()
            areas.append((ranks - count * (count + 1) / 2) / (count * others))
    return float(np.mean(areas)) if areas else float("nan")


def rank_correlation(found: Float64[np.ndarray, " n"], truth: Float64[np.ndarray, " n"]) -> float:
    """Spearman's correlation with mean ranks of ties; 0 where either is constant: no order.

    For steering and logs alone, as :func:`macro_auc`.

    Examples
    --------
    >>> round(rank_correlation(np.array([1.0, 5.0, 9.0]), np.array([0.1, 0.2, 0.9])), 12)
    1.0
    """
    first, second = (rankdata(each) - (each.size + 1) / 2 for each in (found, truth))
    norm = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / norm if norm else 0.0


def concordance(
    risks: Float64[np.ndarray, " n"],
    times: Float64[np.ndarray, " n"],
    events: Bool[np.ndarray, " n"],
) -> float:
    """Harrell's C: share of comparable pairs in which the earlier event has the higher risk.

    Comparable are an event and everyone with a later time or censored at this time; tied risks
    count half. For steering and logs alone, as :func:`macro_auc`; 0.5 without such a pair.

    Examples
    --------
    >>> times, events = np.array([1.0, 2.0, 3.0]), np.array([True, True, False])
    >>> concordance(np.array([3.0, 2.0, 1.0]), times, events)
    1.0
    """
    case = events[:, None]
    comparable = case & ((times[:, None] < times) | ((times[:, None] == times) & ~events))
    higher = np.sign(risks[:, None] - risks)
    pairs = int(comparable.sum())
    return float((0.5 + 0.5 * higher[comparable]).mean()) if pairs else 0.5
