"""Encoders of every subset of tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Int

FULL_RUNS = 4
"""Trainings of the full set in the published study."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One encoder of the study.

    Attributes
    ----------
    tasks : tuple of str
        That it learns, in the study's order.
    repeat : int
        From 0; each repeat has a seed of its own.
    """

    tasks: tuple[str, ...]
    repeat: int


def inclusion_runs(tasks: Sequence[str], *, full_runs: int = FULL_RUNS) -> tuple[Run, ...]:
    """List the encoders of a study: every subset once, the full set several times.

    Four tasks make 15 subsets and 18 runs (Tellez et al., MIDL 2020); three make 7 and 10.

    Parameters
    ----------
    tasks : sequence of str
        Two or more, each once.
    full_runs : int
        Trainings of the full set.

    Returns
    -------
    tuple of Run
        Small sets first, then in the order of ``tasks``.

    Raises
    ------
    ValueError
        Fewer than two tasks, one named twice, or no run of the full set.

    Examples
    --------
    >>> runs = inclusion_runs(("lymph", "mitosis"), full_runs=2)
    >>> [(run.tasks, run.repeat) for run in runs]
    [(('lymph',), 0), (('mitosis',), 0), (('lymph', 'mitosis'), 0), (('lymph', 'mitosis'), 1)]
    >>> len(inclusion_runs("abcd")), len(inclusion_runs("abc"))
    (18, 10)
    """
    if len(tasks) < 2 or len(set(tasks)) < len(tasks) or full_runs < 1:
        raise ValueError(
            f"tasks {', '.join(tasks)} with {full_runs} runs of all: must be two tasks or more, "
            "each named once, and 1 run or more"
        )
    sets = [each for size in range(1, len(tasks) + 1) for each in combinations(tasks, size)]
    return tuple(
        Run(tasks=each, repeat=repeat)
        for each in sets
        for repeat in range(full_runs if len(each) == len(tasks) else 1)
    )


def inclusion_table(runs: Sequence[Run], tasks: Sequence[str]) -> Int[np.ndarray, "runs tasks"]:
    """Say with 1 or 0 which run learns which task."""
    return np.array([[int(task in run.tasks) for task in tasks] for run in runs], np.int64)
