"""The row that each division's validation patients favour: nested selection."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from histopress.cohort.targets import Labels
from histopress.evaluate.judge import People, figure_or_none
from histopress.evaluate.predictions import Prediction
from histopress.evaluate.runs import in_split


def choose_rows(
    candidates: Mapping[tuple[str, str], Sequence[Prediction]], labels: Labels, people: People
) -> tuple[tuple[Prediction, ...], list[dict[str, Any]]]:
    """Take, in each division, the candidate whose validation patients score best.

    Nested selection: the patients who are tested say nothing of the choice, so the figure of the
    result is one of a procedure, the choice included. The first of equals is taken, and one
    without a figure is taken last. Where candidates can test different slides (one encoder's are
    excluded), the choice is among those that test the most, so that no patient is lost to it.

    Parameters
    ----------
    candidates : mapping of (str, str) to sequence of Prediction
        By encoder and model; of all divisions and parts, averaged over seeds.
    labels : Labels
    people : People

    Returns
    -------
    rows : tuple of Prediction
        Of the chosen candidate of each division, all parts.
    choices : list of dict
        Of each division ``division``, ``encoder``, ``model``, ``validation``.
    """
    folds = sorted({row.fold for rows in candidates.values() for row in rows})
    chosen: list[Prediction] = []
    choices = []
    for fold in folds:
        scored = {
            name: figure_or_none(in_split(rows, "validation", (fold,)), labels, people)
            for name, rows in candidates.items()
        }
        tested = {name: len(in_split(rows, "test", (fold,))) for name, rows in candidates.items()}
        whole = [name for name in candidates if tested[name] == max(tested.values())]
        best = _best(whole, scored)
        chosen += [row for row in candidates[best] if row.fold == fold]
        choices.append(
            {"division": fold, "encoder": best[0], "model": best[1], "validation": scored[best]}
        )
    return tuple(chosen), choices


def _best(
    names: Sequence[tuple[str, str]], scored: Mapping[tuple[str, str], float | None]
) -> tuple[str, str]:
    def order(name: tuple[str, str]) -> float:
        value = scored[name]
        return -np.inf if value is None else value

    return max(names, key=order)
