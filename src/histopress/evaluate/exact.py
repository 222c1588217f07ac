"""Bounds for figures that leave resampling nothing to show, because all went right (or wrong)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int

from histopress.evaluate.survival.times import Survival


def perfect_bound(trials: Sequence[int], level: float) -> float:
    """Lower bound of a mean of proportions when every trial of each went well.

    With k independent trials that each succeed with probability p, all succeed with p^k, so
    p ≥ (α/2)^(1/k) at confidence 1 - α/2 (Clopper & Pearson, Biometrika 1934, at x = k). A mean
    of several proportions takes each at α over their number (Bonferroni), so it holds, if wide.

    Parameters
    ----------
    trials : sequence of int
        Independent trials of each proportion; none give the bound 0.
    level : float

    Examples
    --------
    >>> round(perfect_bound([20], 0.95), 3)
    0.832
    """
    if not trials:
        return 0.0
    tail = (1 - level) / 2 / len(trials)
    return sum(tail ** (1 / k) if k else 0.0 for k in trials) / len(trials)


def perfect_correlation_bound(trials: Sequence[int], level: float) -> float:
    """Lower bound of Spearman's correlation when all ranks agree.

    Each pair of patients that shares nobody with another pair is a trial of "both ranks agree",
    with probability p = (1 + τ) / 2 for Kendall's τ, and ρ ≥ (3τ - 1) / 2 for τ ≥ 0 whatever the
    distribution (Durbin & Stuart, Journal of the Royal Statistical Society B 1951), so
    ρ ≥ 3p - 2.

    Examples
    --------
    >>> round(perfect_correlation_bound([30], 0.95), 3)
    0.653
    """
    return max(-1.0, 3 * perfect_bound(trials, level) - 2)


def disjoint_pairs(
    positives: Bool[np.ndarray, " units"],
    patients: Int[np.ndarray, " units"],
    folds: Int[np.ndarray, " units"],
) -> int:
    """Count pairs of a positive and a negative unit within folds that share no patient.

    Such pairs are independent trials of "the positive scores above the negative", each with the
    AUC of its fold's model as probability. A patient with slides of both classes serves either
    side, but one pair only.

    Examples
    --------
    >>> disjoint_pairs(np.array([True, True, False]), np.arange(3), np.zeros(3, int))
    1
    """
    total = 0
    for fold in np.unique(folds):
        inside = folds == fold
        with_positive = set(patients[inside & positives].tolist())
        with_negative = set(patients[inside & ~positives].tolist())
        everyone = len(with_positive | with_negative)
        total += min(len(with_positive), len(with_negative), everyone // 2)
    return total


def disjoint_patients(patients: Int[np.ndarray, " units"], folds: Int[np.ndarray, " units"]) -> int:
    """Count pairs of patients within folds that share nobody.

    Examples
    --------
    >>> disjoint_patients(np.array([0, 0, 1, 2]), np.zeros(4, int))
    1
    """
    sizes = [len(np.unique(patients[folds == fold])) for fold in np.unique(folds)]
    return sum(size // 2 for size in sizes)


def disjoint_comparable(
    survival: Survival, patients: Int[np.ndarray, " units"], folds: Int[np.ndarray, " units"]
) -> int:
    """Count comparable pairs of patients within folds that share nobody.

    Comparable as in ``concordance.harrell_pairs``: an event, and someone known to be free of it
    for longer. Each pair is an independent trial of "the earlier event scores higher"; unlike an
    AUC's its probability depends on the two times, so a bound that rests on such pairs is one for
    their mean and approximate for C. A patient's first unit stands for the patient.

    Examples
    --------
    >>> survival = Survival(times=np.array([1.0, 2, 3]), events=np.array([True, True, False]))
    >>> disjoint_comparable(survival, np.arange(3), np.zeros(3, int))
    1
    """
    _, first = np.unique(patients, return_index=True)
    own, fold_of = survival.take(first), folds[first]
    return sum(_matched(own.take(fold_of == fold)) for fold in np.unique(fold_of))


def _matched(survival: Survival) -> int:
    """Match events with anybody later, from the last time to the first.

    An event takes someone later who is free. Two tied events that find nobody take apart a pair
    of later ones, so that one pair becomes two.
    """
    free = pairs = 0
    for time in np.unique(survival.times)[::-1]:
        here = survival.times == time
        events = int((here & survival.events).sum())
        free += int(here.sum()) - events
        taken = min(events, free)
        split = min((events - taken) // 2, pairs)
        free += events - 2 * taken - 2 * split
        pairs += taken + split
    return pairs
