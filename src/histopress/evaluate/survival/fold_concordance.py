"""Concordance where each fold has a model, and perhaps a training sample, of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int

from histopress.evaluate.survival.censoring import Censoring
from histopress.evaluate.survival.concordance import Pairs, harrell_pairs, uno_pairs
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True)
class FoldConcordance:
    """C of each fold, and their average.

    Attributes
    ----------
    average : float
        Weighted by comparable pairs.
    folds : tuple of int
        In ascending order.
    values : tuple of float or None
        None where no two patients of a fold can be compared.
    pairs : tuple of float
        Comparable pairs of every fold; of Uno's C their total weight.
    """

    average: float
    folds: tuple[int, ...]
    values: tuple[float | None, ...]
    pairs: tuple[float, ...]


def fold_harrell(
    survival: Survival, scores: Float64[np.ndarray, " n"], folds: Int[np.ndarray, " n"]
) -> FoldConcordance:
    """Harrell's C within each fold, averaged with the number of comparable pairs as weight.

    Each fold is scored by a model of its own; pairs across folds would compare two scales.

    Raises
    ------
    UndefinedMetricError
        No two patients of one fold can be compared.
    """
    names = np.unique(folds)
    counts = [harrell_pairs(survival.take(folds == name), scores[folds == name]) for name in names]
    return _average(names, counts)


def fold_uno(
    survival: Survival,
    scores: Float64[np.ndarray, " n"],
    folds: Int[np.ndarray, " n"],
    *,
    censorings: Mapping[int, Censoring],
    taus: Mapping[int, float],
) -> FoldConcordance:
    """Uno's C within each fold, with the censoring and τ of that fold's training sample.

    The average weighs each fold with the total weight of its comparable pairs.

    Raises
    ------
    UndefinedMetricError
        No two patients of one fold can be compared, or G is 0 or unknown at an event before τ.
    """
    names = np.unique(folds)
    counts = []
    for name in names.tolist():
        inside = folds == name
        sample = survival.take(inside)
        counts.append(uno_pairs(sample, scores[inside], censoring=censorings[name], tau=taus[name]))
    return _average(names, counts)


def _average(names: np.ndarray, counts: Sequence[Pairs]) -> FoldConcordance:
    concordant = [float(pairs[0][0]) for pairs in counts]
    comparable = [float(pairs[1][0]) for pairs in counts]
    if not sum(comparable):
        raise UndefinedMetricError(f"in none of {len(names)} folds can two patients be compared")
    values = zip(concordant, comparable, strict=True)
    return FoldConcordance(
        average=sum(concordant) / sum(comparable),
        folds=tuple(int(name) for name in names),
        values=tuple(won / pairs if pairs else None for won, pairs in values),
        pairs=tuple(comparable),
    )
