"""Variances and covariances of AUCs of models scored on the same independent units."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from histopress.evaluate.correlation import midranks
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True, eq=False)
class AucCovariance:
    """AUCs of several models, and how their estimates vary together.

    Attributes
    ----------
    aucs : float64 ndarray (models,)
    covariance : float64 ndarray (models, models)
    """

    aucs: Float64[np.ndarray, " models"]
    covariance: Float64[np.ndarray, "models models"]

    def difference_error(self, first: int = 0, second: int = 1) -> float:
        """Compute the standard error of ``aucs[first] - aucs[second]``."""
        part = self.covariance[np.ix_([first, second], [first, second])]
        return float(np.sqrt(max(0.0, part[0, 0] + part[1, 1] - 2 * part[0, 1])))


def placements(
    positives: Bool[np.ndarray, " n"], scores: Float64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " positives"], Float64[np.ndarray, " negatives"]]:
    """Share of the other class that each unit is on the right side of; ties count half.

    Returns
    -------
    of_positives, of_negatives : float64 ndarray
        The mean of either is the AUC. Empty where a class is absent.

    Notes
    -----
    O(n log n): the rank among all less the rank within the class counts the other class below
    (Sun & Xu, IEEE Signal Processing Letters 2014, equation 5).

    Examples
    --------
    >>> placements(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.4, 0.1]))
    (array([1.  , 0.75]), array([0.75, 1.  ]))
    """
    n_positive = int(positives.sum())
    n_negative = len(positives) - n_positive
    if not n_positive or not n_negative:
        return np.zeros(0), np.zeros(0)
    ranks = _ranks(scores)
    below_positives = ranks[positives] - _ranks(scores[positives])
    below_negatives = ranks[~positives] - _ranks(scores[~positives])
    return below_positives / n_negative, 1 - below_negatives / n_positive


def delong(
    positives: Bool[np.ndarray, " n"], scores: Float64[np.ndarray, "models n"]
) -> AucCovariance:
    """AUCs with the covariance of DeLong, DeLong & Clarke-Pearson (Biometrics 1988).

    Only for independent units (each a patient of its own) that each model scores with one scale;
    with several slides a patient or several folds the variance is too small or compares scales,
    see :func:`histopress.evaluate.obuchowski.obuchowski`.

    Raises
    ------
    UndefinedMetricError
        A class has fewer than two units.
    ValueError
        Scores are not finite.
    """
    check_finite(scores)
    n_positive = int(positives.sum())
    counts = (n_positive, len(positives) - n_positive)
    if min(counts) < 2:
        raise UndefinedMetricError(
            f"{counts[0]} positives and {counts[1]} negatives: a variance needs two of each"
        )
    found = [placements(positives, own) for own in scores]
    upper, lower = (np.stack([pair[side] for pair in found]) for side in (0, 1))
    aucs = upper.mean(1)
    covariance = sum(
        np.atleast_2d(np.cov(part)) / count
        for part, count in zip((upper, lower), counts, strict=True)
    )
    return AucCovariance(aucs=aucs, covariance=np.asarray(covariance))


def check_finite(scores: Float64[np.ndarray, "models n"]) -> None:
    """Refuse what cannot be ordered.

    Raises
    ------
    ValueError
        NaN or infinity.
    """
    if not np.isfinite(scores).all():
        raise ValueError("scores hold NaN or infinity; only finite scores can be ordered")


def _ranks(values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    return midranks(values, np.ones((1, len(values))))[0]
