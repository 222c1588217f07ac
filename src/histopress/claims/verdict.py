"""What may be said of a claim, from its estimate and intervals."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from histopress.claims.estimate import Estimate


class Verdict(StrEnum):
    """What became of a claim."""

    SHOWN = "shown"
    REVERSED = "reversed"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A verdict and the figures that it follows from.

    Attributes
    ----------
    verdict : Verdict
    estimate, error : float
    low, high, level : float
        Interval that tells the difference from 0, corrected for the number of claims.
    inner_low, inner_high, inner_level : float
        Interval that must lie inside ±margin to be equivalent, corrected likewise.
    p_value, p_equivalence : float
        That there is no difference; that it is at the margin or beyond. Both times the number of
        claims, at most 1.
    margin : float
    expected : int
    differs : bool
        0 lies outside ``(low, high)``.
    exceeds : bool
        All of ``(low, high)`` lies beyond the margin, on the side of the estimate.
    n : int
        What there was: patients, or runs.
    n_needed : int or None
        What an undecided claim would need, rounded up to two figures; None where it is decided or
        no number decides it.
    needed_for : Verdict or None
        What it would then be.
    reason : str
        Why no number decides an undecided claim; else empty.
    """

    verdict: Verdict
    estimate: float
    error: float
    low: float
    high: float
    level: float
    inner_low: float
    inner_high: float
    inner_level: float
    p_value: float
    p_equivalence: float
    margin: float
    expected: int
    differs: bool
    exceeds: bool
    n: int
    n_needed: int | None = None
    needed_for: Verdict | None = None
    reason: str = ""

    @property
    def sentence(self) -> str:
        """The verdict in plain words."""
        if self.verdict is Verdict.UNDECIDED:
            if self.n_needed is None:
                return f"undecided ({self.reason})"
            return f"undecided (needs about n = {self.n_needed:,})"
        if self.verdict is Verdict.EQUIVALENT:
            beside = "; a difference is there, and smaller than matters" if self.differs else ""
            return f"equivalent within ±{self.margin:g}{beside}"
        if self.exceeds:
            return f"{self.verdict}, by more than {self.margin:g}"
        return f"{self.verdict}; whether by {self.margin:g} or more is open"

    def as_json(self) -> dict[str, Any]:
        """Fields and sentence as a table of claims holds them."""
        return {**vars(self), "sentence": self.sentence}


