"""Whether probabilities are right: Brier score, log loss, recalibration, expected error."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int

from histopress.evaluate.logistic import fit_logistic
from histopress.evaluate.weighting import quotient, tie_groups

BINS = 10
"""Bins of equal mass that the expected calibration error and the reliability plot use."""

CLIP = 1e-6
"""Probabilities are kept this far from 0 and 1 before their logit is taken."""


def squared_errors(
    labels: Int[np.ndarray, " n"], probabilities: Float64[np.ndarray, "n classes"]
) -> Float64[np.ndarray, " n"]:
    """Compute what each unit adds to the Brier score (Brier, Monthly Weather Review 1950).

    Of two classes (p - y)² of one of them, from 0 to 1; of more the sum over classes, from 0 to 2.
    """
    truth = np.eye(probabilities.shape[1])[labels]
    errors = ((probabilities - truth) ** 2).sum(1)
    return errors / 2 if probabilities.shape[1] == 2 else errors


def log_losses(
    labels: Int[np.ndarray, " n"], probabilities: Float64[np.ndarray, "n classes"]
) -> Float64[np.ndarray, " n"]:
    """-log of the probability of the true class, kept above the spacing of floats at 1."""
    own = probabilities[np.arange(len(labels)), labels]
    spacing = float(np.finfo(np.float64).eps)
    return -np.log(np.clip(own, spacing, 1 - spacing))


def recalibrations(
    positives: Bool[np.ndarray, " n"],
    probabilities: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> Float64[np.ndarray, " resamples"]:
    """Calibration slope b of logit P(y) = a + b logit p (Cox, Biometrika 1958).

    1 is right; below 1 probabilities are too extreme. NaN where p is constant, or where it puts the
    classes apart without overlap, so that b has no finite value.
    """
    return fit_logistic(positives, logit(probabilities), weights)[:, 1]


def calibrations_in_the_large(
    positives: Bool[np.ndarray, " n"],
    probabilities: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> Float64[np.ndarray, " resamples"]:
    """Calibration intercept a of logit P(y) = a + logit p, the slope held at 1.

    0 is right; above 0 probabilities are too low on the whole. (Held at 1 because with a free slope
    the intercept is about units with p = 1/2; Van Calster et al., J Clin Epidemiol 2016.) NaN where
    a class is absent.
    """
    offset = logit(probabilities)
    return fit_logistic(positives, None, weights, offset=offset)[:, 0]


def expected_errors(
    outcomes: Bool[np.ndarray, " n"],
    probabilities: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
    n_bins: int = BINS,
) -> Float64[np.ndarray, " resamples"]:
    """Average, over bins, the distance of the observed share from the mean probability.

    The expected calibration error. Bins hold equal numbers of units by ascending probability; units
    of one probability are never parted, and go where the middle of their ranks falls. Each bin
    counts with its units (Naeini, Cooper & Hauskrecht, AAAI 2015). Even right probabilities come
    out above 0, by about the chance error of a bin's share.

    Parameters
    ----------
    outcomes : bool ndarray (n,)
        Whether what the probability is of came true.
    probabilities : float64 ndarray (n,)
    weights : float64 ndarray (resamples, n)
    n_bins : int
    """
    if not len(outcomes):
        return np.full(len(weights), np.nan)
    order, starts = tie_groups(probabilities)
    ordered = weights[:, order]
    excess = np.add.reduceat(ordered * (probabilities - outcomes)[order], starts, axis=1)
    bins = _bins(np.add.reduceat(ordered, starts, axis=1), n_bins)
    total = np.zeros(len(weights))
    for place in range(n_bins):
        total += np.abs((excess * (bins == place)).sum(1))
    return quotient(total, weights.sum(1))


def reliability(
    outcomes: Bool[np.ndarray, " n"],
    probabilities: Float64[np.ndarray, " n"],
    n_bins: int = BINS,
    *,
    patients: Int[np.ndarray, " n"] | None = None,
) -> list[dict[str, Any]]:
    """Points of the reliability plot, bins as in :func:`expected_errors`; empty bins are left out.

    Returns
    -------
    list of dict
        ``n``, ``predicted`` (mean probability) and ``observed`` (share that came true); where
        patients are given, ``n_patients`` of the bin.

    Examples
    --------
    >>> reliability(np.array([False, True, True]), np.array([0.25, 0.25, 0.75]), n_bins=2)
    [{'n': 2, 'predicted': 0.25, 'observed': 0.5}, {'n': 1, 'predicted': 0.75, 'observed': 1.0}]
    """
    if not len(outcomes):
        return []
    order, starts = tie_groups(probabilities)
    sizes = np.diff(np.append(starts, len(order)))
    bins = np.repeat(_bins(sizes[None].astype(np.float64), n_bins)[0], sizes)
    points = []
    for place in np.unique(bins):
        own = order[bins == place]
        point = {
            "n": len(own),
            "predicted": float(probabilities[own].mean()),
            "observed": float(outcomes[own].mean()),
        }
        if patients is not None:
            point["n_patients"] = len(np.unique(patients[own]))
        points.append(point)
    return points


def logit(probabilities: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Log odds, with probabilities kept within :data:`CLIP` of 0 and 1."""
    kept = np.clip(probabilities, CLIP, 1 - CLIP)
    return np.log(kept) - np.log1p(-kept)


def _bins(sizes: Float64[np.ndarray, "resamples groups"], n_bins: int) -> np.ndarray:
    """Bin of each group of ties: where the middle of its ranks falls."""
    below = np.cumsum(sizes, axis=1) - sizes
    total = np.maximum(sizes.sum(1, keepdims=True), 1)
    return np.minimum((n_bins * (below + sizes / 2) // total).astype(np.int64), n_bins - 1)
