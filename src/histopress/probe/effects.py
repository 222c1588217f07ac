"""Which task helps which: encoders trained with and without each task, over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import t as student

from histopress.probe.transfer import Score, ordered_sets

ROUNDING = 1e-9
"""Differences below it are rounding, however alike the seeds are."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What adding one task does to another.

    Attributes
    ----------
    added, task : str
        The task added to the training set, and the task probed.
    value : float
        Mean over seeds of the difference "with minus without".
    low, high : float or None
        Student's interval over seeds; None for one seed.
    seeds : int
    sets : tuple of frozenset
        The training sets without ``added`` that were compared with themselves plus ``added``.
    """

    added: str
    task: str
    value: float
    low: float | None
    high: float | None
    seeds: int
    sets: tuple[frozenset[str], ...]

    @property
    def verdict(self) -> str:
        """``helps``, ``hurts``, or that the seeds do not tell."""
        if self.low is not None and self.low > ROUNDING:
            return "helps"
        if self.high is not None and self.high < -ROUNDING:
            return "hurts"
        plural = "seed" if self.seeds == 1 else "seeds"
        return f"not distinguishable at {self.seeds} {plural}"


def transfer_effects(
    scores: Sequence[Score], tasks: Sequence[str], *, level: float
) -> list[Effect]:
    """Estimate what adding each task does to each task, over seeds.

    For task a, take every training set S that is not empty, lacks a, and of which S ∪ {a} was
    trained too, both with the same seed. The difference of one seed is the mean over these sets
    of score(S ∪ {a}) − score(S); only sets present at every seed used enter, so that all seeds
    average over the same sets (seeds are those at which any pair exists; a set that is missing at
    one of them is left out). The effect is the mean over seeds, its interval Student's with n − 1
    degrees of freedom. The empty set is left out: what any training adds to random weights is
    another question.

    The interval is about new seeds of training on the same patches, probed on the same patches;
    with 3 seeds it is ± 2.48 standard deviations at 95 %.

    Returns
    -------
    list of Effect
        Pairs (added, task) for which a comparison exists, in the order of ``tasks``.
    """
    table = {(each.trained, each.seed, each.task): each.value for each in scores}
    effects = []
    for added in tasks:
        for task in tasks:
            differences = {
                (trained, seed): table[trained | {added}, seed, task] - value
                for (trained, seed, probed), value in table.items()
                if probed == task
                and trained
                and added not in trained
                and (trained | {added}, seed, task) in table
            }
            if differences:
                effects.append(_effect(added, task, differences, tasks=tasks, level=level))
    return effects


def _effect(
    added: str,
    task: str,
    differences: dict[tuple[frozenset[str], int], float],
    *,
    tasks: Sequence[str],
    level: float,
) -> Effect:
    every = {seed for _, seed in differences}
    sets = {trained for trained, _ in differences}
    whole = {each for each in sets if all((each, seed) in differences for seed in every)}
    # No set stands at all seeds: keep the one that stands at most of them.
    used = ordered_sets(whole, tasks) or [_most_seeds(differences, tasks)]
    seeds = sorted(seed for seed in every if all((each, seed) in differences for each in used))
    means = [float(np.mean([differences[each, seed] for each in used])) for seed in seeds]
    value = float(np.mean(means))
    low = high = None
    if len(means) > 1:
        half = student.ppf((1 + level) / 2, len(means) - 1) * np.std(means, ddof=1)
        half = float(half) / sqrt(len(means))
        low, high = value - half, value + half
    return Effect(
        added=added,
        task=task,
        value=value,
        low=low,
        high=high,
        seeds=len(means),
        sets=tuple(used),
    )


def _most_seeds(
    differences: dict[tuple[frozenset[str], int], float], tasks: Sequence[str]
) -> frozenset[str]:
    found = [trained for trained, _ in differences]
    return max(ordered_sets(set(found), tasks), key=found.count)
