"""Logistic regression on several covariates, by maximum likelihood."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from histopress.evaluate.undefined import UndefinedMetricError

_ITERATIONS = 60
_HALVINGS = 30
_DECREMENT = 1e-13
_SINGULAR = 1e-9
_EXTREME = 1e-8


@dataclass(frozen=True, kw_only=True, eq=False)
class LogisticFit:
    """A fitted logistic regression.

    Attributes
    ----------
    intercept : float
    coefficients, standard_errors : float64 ndarray (p,)
        Log odds ratios per unit of each covariate; errors from the information.
    log_likelihood : float
    """

    intercept: float
    coefficients: Float64[np.ndarray, " p"]
    standard_errors: Float64[np.ndarray, " p"]
    log_likelihood: float


def fit_logistic(
    positives: Bool[np.ndarray, " n"], covariates: Float64[np.ndarray, "n p"]
) -> LogisticFit:
    """Maximise the likelihood by Newton's method; there is no penalty.

    Raises
    ------
    UndefinedMetricError
        A class is absent; a covariate is constant or follows from the others; or covariates
        separate the classes, so that the likelihood has no maximum (Albert & Anderson, Biometrika
        1984).

    Examples
    --------
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> fit = fit_logistic(np.array([False, True, False, True]), x)
    >>> fit.coefficients.round(3)
    array([0.908])
    """
    n_positive = int(positives.sum())
    if n_positive in {0, len(positives)}:
        side = "positive" if n_positive else "negative"
        raise UndefinedMetricError(f"all {len(positives)} patients are {side}")
    centre, scale = covariates.mean(axis=0), covariates.std(axis=0)
    scale = np.where(scale > 1e-12 * np.abs(covariates).max(axis=0, initial=0), scale, 1.0)
    x = np.concatenate([np.ones((len(positives), 1)), (covariates - centre) / scale], axis=1)
    if np.linalg.eigvalsh(x.T @ x / len(x))[0] < _SINGULAR:
        raise UndefinedMetricError("a covariate is constant, or follows from the others")
    beta, information, value = _climb(positives, x)
    coefficients = beta[1:] / scale
    errors = np.sqrt(np.diagonal(np.linalg.inv(information))[1:]) / scale
    return LogisticFit(
        intercept=float(beta[0] - coefficients @ centre),
        coefficients=coefficients,
        standard_errors=errors,
        log_likelihood=value,
    )


def _climb(positives: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    beta = np.zeros(x.shape[1])
    value = _likelihood(positives, x @ beta)
    for _ in range(_ITERATIONS):
        chance = np.exp(-np.logaddexp(0, -(x @ beta)))
        spread = chance * (1 - chance)
        information = (x * spread[:, None]).T @ x
        # On the endless way up that separation makes, the information vanishes in some direction.
        if np.linalg.eigvalsh(information / len(x))[0] < _EXTREME:
            raise UndefinedMetricError(
                "covariates separate the classes without fault: an odds ratio is infinite or 0"
            )
        gradient = x.T @ (positives - chance)
        step = np.linalg.solve(information, gradient)
        if float(gradient @ step) < _DECREMENT:
            return beta, information, value
        size = 1.0
        for _ in range(_HALVINGS):
            reached = _likelihood(positives, x @ (beta + size * step))
            if reached >= value - 1e-12 * (1 + abs(value)):
                break
            size /= 2
        beta, value = beta + size * step, reached
    raise UndefinedMetricError(
        "Newton's method found no maximum of the likelihood; look for a covariate with a value "
        "very far from the others"
    )


def _likelihood(positives: np.ndarray, linear: np.ndarray) -> float:
    return float(-np.logaddexp(0, np.where(positives, -linear, linear)).sum())
