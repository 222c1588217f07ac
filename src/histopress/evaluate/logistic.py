"""Logistic regression on one covariate, in many resamples at once."""

import numpy as np
from jaxtyping import Bool, Float64

_ITERATIONS = 100
_HALVINGS = 30
_DECREMENT = 1e-22
_LONGEST = 4.0


def fit_logistic(
    positives: Bool[np.ndarray, " n"],
    covariate: Float64[np.ndarray, " n"] | None,
    weights: Float64[np.ndarray, "resamples n"],
    *,
    offset: Float64[np.ndarray, " n"] | None = None,
) -> Float64[np.ndarray, "resamples 2"]:
    """Maximise the likelihood of logit P(y) = offset + a + b · covariate by Newton's method.

    Parameters
    ----------
    positives : bool ndarray (n,)
    covariate : float64 ndarray (n,), optional
        Without one, b is 0.
    weights : float64 ndarray (resamples, n)
    offset : float64 ndarray (n,), optional

    Returns
    -------
    float64 ndarray (resamples, 2)
        a and b. NaN where a class is absent; where the covariate is constant; or where it parts the
        classes, so that the likelihood has no maximum (Albert & Anderson, Biometrika 1984).
    """
    base = np.zeros(len(positives)) if offset is None else offset
    found = np.full((len(weights), 2), np.nan)
    if covariate is None:
        x, centre, scale = np.zeros(len(positives)), 0.0, 1.0
        good = _both(positives, weights)
    else:
        centre, scale = float(covariate.mean()), float(covariate.std()) or 1.0
        x = (covariate - centre) / scale
        good = _overlaps(positives, x, weights)
    if good.any():
        found[good] = _climb(positives, x, weights[good], base, varies=covariate is not None)
    slope = found[:, 1] / scale
    return np.stack([found[:, 0] - slope * centre, slope], axis=1)


def _both(positives: np.ndarray, weights: np.ndarray) -> np.ndarray:
    drawn = weights > 0
    return (drawn & positives).any(1) & (drawn & ~positives).any(1)


def _overlaps(positives: np.ndarray, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Where neither class lies wholly on one side of the other, or touches it from there."""
    drawn = weights > 0
    upper, lower = drawn & positives, drawn & ~positives
    least = [np.where(side, x, np.inf).min(axis=1, initial=np.inf) for side in (upper, lower)]
    most = [np.where(side, x, -np.inf).max(axis=1, initial=-np.inf) for side in (upper, lower)]
    return np.asarray((least[0] < most[1]) & (least[1] < most[0]))


def _climb(
    positives: np.ndarray, x: np.ndarray, weights: np.ndarray, base: np.ndarray, *, varies: bool
) -> Float64[np.ndarray, "resamples 2"]:
    beta = np.zeros((len(weights), 2))
    live = np.arange(len(weights))
    value = _likelihood(positives, _linear(beta, x, base), weights)
    for _ in range(_ITERATIONS):
        own = weights[live]
        linear = _linear(beta[live], x, base)
        chance = np.exp(-np.logaddexp(0, -linear))
        step, decrement = _newton(
            own * (positives - chance), own * chance * (1 - chance), x, varies
        )
        size = np.ones(len(live))
        for _ in range(_HALVINGS):
            there = beta[live] + size[:, None] * step
            reached = _likelihood(positives, _linear(there, x, base), own)
            falls = reached < value[live] - 1e-12 * (1 + np.abs(value[live]))
            if not falls.any():
                break
            size[falls] /= 2
        beta[live], value[live] = there, reached
        live = live[decrement > _DECREMENT * own.sum(1)]
        if not live.size:
            return beta
    beta[live] = np.nan
    return beta


def _newton(
    residual: np.ndarray, curvature: np.ndarray, x: np.ndarray, varies: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Newton's step and its decrement, twice what the likelihood will still gain."""
    gradient = np.stack([residual.sum(1), (residual * x).sum(1)], axis=1)
    first, cross = curvature.sum(1), (curvature * x).sum(1)
    second = (curvature * x * x).sum(1)
    if not varies:
        # Far from the maximum the curvature vanishes and the step would have no end.
        with np.errstate(divide="ignore", invalid="ignore"):
            along = np.clip(np.nan_to_num(gradient[:, 0] / first), -_LONGEST, _LONGEST)
        step = np.stack([along, np.zeros(len(first))], axis=1)
    else:
        determinant = first * second - cross**2
        up = second * gradient[:, 0] - cross * gradient[:, 1]
        along = first * gradient[:, 1] - cross * gradient[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.stack([up, along], axis=1) / determinant[:, None]
    return step, (step * gradient).sum(1)


def _linear(beta: np.ndarray, x: np.ndarray, base: np.ndarray) -> np.ndarray:
    return base + beta[:, :1] + beta[:, 1:] * x


def _likelihood(positives: np.ndarray, linear: np.ndarray, weights: np.ndarray) -> np.ndarray:
    signed = np.where(positives, linear, -linear)
    return np.asarray(-(weights * np.logaddexp(0, -signed)).sum(1))
