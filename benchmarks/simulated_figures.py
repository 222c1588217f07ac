"""Figures of a simulated cohort with their resamples.

All slides of a patient have one weight in a resample, so a figure that counts pairs is a quadratic
form in a small matrix of patients, and hundreds of resamples are one matrix product.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from simulated_cohorts import FOLDS, Cohort, World

RESAMPLES = 500
"""Fewer than the 2,000 in use, which costs percentiles some 0.2 points of coverage."""

_STOCK = 4
_EXACT = np.float32
"""Holds the whole numbers and halves below 2²⁴ that resamples count, at half the cost."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure within folds with all that intervals rest on.

    Attributes
    ----------
    estimate : float
    weights : float64 ndarray (folds,)
        Share of each fold in the estimate.
    patients : float64 ndarray (RESAMPLES,)
        The figure on resamples of patients.
    slides : float64 ndarray (RESAMPLES,) or None
        The figure on resamples of slides, as if they were independent; where it is asked for.
    error : float
        Standard error of an AUC by Obuchowski's method within folds, of C and Spearman's
        correlation by leaving out each patient.
    """

    estimate: float
    weights: np.ndarray
    patients: np.ndarray
    slides: np.ndarray | None
    error: float


def figure(
    world: World,
    cohort: Cohort,
    folds: np.ndarray,
    scores: np.ndarray,
    *,
    rng: np.random.Generator,
    draw_slides: bool = True,
) -> Figure:
    """Compute the world's metric within folds, averaged as the package does."""
    compute = _rank_figure if world.metric == "Spearman" else _pair_figure
    return compute(world, cohort, folds, scores, rng=rng, draw_slides=draw_slides)


def division_figures(
    world: World, cohort: Cohort, tests: np.ndarray, scores: np.ndarray
) -> np.ndarray:
    """Compute the metric of each division on its own test slides; NaN where undefined.

    Parameters
    ----------
    world : World
    cohort : Cohort
    tests : bool ndarray (divisions, slides)
    scores : float64 ndarray (divisions, slides)
    """
    values = np.empty(len(tests))
    for place, (test, own) in enumerate(zip(tests, scores, strict=True)):
        inside = np.flatnonzero(test)
        if world.metric == "Spearman":
            ones = np.ones((1, len(inside)))
            values[place] = spearman(own[inside], cohort.labels[inside])(ones)[0]
        else:
            won, comparable = _kernel(world, cohort, inside, own[inside]).sum((1, 2))
            values[place] = won / comparable if comparable else np.nan
    return values


@cache
def _stock(size: int) -> np.ndarray:
    rng = np.random.default_rng(size)
    return rng.multinomial(size, np.full(size, 1 / size), _STOCK * RESAMPLES).astype(_EXACT)