def decide(
    estimate: Estimate,
    *,
    margin: float,
    expected: int = 1,
    alpha: float = 0.05,
    claims: int = 1,
) -> Decision:
    """Judge a claim that was stated before the run.

    With a = ``alpha / claims``:

    - equivalent: the 1 - 2a interval lies inside ±margin (two one-sided tests);
    - else shown: the 1 - a interval lies on the expected side of 0;
    - else reversed: it lies on the other side;
    - else undecided.

    **Why equivalent comes first.** A difference may be certain and certainly smaller than the
    smallest of interest. Were it called shown, patients enough would show any claim whose truth
    is not exactly 0. With this order the verdict tends, as patients grow, to what is true:
    equivalent where the difference is inside the margin, shown or reversed where it is outside.
    ``differs`` keeps the other half (the four cases of Lakens, Scheel & Isager, Advances in
    Methods and Practices in Psychological Science 2018).

    **Why Bonferroni.** Every claim has one interval that means the same whatever became of the
    others, and its verdict can be read off it. Holm's test rejects a little more, but an interval
    that agrees with it says of a rejected claim only on which side of 0 it lies, unless all are
    rejected (Strassburger & Bretz, Statistics in Medicine 2008; Guilbaud, Biometrical Journal
    2008). Equivalence is corrected too: it is as false a verdict as any. The chance that any
    verdict of the family is wrong is at most ``alpha``, whatever the dependence of the claims.
    Undecided is never wrong.

    **How many are needed.** ``sampling_error`` shrinks with √n and the value stays as it is: the
    least n at which either interval decides. A repetition will find another value: with so many
    it shows the claim with a chance of one half, and finds it equivalent with a smaller one. To
    plan a study take :mod:`histopress.claims.power`.

    Parameters
    ----------
    estimate : Estimate
    margin : float
        Smallest difference of interest, above 0.
    expected : int
        Sign of the difference that the claim states.
    alpha : float
        For the whole family.
    claims : int
        How many the family has: all that were stated, also those that could not be judged.

    Raises
    ------
    ValueError
        The margin is not above 0, or alpha, claims or sign are out of range.

    Examples
    --------
    >>> found = Estimate(value=0.03, sampling_error=0.02, freedom=1e9, n=200)
    >>> decide(found, margin=0.02).sentence
    'undecided (needs about n = 350)'
    >>> decide(found, margin=0.07).sentence
    'equivalent within ±0.07'
    """
    _check(margin=margin, expected=expected, alpha=alpha, claims=claims)
    each = alpha / claims
    low, high = estimate.interval(1 - each)
    inner = estimate.interval(1 - 2 * each)
    beyond = low > 0 or high < 0
    verdict = Verdict.UNDECIDED
    if not estimate.error:
        beyond = False
    elif -margin < inner[0] and inner[1] < margin:
        verdict = Verdict.EQUIVALENT
    elif beyond:
        verdict = Verdict.SHOWN if estimate.value * expected > 0 else Verdict.REVERSED
    needed: tuple[int | None, Verdict | None, str] = (None, None, "")
    if verdict is Verdict.UNDECIDED:
        needed = _needed(estimate, margin=margin, expected=expected, alpha=each)
    return Decision(
        verdict=verdict,
        estimate=estimate.value,
        error=estimate.error,
        low=low,
        high=high,
        level=1 - each,
        inner_low=inner[0],
        inner_high=inner[1],
        inner_level=1 - 2 * each,
        p_value=min(1.0, claims * estimate.p_value),
        p_equivalence=min(1.0, claims * estimate.p_outside(margin)),
        margin=margin,
        expected=expected,
        differs=beyond,
        exceeds=beyond and (low > margin or high < -margin),
        n=estimate.n,
        n_needed=needed[0],
        needed_for=needed[1],
        reason=needed[2],
    )


def round_up(number: float) -> int:
    """Round up to two figures.

    Examples
    --------
    >>> [round_up(each) for each in (7, 99.2, 100, 101, 480, 12_001)]
    [7, 100, 100, 110, 480, 13000]
    """
    whole = math.ceil(number - 1e-9 * abs(number))
    step = 10 ** max(0, len(str(whole)) - 2)
    return -(-whole // step) * step


def _needed(
    estimate: Estimate, *, margin: float, expected: int, alpha: float
) -> tuple[int | None, Verdict | None, str]:
    """Find the least n that decides, what it decides, or why none does."""
    if not estimate.error:
        return None, None, "resamples show no spread, which is no certainty"
    size = abs(estimate.value)
    side = Verdict.SHOWN if estimate.value * expected > 0 else Verdict.REVERSED
    errors = {
        side: size / estimate.quantile(1 - alpha),
        Verdict.EQUIVALENT: (margin - size) / estimate.quantile(1 - 2 * alpha),
    }
    verdict = max(errors, key=lambda each: errors[each])
    left = errors[verdict] ** 2 - estimate.fixed_error**2
    if left <= 0 or not estimate.sampling_error:
        return (
            None,
            None,
            (
                f"trainings alone vary by a standard error of {estimate.fixed_error:.2g}: no "
                "number of patients decides it, more seeds may"
            ),
        )
    n = round_up(estimate.n * estimate.sampling_error**2 / left)
    error = math.hypot(estimate.sampling_error * (estimate.n / n) ** 0.5, estimate.fixed_error)
    # So many, rounded up, may be enough for equivalence too, which then comes first.
    return n, Verdict.EQUIVALENT if error < errors[Verdict.EQUIVALENT] else verdict, ""


def _check(*, margin: float, expected: int, alpha: float, claims: int) -> None:
    if not margin > 0 or not math.isfinite(margin):
        raise ValueError(f"margin {margin}: must be above 0 and finite")
    if expected not in (1, -1):
        raise ValueError(f"expected {expected}: must be 1 or -1")
    if not 0 < alpha <= 0.5 or claims < 1:
        raise ValueError(f"alpha {alpha}, {claims} claims: must be in (0, 0.5], and 1 or more")
