"""Squared error of predicted survival probabilities under censoring."""

import numpy as np
from jaxtyping import Float64

from histopress.evaluate.survival.censoring import Censoring
from histopress.evaluate.survival.times import Survival, check_scores, counts_of
from histopress.evaluate.undefined import UndefinedMetricError


def brier_terms(
    survival: Survival,
    predicted: Float64[np.ndarray, "n horizons"],
    *,
    horizons: Float64[np.ndarray, " horizons"],
    censoring: Censoring,
) -> Float64[np.ndarray, "n horizons"]:
    """Compute what each patient adds to the Brier score at each horizon, before the mean is taken.

    Graf, Schmoor, Sauerbrei & Schumacher (Statistics in Medicine 1999). An event until t (at t
    too) adds S(t|x)² / G(T-); who is observed beyond t adds (1 - S(t|x))² / G(t); who was censored
    until t adds nothing.

    Parameters
    ----------
    survival : Survival
    predicted : float64 ndarray (n, horizons)
        Probabilities to survive beyond each horizon.
    horizons : float64 ndarray (horizons,)
        Ascending.
    censoring : Censoring
        Of the training sample.

    Raises
    ------
    UndefinedMetricError
        There are no patients, or G is 0 or unknown at an event or a horizon.
    ValueError
        Predictions are not probabilities, one a patient and horizon.
    """
    _check(survival, predicted, horizons)
    times = survival.times[:, None]
    gone = np.asarray(survival.events[:, None] & (times <= horizons))
    seen = censoring.inverse(survival, np.asarray(gone.any(axis=1)))[:, None]
    alive = (times > horizons) / censoring.at(horizons)
    return predicted**2 * gone * seen + (1 - predicted) ** 2 * alive


def brier_scores(
    terms: Float64[np.ndarray, "n horizons"], weights: Float64[np.ndarray, "resamples n"]
) -> Float64[np.ndarray, "resamples horizons"]:
    """Mean of :func:`brier_terms` over the patients of each resample; NaN where it has none."""
    total = weights.sum(axis=1, keepdims=True)
    # einsum sums in one order, whatever the number of threads.
    sums = np.einsum("rn,nh->rh", weights, terms)
    return np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)


def integrated_scores(
    scores: Float64[np.ndarray, "resamples horizons"], horizons: Float64[np.ndarray, " horizons"]
) -> Float64[np.ndarray, " resamples"]:
    """Mean Brier score between the first horizon and the last, by the trapezoidal rule.

    Raises
    ------
    UndefinedMetricError
        There are fewer than two horizons.
    """
    if len(horizons) < 2:
        raise UndefinedMetricError("an integral needs two horizons or more")
    area = np.trapezoid(scores, horizons, axis=1)
    return np.asarray(area / (horizons[-1] - horizons[0]), np.float64)


def brier(
    survival: Survival,
    predicted: Float64[np.ndarray, "n horizons"],
    *,
    horizons: Float64[np.ndarray, " horizons"],
    censoring: Censoring,
) -> Float64[np.ndarray, " horizons"]:
    """Brier score at each horizon: 0 is perfect, 0.25 a coin.

    Parameters and errors are those of :func:`brier_terms`.

    Examples
    --------
    >>> survival = Survival(times=np.array([1.0, 3.0]), events=np.array([True, True]))
    >>> always = Censoring(times=np.array([9.0]), survival=np.array([1.0]))
    >>> predicted = np.array([[0.5], [0.8]])
    >>> brier(survival, predicted, horizons=np.array([2.0]), censoring=always).round(3)
    array([0.145])
    """
    terms = brier_terms(survival, predicted, horizons=horizons, censoring=censoring)
    return brier_scores(terms, counts_of(survival, None))[0]


def integrated_brier(
    survival: Survival,
    predicted: Float64[np.ndarray, "n horizons"],
    *,
    horizons: Float64[np.ndarray, " horizons"],
    censoring: Censoring,
) -> float:
    """Brier score averaged over time; parameters and errors are those of :func:`brier_terms`.

    Raises
    ------
    UndefinedMetricError
        Also with fewer than two horizons.
    """
    scores = brier(survival, predicted, horizons=horizons, censoring=censoring)
    return float(integrated_scores(scores[None], horizons)[0])


def _check(survival: Survival, predicted: np.ndarray, horizons: np.ndarray) -> None:
    if not len(survival):
        raise UndefinedMetricError("there are no patients")
    check_scores(survival, predicted)
    if predicted.shape != (len(survival), len(horizons)):
        raise ValueError(
            f"predictions have shape {predicted.shape}, must be {(len(survival), len(horizons))}: "
            "patients by horizons"
        )
    if ((predicted < 0) | (predicted > 1)).any():
        raise ValueError(
            f"predictions lie between {predicted.min():g} and {predicted.max():g}; they must be "
            "probabilities of survival, from 0 to 1"
        )
    if (np.diff(horizons) <= 0).any():
        raise ValueError("horizons must ascend")
