"""Scales on which an estimate is closer to normal than on its own."""

import math
from typing import Literal

Scale = Literal["plain", "logit", "fisher"]
"""``logit`` for figures from 0 to 1, ``fisher`` (the inverse hyperbolic tangent) from -1 to 1."""


def scaled_bounds(
    estimate: float, error: float, *, scale: Scale, quantile: float
) -> tuple[float, float]:
    """Lay ``estimate ± quantile · error`` on a scale and bring the bounds back.

    The error is carried over by the delta method, so bounds never leave the range of the figure
    and are longer towards the middle of it, as the true distribution near an end is. Logit for
    AUC: Pepe, *The Statistical Evaluation of Medical Tests for Classification and Prediction*
    (2003), section 5.2; z for correlations: Fisher (Metron 1921).

    Parameters
    ----------
    estimate : float
        Strictly inside the range of the scale.
    error : float
        Standard error of the estimate, on the plain scale.
    scale : str
    quantile : float
        Of the normal or Student's distribution, such as 1.96.

    Raises
    ------
    ValueError
        The estimate lies at an end of the scale or outside of it.

    Examples
    --------
    >>> low, high = scaled_bounds(0.9, 0.05, scale="logit", quantile=1.96)
    >>> round(low, 3), round(high, 3)
    (0.752, 0.964)
    """
    if scale == "plain":
        return estimate - quantile * error, estimate + quantile * error
    lowest = 0.0 if scale == "logit" else -1.0
    if not lowest < estimate < 1.0:
        raise ValueError(f"{estimate:g} does not lie between {lowest:g} and 1; it has no {scale}")
    if scale == "logit":
        middle = math.log(estimate / (1 - estimate))
        spread = quantile * error / (estimate * (1 - estimate))
        return _expit(middle - spread), _expit(middle + spread)
    middle, spread = math.atanh(estimate), quantile * error / (1 - estimate**2)
    return math.tanh(middle - spread), math.tanh(middle + spread)


def _expit(value: float) -> float:
    return 0.5 * (1 + math.tanh(value / 2))
