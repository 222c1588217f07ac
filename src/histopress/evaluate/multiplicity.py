"""P-values of several comparisons, corrected for their number."""

import numpy as np
from jaxtyping import Float64


def holm(p_values: Float64[np.ndarray, " tests"]) -> Float64[np.ndarray, " tests"]:
    """Adjust so that the chance of any false finding stays at the level (Holm 1979).

    Holds whatever the dependence of the tests, as of models compared on the same patients.

    Raises
    ------
    ValueError
        A p-value is not between 0 and 1.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    order = _order(p_values)
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    return _restored(np.maximum.accumulate(steps), order)


def benjamini_hochberg(p_values: Float64[np.ndarray, " tests"]) -> Float64[np.ndarray, " tests"]:
    """Adjust so that the expected share of false findings stays at the level.

    Benjamini & Hochberg (Journal of the Royal Statistical Society B 1995); for tests that are
    independent or positively dependent. For screening many; a few planned ones take :func:`holm`.

    Raises
    ------
    ValueError
        A p-value is not between 0 and 1.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.04, 0.04])
    """
    order = _order(p_values)
    steps = p_values[order] * len(p_values) / np.arange(1, len(p_values) + 1)
    return _restored(np.minimum.accumulate(steps[::-1])[::-1], order)


def _order(p_values: np.ndarray) -> np.ndarray:
    wrong = np.flatnonzero(~((p_values >= 0) & (p_values <= 1)))
    if wrong.size:
        raise ValueError(
            f"p-value {p_values[wrong[0]]} at place {wrong[0]}: must be between 0 and 1; leave out "
            "comparisons without one"
        )
    return np.argsort(p_values, kind="stable")


def _restored(steps: np.ndarray, order: np.ndarray) -> Float64[np.ndarray, " tests"]:
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted
