"""Scores of encoders trained on different sets of tasks, probed on all tasks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from histopress.errors import ConfigError

UNTRAINED = "untrained"


@dataclass(frozen=True, kw_only=True)
class Score:
    """One encoder on one task.

    Attributes
    ----------
    encoder : str
    seed : int
        Of the encoder's training.
    trained : frozenset of str
        Tasks it was trained on.
    task : str
        Task it is probed on.
    value : float
    """

    encoder: str
    seed: int
    trained: frozenset[str]
    task: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A training set on a task, over seeds; ``sd`` is None for one seed."""

    trained: frozenset[str]
    task: str
    mean: float
    sd: float | None
    seeds: int


def training_label(trained: frozenset[str], tasks: Sequence[str]) -> str:
    """Name a training set.

    Examples
    --------
    >>> tasks = ("a", "b", "c")
    >>> [training_label(frozenset(each), tasks) for each in ((), ("a",), ("a", "b"), tasks)]
    ['untrained', 'a', 'all but c', 'all']
    """
    inside = [task for task in tasks if task in trained]
    missing = [task for task in tasks if task not in trained]
    if not inside:
        return UNTRAINED
    if not missing:
        return "all"
    if len(missing) == 1 and len(inside) > 1:
        return f"all but {missing[0]}"
    return " + ".join(inside)


def check_scores(scores: Sequence[Score], tasks: Sequence[str]) -> None:
    """Refuse a study in which a training set has one encoder twice or a task is unknown.

    Raises
    ------
    ConfigError
        Two encoders share training set and seed, or one was trained on a task outside ``tasks``.
    """
    seen: dict[tuple[frozenset[str], int, str], str] = {}
    for score in scores:
        if foreign := sorted(score.trained - set(tasks)):
            raise ConfigError(
                f"encoder '{score.encoder}': was trained on {', '.join(foreign)}, which is not "
                f"among the tasks of the study ({', '.join(tasks)}); name it there"
            )
        key = (score.trained, score.seed, score.task)
        if key in seen:
            raise ConfigError(
                f"encoders '{seen[key]}' and '{score.encoder}': have the same tasks and seed "
                f"{score.seed}; give each training its own seed"
            )
        seen[key] = score.encoder


def transfer_cells(scores: Sequence[Score], tasks: Sequence[str]) -> list[Cell]:
    """Average over seeds; rows: untrained, single tasks, larger sets, all; columns as ``tasks``."""
    cells = []
    for trained in ordered_sets({score.trained for score in scores}, tasks):
        for task in tasks:
            values = [
                each.value for each in scores if each.trained == trained and each.task == task
            ]
            if values:
                sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
                cells.append(
                    Cell(
                        trained=trained,
                        task=task,
                        mean=float(np.mean(values)),
                        sd=sd,
                        seeds=len(values),
                    )
                )
    return cells


def ordered_sets(sets: Iterable[frozenset[str]], tasks: Sequence[str]) -> list[frozenset[str]]:
    """Small sets first, then in the order of ``tasks``; "all but" in the order of what lacks."""

    def key(trained: frozenset[str]) -> tuple[int, list[int]]:
        if len(trained) == len(tasks) - 1 > 1:
            return len(trained), [place for place, task in enumerate(tasks) if task not in trained]
        return len(trained), [place for place, task in enumerate(tasks) if task in trained]

    return sorted(sets, key=key)
