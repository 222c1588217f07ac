"""Predictions of all divisions of a protocol, put in the order in which they are judged."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from histopress.evaluate.predictions import Prediction


def repeats_of(rows: Sequence[Prediction]) -> tuple[tuple[int, ...], ...]:
    """Group divisions so that within a group no slide is tested twice.

    A cross-validation is one group; repeated cross-validations are several, repeated random
    divisions as many as there are divisions.

    Examples
    --------
    >>> rows = [Prediction(slide_id=s, fold=f, label=0, scores=(1.0,)) for s, f in
    ...         [("a", 0), ("b", 1), ("a", 2), ("b", 3)]]
    >>> repeats_of(rows)
    ((0, 1), (2, 3))
    """
    tested: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        if row.split == "test":
            tested[row.fold].add(row.slide_id)
    groups: list[list[int]] = []
    known: list[set[str]] = []
    for fold in sorted(tested):
        if groups and not known[-1] & tested[fold]:
            groups[-1].append(fold)
            known[-1] |= tested[fold]
        else:
            groups.append([fold])
            known.append(set(tested[fold]))
    return tuple(tuple(group) for group in groups)


def in_split(
    rows: Sequence[Prediction], split: str, folds: Sequence[int] | None = None
) -> tuple[Prediction, ...]:
    """Rows of one part, of some divisions or of all."""
    return tuple(row for row in rows if row.split == split and (folds is None or row.fold in folds))


def as_ensemble(
    rows: Sequence[Prediction], *, hazards: bool = False
) -> tuple[tuple[Prediction, ...], tuple[Prediction, ...]]:
    """Average the models of all divisions, on the slides tested and on those trained on.

    Every division tests the same slides, but a training slide has models of those divisions alone
    that trained on it. Cox's likelihood leaves each model an offset of its own, which then would
    move training slides by different amounts; so from log hazards the mean over the division's
    training slides is taken first.

    Returns
    -------
    tested, trained : tuple of Prediction
    """
    usable = _centred(rows) if hazards else rows
    return average_divisions(in_split(usable, "test")), average_divisions(in_split(usable, "train"))


def _centred(rows: Sequence[Prediction]) -> list[Prediction]:
    trained: dict[int, list[tuple[float, ...]]] = defaultdict(list)
    for row in rows:
        if row.split == "train":
            trained[row.fold].append(row.scores)
    means = {fold: np.mean(scores, axis=0) for fold, scores in trained.items()}
    return [
        replace(row, scores=tuple((np.array(row.scores) - means.get(row.fold, 0.0)).tolist()))
        for row in rows
    ]


def average_divisions(rows: Sequence[Prediction]) -> tuple[Prediction, ...]:
    """Average what the models of several divisions say of a slide; they count as one model then.

    For an ensemble on patients whom no division trained on. ``fold`` becomes 0.
    """
    own: dict[str, list[Prediction]] = defaultdict(list)
    for row in rows:
        own[row.slide_id].append(row)
    return tuple(
        replace(
            found[0],
            fold=0,
            scores=tuple(np.mean([row.scores for row in found], axis=0).tolist()),
        )
        for _, found in sorted(own.items())
    )


def first_slides(
    rows: Sequence[Prediction], patients: Mapping[str, str], *, level: str
) -> list[str]:
    """List the first slide of each unit of a target's level, in the order of units."""
    firsts: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: row.slide_id):
        owner = patients[row.slide_id] if level == "patient" else row.slide_id
        firsts.setdefault(owner, row.slide_id)
    return list(firsts.values())
