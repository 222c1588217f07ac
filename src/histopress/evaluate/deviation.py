"""How far predicted numbers are from true ones: MAE, R², and the line between them."""

import numpy as np
from jaxtyping import Float64

from histopress.evaluate.weighting import quotient, weighted_means, weighted_sums


def mean_absolute_errors(
    values: Float64[np.ndarray, " n"],
    predictions: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> Float64[np.ndarray, " resamples"]:
    """Mean distance of prediction from value in every resample, in the target's unit."""
    return weighted_means(np.abs(values - predictions), weights)


def r_squared(
    values: Float64[np.ndarray, " n"],
    predictions: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
    *,
    reference: Float64[np.ndarray, " n"] | None = None,
) -> Float64[np.ndarray, " resamples"]:
    """1 - Σ (value - prediction)² / Σ (value - reference)² in every resample.

    Parameters
    ----------
    values, predictions : float64 ndarray (n,)
    weights : float64 ndarray (resamples, n)
    reference : float64 ndarray (n,), optional
        What one would predict without a model: the mean of the training sample. Left out, it is the
        mean of each resample's values, which no one knows beforehand (scikit-learn's ``r2_score``).

    Returns
    -------
    float64 ndarray (resamples,)
        Up to 1; below 0 where the reference does better. NaN where all values are the reference.
    """
    residual = weighted_sums((values - predictions) ** 2, weights)
    if reference is not None:
        return 1 - quotient(residual, weighted_sums((values - reference) ** 2, weights))
    centred = _centred(values, weights)
    spread = np.einsum("rn,rn,rn->r", weights, centred, centred)
    return np.where(_alike(values, weights), np.nan, 1 - quotient(residual, spread))


def recalibration_lines(
    values: Float64[np.ndarray, " n"],
    predictions: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> tuple[Float64[np.ndarray, " resamples"], Float64[np.ndarray, " resamples"]]:
    """Slope and intercept of the least-squares line of values on predictions.

    Slope 1 and intercept 0 are right on average; a slope below 1 says that predictions are too far
    apart, as after overfitting. NaN where predictions are constant.

    Returns
    -------
    slopes, intercepts : float64 ndarray (resamples,)
    """
    x, y = _centred(predictions, weights), _centred(values, weights)
    slope = quotient(np.einsum("rn,rn,rn->r", weights, x, y), np.einsum("rn,rn->r", weights, x**2))
    slope = np.where(_alike(predictions, weights), np.nan, slope)
    return slope, weighted_means(values, weights) - slope * weighted_means(predictions, weights)


def _centred(values: np.ndarray, weights: np.ndarray) -> Float64[np.ndarray, "resamples n"]:
    return values - weighted_means(values, weights)[:, None]


def _alike(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Where all units drawn have one value; rounding leaves their sum of squares above 0."""
    first = values[np.argmax(weights > 0, axis=1)] if len(values) else np.zeros(len(weights))
    return ~((weights > 0) & (values != first[:, None])).any(axis=1)
