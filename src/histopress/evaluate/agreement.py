"""Agreement of chosen with true classes: accuracies, F1, Cohen's kappa."""

import numpy as np
from jaxtyping import Float64, Int

from histopress.evaluate.weighting import quotient

Confusions = Float64[np.ndarray, "resamples classes classes"]
"""Units by true class (rows) and chosen class (columns) in every resample."""


def confusions(
    labels: Int[np.ndarray, " n"],
    chosen: Int[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
    n_classes: int,
) -> Confusions:
    """Count units by true and chosen class.

    Examples
    --------
    >>> confusions(np.array([0, 1, 1]), np.array([0, 0, 1]), np.ones((1, 3)), 2)[0]
    array([[1., 0.],
           [1., 1.]])
    """
    cells = np.zeros((len(labels), n_classes**2))
    cells[np.arange(len(labels)), labels * n_classes + chosen] = 1
    # Whole numbers, so products of matrices are exact in any order.
    return (weights @ cells).reshape(len(weights), n_classes, n_classes)


def accuracies(counts: Confusions) -> Float64[np.ndarray, " resamples"]:
    """Share whose chosen class is the true one; NaN without units."""
    return quotient(_diagonal(counts).sum(1), counts.sum((1, 2)))


def balanced_accuracies(counts: Confusions) -> Float64[np.ndarray, " resamples"]:
    """Mean over classes of the share that is recognised; NaN where a class is absent.

    (scikit-learn leaves absent classes out instead, and so compares unlike things over resamples.)
    """
    right, own = _diagonal(counts), counts.sum(2)
    present = (own > 0).all(1)
    shares = right / np.maximum(own, 1)
    return np.where(present, shares.mean(1), np.nan)


def f1_scores(counts: Confusions, positive: int | None = None) -> Float64[np.ndarray, " resamples"]:
    """F1 = 2 TP / (2 TP + FP + FN) of one class, or the mean over classes ("macro").

    NaN where a class that counts is neither present nor chosen, so that 0 stands over 0.

    Parameters
    ----------
    counts : float64 ndarray (resamples, classes, classes)
    positive : int, optional
        The class; the mean over all if left out.
    """
    below = counts.sum(1) + counts.sum(2)
    scores = 2 * _diagonal(counts) / np.maximum(below, 1)
    scores = np.where(below > 0, scores, np.nan)
    return scores.mean(1) if positive is None else scores[:, positive]


def quadratic_kappas(counts: Confusions) -> Float64[np.ndarray, " resamples"]:
    """Cohen's kappa with quadratic weights over the classes' order (Cohen, Psychol Bull 1968).

    1 - Σ (i - j)² O / Σ (i - j)² E, with E the product of the margins over the total. Of two
    classes it is the plain kappa. NaN where all units are, and are taken to be, of one class.
    """
    places = np.arange(counts.shape[1])
    distance = (places[:, None] - places) ** 2.0
    expected = counts.sum(2)[:, :, None] * counts.sum(1)[:, None]
    observed = (distance * counts).sum((1, 2)) * counts.sum((1, 2))
    return 1 - quotient(observed, (distance * expected).sum((1, 2)))


def _diagonal(counts: Confusions) -> Float64[np.ndarray, "resamples classes"]:
    return np.diagonal(counts, axis1=1, axis2=2)
