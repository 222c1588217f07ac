"""Area under the ROC curve: plain, weighted, within folds, one class against the rest."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int

from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True)
class WithinFolds:
    """AUC of each fold, and their average.

    Attributes
    ----------
    average : float
        Weighted by comparable pairs.
    folds : tuple of int
        In ascending order.
    aucs : tuple of float or None
        None where a fold lacks one of the classes.
    pairs : tuple of int
        Comparable pairs (one of each class) of every fold.
    """

    average: float
    folds: tuple[int, ...]
    aucs: tuple[float | None, ...]
    pairs: tuple[int, ...]


def weighted_pairs(
    labels: Bool[np.ndarray, " n"],
    scores: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> tuple[Float64[np.ndarray, " resamples"], Float64[np.ndarray, " resamples"]]:
    """Count concordant and comparable pairs when every item stands for ``weight`` copies.

    The Mann-Whitney statistic over tie groups: a positive beats the weight of the negatives of
    lower score, and half of that of equal score. Sums of whole weights are exact, so neither the
    order of items nor the number of threads shows.

    Returns
    -------
    concordant, comparable : float64 ndarray (resamples,)
        Their quotient is the AUC.

    Notes
    -----
    O(n log n + resamples · n) time, O(resamples · n) memory.
    """
    order = np.argsort(scores, kind="stable")
    _, starts = np.unique(scores[order], return_index=True)
    if not starts.size:
        return np.zeros(len(weights)), np.zeros(len(weights))
    ordered, positive = weights[:, order], labels[order]
    won = np.add.reduceat(ordered * positive, starts, axis=1)
    lost = np.add.reduceat(ordered * ~positive, starts, axis=1)
    below = np.cumsum(lost, axis=1) - lost
    return (won * (below + lost / 2)).sum(1), won.sum(1) * lost.sum(1)


def auc(labels: Bool[np.ndarray, " n"], scores: Float64[np.ndarray, " n"]) -> float:
    """Probability that a positive scores above a negative; ties count half.

    Parameters
    ----------
    labels : bool ndarray (n,)
    scores : float64 ndarray (n,)
        Higher is more positive; must be finite.

    Raises
    ------
    UndefinedMetricError
        One of the classes is absent.

    Examples
    --------
    >>> auc(np.array([False, True, True]), np.array([0.2, 0.2, 0.9]))
    0.75
    """
    return fold_auc(labels, scores, np.zeros(len(labels), np.int64)).average


def fold_auc(
    labels: Bool[np.ndarray, " n"],
    scores: Float64[np.ndarray, " n"],
    folds: Int[np.ndarray, " n"],
) -> WithinFolds:
    """AUC within each fold, averaged with the number of comparable pairs as weight.

    Each fold is scored by a model of its own. Pairs across folds compare scales of different
    models, and under the null they favour the wrong order, because a model that has seen fewer
    positives is tested on more of them (Parker, Günter & Bedo, *Stratification bias in low
    signal microarray studies*, BMC Bioinformatics 2007). Pairs within folds do neither.

    Raises
    ------
    UndefinedMetricError
        No fold holds both classes.

    Examples
    --------
    >>> labels, folds = np.array([True, False, True, False]), np.array([0, 0, 1, 1])
    >>> fold_auc(labels, np.array([0.9, 0.8, 0.2, 0.1]), folds).average
    1.0
    >>> auc(labels, np.array([0.9, 0.8, 0.2, 0.1]))
    0.75
    """
    if not np.isfinite(scores).all():
        raise ValueError("scores hold NaN or infinity; only finite scores can be ordered")
    names = np.unique(folds)
    counts = []
    for fold in names:
        inside = folds == fold
        ones = np.ones((1, int(inside.sum())))
        concordant, comparable = weighted_pairs(labels[inside], scores[inside], ones)
        counts.append((float(concordant[0]), float(comparable[0])))
    total = sum(comparable for _, comparable in counts)
    if not total:
        raise UndefinedMetricError(_why(labels, len(names)))
    return WithinFolds(
        average=sum(concordant for concordant, _ in counts) / total,
        folds=tuple(int(fold) for fold in names),
        aucs=tuple(concordant / pairs if pairs else None for concordant, pairs in counts),
        pairs=tuple(int(pairs) for _, pairs in counts),
    )


def macro_fold_auc(
    labels: Int[np.ndarray, " n"],
    probabilities: Float64[np.ndarray, "n classes"],
    folds: Int[np.ndarray, " n"],
) -> float:
    """Mean over classes of the AUC of each class against the rest, within folds.

    Raises
    ------
    UndefinedMetricError
        For some class no fold holds it and another.
    """
    values = []
    for code, scores in enumerate(probabilities.T):
        try:
            values.append(fold_auc(labels == code, scores, folds).average)
        except UndefinedMetricError as error:
            raise UndefinedMetricError(f"class {code} against the rest: {error}") from error
    return sum(values) / len(values)


def _why(labels: Bool[np.ndarray, " n"], n_folds: int) -> str:
    positives = int(labels.sum())
    if not len(labels):
        return "there is nothing to compare"
    if positives in {0, len(labels)}:
        return f"all {len(labels)} are {'positive' if positives else 'negative'}"
    return f"none of {n_folds} folds holds positives and negatives"
