"""What a contrast can show, before it is run: error, power, and patients needed."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from scipy.special import ndtr, ndtri

from histopress.claims.contrast import Contrast
from histopress.claims.design import Design, fewest, metric_error

MOST = 10_000_000
"""Patients beyond which nobody looks."""


@dataclass(frozen=True, kw_only=True)
class Power:
    """What a design can show.

    Attributes
    ----------
    n : int
    effect : float
        True difference that is assumed, in the expected direction.
    error : float
        Standard error of the difference over patients, where the effect is true.
    alpha : float
        Two-sided.
    power : float
        Chance of the verdict "shown" if the truth is ``effect``, were there no verdict
        "equivalent".
    equivalence : float
        Chance of the verdict "equivalent" if the truth is 0.
    target : float
    n_shown, n_equivalent : int or None
        Fewest patients with a chance of ``target`` for either; None where ten million are too few.
    """

    n: int
    effect: float
    error: float
    alpha: float
    power: float
    equivalence: float
    target: float
    n_shown: int | None
    n_equivalent: int | None


def contrast_power(
    contrast: Contrast, design: Design, *, alpha: float = 0.05, target: float = 0.8
) -> Power:
    """Tell whether a design can show a contrast whose effect is its smallest of interest.

    The variance of a difference of two estimates that correlate by r is
    ``v₁ + v₂ - 2 r √(v₁ v₂)`` (Hanley & McNeil, Radiology 1983), with v by
    :func:`histopress.claims.design.metric_error` at ``reference`` and at
    ``reference + expected · margin``; the test is normal. Only error over patients is in it: how
    trainings vary comes on top.

    Parameters
    ----------
    contrast : Contrast
    design : Design
    alpha : float
        Of the claim: the family's divided by the number of claims.
    target : float
        Chance that is aimed at.

    Raises
    ------
    ValueError
        Reference or reference with the effect is no value of the metric, the design has too few
        patients for an error, or alpha or target is not between 0 and 1.

    Examples
    --------
    >>> claim = Contrast(name="a", first="mtl", second="bigan", metric="auc", margin=0.05)
    >>> found = contrast_power(claim, Design(n=400, reference=0.8))
    >>> round(found.error, 4), round(found.power, 2), found.n_shown
    (0.0209, 0.67, 550)
    """
    if not 0 < alpha < 1 or not 0 < target < 1:
        raise ValueError(f"alpha {alpha} and target {target}: must be between 0 and 1")

    def shown(n: int) -> float:
        error = _difference_error(contrast, replace(design, n=n), contrast.margin)
        return float(ndtr(contrast.margin / error - ndtri(1 - alpha / 2)))

    def equivalent(n: int) -> float:
        error = _difference_error(contrast, replace(design, n=n), 0.0)
        return max(0.0, float(2 * ndtr(contrast.margin / error - ndtri(1 - alpha)) - 1))

    least = fewest(contrast.metric, design)
    return Power(
        n=design.n,
        effect=contrast.margin,
        error=_difference_error(contrast, design, contrast.margin),
        alpha=alpha,
        power=shown(design.n),
        equivalence=equivalent(design.n),
        target=target,
        n_shown=_first(shown, target, least),
        n_equivalent=_first(equivalent, target, least),
    )


def _difference_error(contrast: Contrast, design: Design, effect: float) -> float:
    value = design.reference + contrast.expected * effect
    first = metric_error(contrast.metric, value, design)
    second = metric_error(contrast.metric, design.reference, design)
    return math.sqrt(first**2 + second**2 - 2 * design.correlation * first * second)


def _first(chance: Callable[[int], float], target: float, least: int) -> int | None:
    """Least n whose chance reaches the target, by bisection: chances rise with n."""
    if chance(MOST) < target:
        return None
    low, high = least - 1, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if chance(middle) >= target else (middle, high)
    return high
