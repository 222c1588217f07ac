"""Concordance of scores with the order of events: Harrell's C and Uno's C."""

import numpy as np
from jaxtyping import Float64

from histopress.evaluate.survival.censoring import Censoring
from histopress.evaluate.survival.times import Survival, check_scores, counts_of
from histopress.evaluate.undefined import UndefinedMetricError

_BLOCK_VALUES = 4_000_000

Pairs = tuple[Float64[np.ndarray, " resamples"], Float64[np.ndarray, " resamples"]]
"""Concordant and comparable pairs of every resample; their quotient is C."""


def harrell_pairs(
    survival: Survival,
    scores: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"] | None = None,
) -> Pairs:
    """Count concordant and comparable pairs when every patient stands for ``weight`` copies.

    Two patients are comparable if the one with the event was known to be first: the other's time is
    longer, or equal and censored. Two events at one time are not comparable, nor are copies of one
    patient. The pair is concordant if the first has the higher score; equal scores count half.

    Returns
    -------
    concordant, comparable : float64 ndarray (resamples,)
        Whole numbers and halves, hence exact.

    Notes
    -----
    O(events · n · resamples) time by matrix products, in blocks of bounded memory.
    """
    return _count(survival, scores, importance=survival.events.astype(np.float64), weights=weights)


def uno_pairs(
    survival: Survival,
    scores: Float64[np.ndarray, " n"],
    *,
    censoring: Censoring,
    tau: float,
    weights: Float64[np.ndarray, "resamples n"] | None = None,
) -> Pairs:
    """Count as :func:`harrell_pairs` does, events before τ only, each pair with weight 1 / G(T-)².

    Patients who leave at τ or later still count as the second of a pair.

    Raises
    ------
    UndefinedMetricError
        G is 0 or unknown at an event before τ.
    """
    counted = survival.events & (survival.times < tau)
    importance = censoring.inverse(survival, counted) ** 2
    return _count(survival, scores, importance=importance, weights=weights)


def harrell(survival: Survival, scores: Float64[np.ndarray, " n"]) -> float:
    """Share of comparable pairs in which the earlier event has the higher score.

    Harrell, Lee & Mark (Statistics in Medicine 1996). Its limit depends on how patients are
    censored; :func:`uno` does not. The conventions are those of :func:`harrell_pairs`; lifelines
    (of the negative score) and scikit-survival share them.

    Raises
    ------
    UndefinedMetricError
        No two patients can be compared.

    Examples
    --------
    >>> survival = Survival(times=np.array([1.0, 2, 3]), events=np.array([True, False, True]))
    >>> harrell(survival, np.array([0.9, 0.9, 0.1]))
    0.75
    """
    return _quotient(harrell_pairs(survival, scores), survival)


def uno(
    survival: Survival,
    scores: Float64[np.ndarray, " n"],
    *,
    censoring: Censoring,
    tau: float,
) -> float:
    """C truncated at τ, free of the censoring distribution.

    Uno, Cai, Pencina, D'Agostino & Wei (Statistics in Medicine 2011): P(f1 > f2 | T1 < T2, T1 < τ).

    Parameters
    ----------
    survival : Survival
    scores : float64 ndarray (n,)
    censoring : Censoring
        Of the training sample.
    tau : float
        Events at τ or later are left out; see ``tau.truncation``.

    Raises
    ------
    UndefinedMetricError
        No two patients can be compared before τ, or G is 0 or unknown at an event before τ.
    """
    pairs = uno_pairs(survival, scores, censoring=censoring, tau=tau)
    return _quotient(pairs, survival, before=tau)


def _count(
    survival: Survival,
    scores: np.ndarray,
    *,
    importance: np.ndarray,
    weights: np.ndarray | None,
) -> Pairs:
    check_scores(survival, scores)
    counts = counts_of(survival, weights)
    # One order for equal data, so that sums of fractions come out alike however rows are ordered.
    order = np.lexsort((scores, ~survival.events, survival.times))
    counts, importance = counts[:, order], importance[order]
    times, events, ordered = survival.times[order], survival.events[order], scores[order]
    leading = np.flatnonzero(importance > 0)
    concordant, comparable = np.zeros(len(counts)), np.zeros(len(counts))
    block = max(1, _BLOCK_VALUES // max(1, len(times), len(counts)))
    for start in range(0, len(leading), block):
        rows = leading[start : start + block, None]
        later = (times > times[rows]) | ((times == times[rows]) & ~events)
        wins = later * ((ordered < ordered[rows]) + 0.5 * (ordered == ordered[rows]))
        factor = counts[:, rows[:, 0]] * importance[rows[:, 0]]
        concordant += (factor * (counts @ wins.T)).sum(1)
        comparable += (factor * (counts @ later.astype(np.float64).T)).sum(1)
    return concordant, comparable


def _quotient(pairs: Pairs, survival: Survival, before: float | None = None) -> float:
    concordant, comparable = float(pairs[0][0]), float(pairs[1][0])
    if not comparable:
        raise UndefinedMetricError(_why(survival, before))
    return concordant / comparable


def _why(survival: Survival, before: float | None) -> str:
    if len(survival) < 2:
        return f"{len(survival)} patients: there is nothing to compare"
    counted = survival.events if before is None else survival.events & (survival.times < before)
    scope = "" if before is None else f" before τ = {before:g}"
    if not counted.any():
        return f"none of {len(survival)} patients had the event{scope}"
    return f"nobody was observed longer than the first of {int(counted.sum())} events{scope}"
