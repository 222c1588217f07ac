"""Exponential times to an event, censored at an end of follow-up that knows nothing of it.

Whatever a design's hazard is made of, time runs by one clock: the hazard is constant, and
follow-up ends at a time drawn evenly from 0 to a latest end, which is set so that a given share of
patients is expected to be censored.
"""

import numpy as np
from jaxtyping import Float64
from scipy.optimize import brentq

AGE_MEAN, AGE_SD, AGE_BOUNDS = 62.0, 10.0, (30, 90)
NOBODY = 1_000_000
SHORTEST_MONTHS = 0.01
"""Times are written in hundredths of a month, and none is 0."""


def hazard_at(
    log_hazard: float | Float64[np.ndarray, " n"], median_months: float
) -> float | Float64[np.ndarray, " n"]:
    """Give the hazard a month: ln 2 / median · exp(η).

    Examples
    --------
    >>> round(float(hazard_at(0.0, 12.0)) * 12, 4)
    0.6931
    """
    return np.log(2) / median_months * np.exp(log_hazard)


def observe(luck: float, ended: float, *, hazard: float, end: float) -> tuple[float, int]:
    """Tell when a patient was last seen, and whether without the event.

    Parameters
    ----------
    luck : float
        A standard exponential number: the event comes at ``luck / hazard``.
    ended : float
        An even number from 0 to 1: follow-up ends at ``ended · end``.
    hazard : float
        A month.
    end : float
        Latest end of follow-up in months; may be infinite.

    Returns
    -------
    survival_months : float
        The earlier of both, in hundredths of a month.
    censorship : int
        1 if follow-up ended first, else 0.

    Examples
    --------
    >>> observe(1.0, 0.5, hazard=0.1, end=60.0), observe(1.0, 0.1, hazard=0.1, end=60.0)
    ((10.0, 0), (6.0, 1))
    """
    event, censored = luck / hazard, ended * end
    months = max(round(float(min(event, censored)), 2), SHORTEST_MONTHS)
    return months, int(censored < event)


def latest_end(
    hazards: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, " n"],
    *,
    share: float,
    scale: float,
) -> float:
    """Give the latest end of follow-up in months, at which ``share`` is expected to be censored.

    With hazard h and an end drawn evenly from 0 to E, a share (1 − exp(−hE)) / (hE) is censored;
    its average over patients falls in E from 1 to 0. Infinite where fewer than one in
    :data:`NOBODY` are to be censored.

    Parameters
    ----------
    hazards, weights : float64 ndarray (n,)
        Hazards a month of the law's patients, and how often each occurs (sum 1).
    share : float
        Below 1.
    scale : float
        A time in months near which to look, such as the median.

    Examples
    --------
    >>> one = np.ones(1)
    >>> end = latest_end(0.1 * one, one, share=0.5, scale=10.0)
    >>> round(float((1 - np.exp(-0.1 * end)) / (0.1 * end)), 6)
    0.5
    """
    if share * NOBODY < 1:
        return float("inf")

    def excess(log_end: float) -> float:
        risk = hazards * np.exp(log_end)
        return float(weights @ (-np.expm1(-risk) / risk)) - share

    middle = np.log(scale)
    return float(np.exp(brentq(excess, middle - 100, middle + 100, xtol=1e-12)))


def draw_age(rng: np.random.Generator) -> int:
    """Draw an age in years, unrelated to anything."""
    return int(np.clip(np.rint(rng.normal(AGE_MEAN, AGE_SD)), *AGE_BOUNDS))
