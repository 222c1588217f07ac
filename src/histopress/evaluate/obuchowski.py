"""Variances and covariances of AUCs where patients have several slides and folds several models."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int

from histopress.evaluate.delong import AucCovariance, check_finite, placements
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fold:
    """What one fold adds: residuals of each patient (models, patients), and who has which class."""

    aucs: np.ndarray
    pairs: int
    upper: np.ndarray
    lower: np.ndarray
    leads: np.ndarray
    follows: np.ndarray


def obuchowski(
    positives: Bool[np.ndarray, " n"],
    scores: Float64[np.ndarray, "models n"],
    *,
    patients: Int[np.ndarray, " n"],
    folds: Int[np.ndarray, " n"],
) -> AucCovariance:
    """AUCs within folds with the covariance of Obuchowski (Biometrics 1997) over patients.

    A patient's slides may be of one class or both. With placements V of slides summed over each
    patient i, in a fold of M positive and N negative slides::

        aᵢ = (Σ V⁺ - mᵢ AUC) / M,   bᵢ = (Σ V⁻ - nᵢ AUC) / N
        var = I⁺/(I⁺ - 1) Σ a² + I⁻/(I⁻ - 1) Σ b² + 2 I/(I - 1) Σ a b

    where I⁺, I⁻ and I count patients with positive, with negative and with any slides. Ours
    differs in that sums run over folds, each residual against the AUC of its own fold and times
    the fold's share of comparable pairs (which is taken as given), and in that the factors become
    I / (I - folds). With one fold it is Obuchowski's; with one slide a patient DeLong's.

    Returns
    -------
    AucCovariance
        AUCs as :func:`histopress.evaluate.auc.fold_auc` averages them.

    Raises
    ------
    UndefinedMetricError
        No fold holds both classes, or no fold holds two patients of some class.
    ValueError
        Scores are not finite.

    Notes
    -----
    O(models · n log n).
    """
    check_finite(scores)
    found = [
        _fold(positives[inside], scores[:, inside], patients[inside])
        for inside in (np.flatnonzero(folds == fold) for fold in np.unique(folds))
        if 0 < positives[inside].sum() < len(inside)
    ]
    total = sum(fold.pairs for fold in found)
    if not total:
        raise UndefinedMetricError("no fold holds positives and negatives")
    upper = np.concatenate([fold.upper * fold.pairs / total for fold in found], axis=1)
    lower = np.concatenate([fold.lower * fold.pairs / total for fold in found], axis=1)
    leads = _factor([int(fold.leads.sum()) for fold in found], "positive")
    follows = _factor([int(fold.follows.sum()) for fold in found], "negative")
    both = _factor([len(fold.leads) for fold in found], "any")
    crossed = upper @ lower.T
    covariance = leads * upper @ upper.T + follows * lower @ lower.T + both * (crossed + crossed.T)
    aucs = sum(fold.aucs * fold.pairs for fold in found) / total
    return AucCovariance(aucs=np.asarray(aucs), covariance=covariance)


def _fold(positives: np.ndarray, scores: np.ndarray, patients: np.ndarray) -> _Fold:
    names, member = np.unique(patients, return_inverse=True)
    n_positive, n_negative = int(positives.sum()), int((~positives).sum())
    leads = np.bincount(member[positives], minlength=len(names))
    follows = np.bincount(member[~positives], minlength=len(names))
    aucs, upper, lower = [], [], []
    for own in scores:
        of_positives, of_negatives = placements(positives, own)
        value = of_positives.mean()
        wins = np.bincount(member[positives], of_positives, len(names))
        losses = np.bincount(member[~positives], of_negatives, len(names))
        aucs.append(value)
        upper.append((wins - leads * value) / n_positive)
        lower.append((losses - follows * value) / n_negative)
    return _Fold(
        aucs=np.array(aucs),
        pairs=n_positive * n_negative,
        upper=np.array(upper),
        lower=np.array(lower),
        leads=leads > 0,
        follows=follows > 0,
    )


def _factor(counts: list[int], what: str) -> float:
    total, free = sum(counts), sum(counts) - len(counts)
    if not free:
        raise UndefinedMetricError(
            f"no fold holds two patients with {what} slides; a variance between patients needs two"
        )
    return total / free