def _counts(size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw how often each of ``size`` things counts in each resample, from a stock."""
    start = rng.integers(_STOCK) * RESAMPLES
    return _stock(size)[start : start + RESAMPLES]


def _kernel(world: World, cohort: Cohort, inside: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Which slide should score above which, and whether it does (2, slides, slides)."""
    labels = cohort.labels[inside] > 0.5
    if world.metric == "AUC":
        comparable = labels[:, None] & ~labels
    else:
        times = cohort.times[inside]
        comparable = labels[:, None] & (times > times[:, None])
    return np.stack([comparable & (scores[:, None] > scores), comparable]).astype(np.float64)


def _pair_figure(
    world: World,
    cohort: Cohort,
    folds: np.ndarray,
    scores: np.ndarray,
    *,
    rng: np.random.Generator,
    draw_slides: bool,
) -> Figure:
    by_patient, by_slide = np.zeros((2, RESAMPLES)), np.zeros((2, RESAMPLES))
    matrices = []
    for fold in range(FOLDS):
        inside = np.flatnonzero(folds == fold)
        pairs = _kernel(world, cohort, inside, scores[inside])
        _, starts = np.unique(cohort.patients[inside], return_index=True)
        matrices.append(np.add.reduceat(np.add.reduceat(pairs, starts, axis=1), starts, axis=2))
        by_patient += _forms(matrices[-1], rng)
        if draw_slides:
            by_slide += _forms(pairs, rng)
    totals = np.array([matrix.sum((1, 2)) for matrix in matrices])
    won, comparable = totals.sum(0)
    error = _obuchowski(matrices) if world.metric == "AUC" else _leave_out(matrices)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Figure(
            estimate=won / comparable,
            weights=totals[:, 1] / comparable,
            patients=by_patient[0] / by_patient[1],
            slides=by_slide[0] / by_slide[1] if draw_slides else None,
            error=error,
        )


def _forms(pairs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = pairs.shape[1]
    drawn = _counts(size, rng)
    products = drawn @ np.concatenate([pairs[0], pairs[1]], axis=1).astype(_EXACT)
    return np.einsum("rsk,rk->sr", products.reshape(len(drawn), 2, size), drawn)


def _leave_out(matrices: Sequence[np.ndarray]) -> float:
    won, comparable = np.sum([matrix.sum((1, 2)) for matrix in matrices], axis=0)
    variance = 0.0
    for matrix in matrices:
        lost = matrix.sum(1) + matrix.sum(2) - np.diagonal(matrix, axis1=1, axis2=2)
        left = (won - lost[0]) / np.maximum(comparable - lost[1], 1)
        variance += (len(left) - 1) / len(left) * ((left - left.mean()) ** 2).sum()
    return float(np.sqrt(variance))


def _obuchowski(matrices: Sequence[np.ndarray]) -> float:
    """Of patients' residual wins as positives and as negatives; NaN where nothing varies."""
    sides: list[np.ndarray] = []
    for fold, (won, comparable) in enumerate(matrices):
        value = won.sum() / comparable.sum() if comparable.any() else 0.0
        residual = won - value * comparable
        columns = [residual.sum(1), residual.sum(0), comparable.sum(1), comparable.sum(0)]
        sides.append(np.stack([*columns, np.full(len(won), fold)]))
    upper, lower, leads, follows, fold = np.concatenate(sides, axis=1)

    def factor(members: np.ndarray) -> float:
        present, groups = members.sum(), len(np.unique(fold[members]))
        return present / (present - groups) if present > groups else np.nan

    variance = factor(leads > 0) * (upper**2).sum() + factor(follows > 0) * (lower**2).sum()
    variance += 2 * factor(np.ones(len(fold), bool)) * (upper * lower).sum()
    return float(np.sqrt(variance) / (leads.sum() or np.nan))


def _rank_figure(
    _: World,
    cohort: Cohort,
    folds: np.ndarray,
    scores: np.ndarray,
    *,
    rng: np.random.Generator,
    draw_slides: bool,
) -> Figure:
    """Spearman's correlation within folds, averaged with numbers of slides as weights."""
    by_patient, by_slide, drawn_slides = np.zeros((3, RESAMPLES))
    estimate, variance, weights = 0.0, 0.0, np.zeros(FOLDS)
    for fold in range(FOLDS):
        inside = np.flatnonzero(folds == fold)
        value = spearman(scores[inside], cohort.labels[inside])
        _, member = np.unique(cohort.patients[inside], return_inverse=True)
        n_patients = member.max() + 1
        weights[fold] = len(inside) / len(scores)
        drawn = _counts(n_patients, rng)[:, member]
        by_patient += value(drawn) * drawn.sum(1)
        drawn_slides += drawn.sum(1)
        if draw_slides:
            by_slide += value(_counts(len(inside), rng)) * weights[fold]
        left = value((np.arange(n_patients)[:, None] != member).astype(_EXACT)).astype(np.float64)
        spread = ((left - left.mean()) ** 2).sum() * (n_patients - 1) / n_patients
        variance += weights[fold] ** 2 * spread
        estimate += weights[fold] * value(np.ones((1, len(inside))))[0]
    return Figure(
        estimate=float(estimate),
        weights=weights,
        patients=by_patient / drawn_slides,
        slides=by_slide if draw_slides else None,
        error=float(np.sqrt(variance)),
    )


def spearman(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Make Spearman's correlation under weights (resamples, slides), of midranks."""
    below = [((v[:, None] < v) + 0.5 * (v[:, None] == v)).astype(_EXACT) for v in (x, y)]

    def value(weights: np.ndarray) -> np.ndarray:
        first, second = (weights @ matrix - weights.sum(1)[:, None] / 2 for matrix in below)
        products = ((first, second), (first, first), (second, second))
        both, one, other = (np.einsum("rn,rn,rn->r", weights, *pair) for pair in products)
        with np.errstate(invalid="ignore"):
            return both / np.sqrt(one * other)

    return value
