"""Evaluation of predicted classes, each figure with an interval over patients."""

from typing import Any

import numpy as np
from jaxtyping import Int

from histopress.evaluate.agreement import confusions
from histopress.evaluate.auc import fold_auc, macro_fold_auc
from histopress.evaluate.calibration import reliability
from histopress.evaluate.class_measures import counts_by_class, measures
from histopress.evaluate.frame import fold_table, head, measure, value_or_reason
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.units import ClassUnits

PRIMARY = "auc"
"""The figure to quote."""


def evaluate_classification(
    units: ClassUnits, settings: EvaluationSettings, *, rng: np.random.Generator
) -> dict[str, Any]:
    """Evaluate predictions of a classification.

    Two classes are scored by the probability of the positive one; more by the mean of each class
    against the rest. Accuracies take the most probable class (of two: threshold 0.5), the first
    of equals. Figures of order (AUC, average precision) are computed within folds; those of
    probabilities on their own scale and of chosen classes over all units.

    Parameters
    ----------
    units : ClassUnits
    settings : EvaluationSettings
    rng : Generator
        For the bootstrap.

    Returns
    -------
    dict
        For ``metrics.json``: counts, ``metrics`` (each with estimate, interval, method, estimand,
        numbers of patients and slides), ``folds``, ``per_class`` against the rest, ``confusion``
        (rows are true classes), ``calibration`` (points of the reliability plot, by class).
    """
    return {
        **head("classification", PRIMARY, units),
        "classes": list(units.classes),
        "positive": units.classes[units.positive] if units.binary else None,
        "metrics": measure(measures(units), units, settings, rng=rng),
        "folds": fold_table(
            units,
            PRIMARY,
            lambda inside: _auc(units.take(inside)),
            lambda _, inside: {"n_by_class": counts_by_class(units.take(inside))},
        ),
        "per_class": class_table(units),
        "confusion": confusion(units).tolist(),
        "calibration": {
            units.classes[code]: reliability(
                units.labels == code, units.probabilities[:, code], patients=units.patients
            )
            for code in ([units.positive] if units.binary else range(len(units.classes)))
        },
    }


def confusion(units: ClassUnits) -> Int[np.ndarray, "classes classes"]:
    """Count units by true class (rows) and most probable class (columns)."""
    ones = np.ones((1, len(units)))
    return confusions(units.labels, units.chosen, ones, len(units.classes))[0].astype(np.int64)


def class_table(units: ClassUnits) -> dict[str, dict[str, Any]]:
    """Count each class, with its recall and its AUC against the rest within folds."""
    table = {}
    counts = confusion(units)
    for code, name in enumerate(units.classes):
        own, scores = units.labels == code, units.probabilities[:, code]
        value, reason = value_or_reason(
            lambda own=own, scores=scores: fold_auc(own, scores, units.folds).average  # type: ignore[misc]
        )
        table[name] = {
            "n_units": int(own.sum()),
            "n_patients": units.count_patients(own),
            "recall": counts[code, code] / own.sum() if own.any() else None,
            "auc": value,
            "reason": reason,
        }
    return table


def _auc(units: ClassUnits) -> float:
    """AUC of units of one fold."""
    if units.binary:
        return fold_auc(units.positives, units.scores, units.folds).average
    return macro_fold_auc(units.labels, units.probabilities, units.folds)
