"""Metrics of a classification, each with an interval over patients."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int

from histopress.evaluate.auc import fold_auc, macro_fold_auc, weighted_pairs
from histopress.evaluate.intervals import (
    Interval,
    Statistic,
    bootstrap,
    disjoint_pairs,
    make_interval,
    no_interval,
)
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.units import Units

PRIMARY = "auc"
"""The figure to quote."""

DESCRIPTIONS = {
    "auc": "AUC within folds, averaged with comparable pairs as weights; primary",
    "auc_pooled": "AUC over all folds pooled; mixes the scales of the folds' models, biased down",
    "accuracy": "share whose most probable class is the true one",
    "balanced_accuracy": "mean over classes of the share that is recognised",
}


@dataclass(frozen=True)
class Metric:
    """A metric under weights, and its independent trials should all be right."""

    statistic: Statistic
    trials: tuple[int, ...]


def evaluate_classification(
    units: Units, settings: EvaluationSettings, *, rng: np.random.Generator
) -> dict[str, Any]:
    """Evaluate predictions of a classification.

    Two classes are scored by the probability of the positive one; more by the mean of each class
    against the rest. Accuracies take the most probable class (of two: threshold 0.5), the first
    of equals.

    Parameters
    ----------
    units : Units
    settings : EvaluationSettings
    rng : Generator
        For the bootstrap.

    Returns
    -------
    dict
        For ``metrics.json``: counts, ``metrics`` (each with estimate, interval, method, numbers
        of patients and slides), ``folds``, ``classes`` against the rest, ``confusion`` (rows are
        true classes).
    """
    metrics = _metrics(units)
    replicates = bootstrap(
        {name: metric.statistic for name, metric in metrics.items()},
        patients=units.patients,
        folds=units.folds,
        n_resamples=settings.bootstrap,
        rng=rng,
    )
    intervals = {
        name: _interval(metric, replicates[name], units, settings.level)
        for name, metric in metrics.items()
    }
    return {
        "level": units.level,
        "classes": list(units.classes),
        "positive": units.classes[units.positive] if units.binary else None,
        "n_patients": units.n_patients,
        "n_slides": units.n_slides,
        "n_units": len(units),
        "primary": PRIMARY,
        "metrics": {
            name: {**interval.as_json(), "description": DESCRIPTIONS[name]}
            for name, interval in intervals.items()
        },
        "folds": fold_table(units),
        "per_class": class_table(units),
        "confusion": confusion(units).tolist(),
    }


def confusion(units: Units) -> Int[np.ndarray, "classes classes"]:
    """Count units by true class (rows) and most probable class (columns)."""
    size = len(units.classes)
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (units.labels, units.probabilities.argmax(1)), 1)
    return counts


def fold_table(units: Units) -> list[dict[str, Any]]:
    """List AUC, pairs and numbers of each fold; a fold without both classes has no AUC."""
    table = []
    for fold in np.unique(units.folds):
        inside = units.folds == fold
        try:
            value, reason = _auc(units, inside), None
        except UndefinedMetricError as error:
            value, reason = None, str(error)
        counts = np.bincount(units.labels[inside], minlength=len(units.classes))
        table.append(
            {
                "fold": int(fold),
                "auc": value,
                "reason": reason,
                "n_patients": len(np.unique(units.patients[inside])),
                "n_slides": int(units.slides[inside].sum()),
                "n_by_class": dict(zip(units.classes, counts.tolist(), strict=True)),
            }
        )
    return table


def class_table(units: Units) -> dict[str, dict[str, Any]]:
    """Count each class, with its recall and its AUC against the rest within folds."""
    table = {}
    counts = confusion(units)
    for code, name in enumerate(units.classes):
        own = units.labels == code
        try:
            value = fold_auc(own, units.probabilities[:, code], units.folds).average
        except UndefinedMetricError:
            value = None
        table[name] = {
            "n_units": int(own.sum()),
            "n_patients": len(np.unique(units.patients[own])),
            "recall": counts[code, code] / own.sum() if own.any() else None,
            "auc": value,
        }
    return table


def _auc(units: Units, inside: Bool[np.ndarray, " units"]) -> float:
    """AUC of some units as if they were one fold."""
    one = np.zeros(int(inside.sum()), np.int64)
    if units.binary:
        return fold_auc(units.positives[inside], units.scores[inside], one).average
    return macro_fold_auc(units.labels[inside], units.probabilities[inside], one)


def _metrics(units: Units) -> dict[str, Metric]:
    one_fold = np.zeros_like(units.folds)
    right = units.probabilities.argmax(1) == units.labels
    masks = [units.labels == code for code in range(len(units.classes))]
    by_class = tuple(len(np.unique(units.patients[mask])) for mask in masks)
    return {
        "auc": Metric(_auc_statistic(units, units.folds), _auc_trials(units, units.folds)),
        "auc_pooled": Metric(_auc_statistic(units, one_fold), _auc_trials(units, one_fold)),
        "accuracy": Metric(
            _recall_statistic(right, [np.ones(len(units), bool)]), (units.n_patients,)
        ),
        "balanced_accuracy": Metric(_recall_statistic(right, masks), by_class),
    }


def _interval(
    metric: Metric, replicates: Float64[np.ndarray, " resamples"], units: Units, level: float
) -> Interval:
    numbers = {"n_patients": units.n_patients, "n_slides": units.n_slides}
    estimate = float(metric.statistic(np.ones((1, len(units))))[0])
    if np.isnan(estimate):
        return no_interval(_why_undefined(units), level=level, **numbers)
    few = min(len(np.unique(units.patients[units.labels == code])) for code in set(units.labels))
    return make_interval(
        estimate, replicates, trials=metric.trials, few=few, level=level, **numbers
    )


def _why_undefined(units: Units) -> str:
    counts = np.bincount(units.labels, minlength=len(units.classes))
    absent = [f"'{name}'" for name, count in zip(units.classes, counts, strict=True) if not count]
    return f"class {', '.join(absent)} is absent" if absent else "no fold holds every class"


def _sides(units: Units) -> list[tuple[Bool[np.ndarray, " units"], Float64[np.ndarray, " units"]]]:
    """Positives and scores of each comparison that the AUC averages."""
    if units.binary:
        return [(units.positives, units.scores)]
    columns = enumerate(units.probabilities.T)
    return [(units.labels == code, scores) for code, scores in columns]


def _auc_statistic(units: Units, folds: Int[np.ndarray, " units"]) -> Statistic:
    groups = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    sides = _sides(units)

    def statistic(weights: Float64[np.ndarray, "resamples units"]) -> np.ndarray:
        total = np.zeros(len(weights))
        for positives, scores in sides:
            won, pairs = np.zeros(len(weights)), np.zeros(len(weights))
            for inside in groups:
                counts = weighted_pairs(positives[inside], scores[inside], weights[:, inside])
                won, pairs = won + counts[0], pairs + counts[1]
            total += _quotient(won, pairs)
        return total / len(sides)

    return statistic


def _auc_trials(units: Units, folds: Int[np.ndarray, " units"]) -> tuple[int, ...]:
    return tuple(disjoint_pairs(positives, units.patients, folds) for positives, _ in _sides(units))


def _recall_statistic(
    right: Bool[np.ndarray, " units"], masks: Sequence[Bool[np.ndarray, " units"]]
) -> Statistic:
    """Mean over ``masks`` of the share of each that is right."""

    def statistic(weights: Float64[np.ndarray, "resamples units"]) -> np.ndarray:
        shares = [_quotient(weights @ (mask & right), weights @ mask) for mask in masks]
        return sum(shares, np.zeros(len(weights))) / len(masks)

    return statistic


def _quotient(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide; NaN where nothing stands below."""
    return np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
