"""Scores of the validation fold that training is steered by."""

import numpy as np
from jaxtyping import Float64, Int64
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
