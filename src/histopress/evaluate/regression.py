"""Metrics of predicted numbers, each with an interval over patients."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from histopress.evaluate.correlation import (
    Correlation,
    fold_correlations,
    pearsons,
    spearman,
    spearmans,
    why_undefined,
)
from histopress.evaluate.deviation import mean_absolute_errors, r_squared, recalibration_lines
from histopress.evaluate.frame import Measure, fold_table, head, measure
from histopress.evaluate.intervals import disjoint_patients
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.units import NumberUnits
from histopress.evaluate.weighting import fold_members

PRIMARY = "spearman"
"""The figure to quote."""

DESCRIPTIONS = {
    "spearman": "Spearman's correlation within folds, averaged with units less one as weights; "
    "primary",
    "spearman_pooled": "Spearman's correlation over all folds pooled; mixes the scales of the "
    "folds' models, biased down",
    "pearson": "Pearson's correlation within folds, averaged with units less one as weights",
    "pearson_pooled": "Pearson's correlation over all folds pooled; mixes the scales of the folds' "
    "models",
    "mae": "mean absolute error, in the target's unit",
    "r2": "1 less the squared error over that of predicting the mean of the tested values",
    "r2_training": "1 less the squared error over that of predicting the mean of the fold's "
    "training sample",
    "calibration_slope": "slope of the line of values on predictions; 1 is right, less is too far "
    "apart",
    "calibration_intercept": "intercept of the line of values on predictions; 0 is right where the "
    "slope is 1",
}


def evaluate_regression(
    units: NumberUnits,
    settings: EvaluationSettings,
    *,
    rng: np.random.Generator,
    means: Mapping[int, float] | None = None,
) -> dict[str, Any]:
    """Evaluate predictions of a number.

    Parameters
    ----------
    units : NumberUnits
    settings : EvaluationSettings
    rng : Generator
        For the bootstrap.
    means : mapping of int to float, optional
        Mean of each fold's training sample, what R² compares with; without it, with the mean of the
        values tested.

    Returns
    -------
    dict
        For ``metrics.json``: counts, ``unit``, ``r2_against``, ``metrics`` (each with estimate,
        interval, method, estimand, numbers of patients and slides), ``folds``.
    """

    def extras(fold: int, inside: np.ndarray) -> dict[str, Any]:
        own = {"mean": float(units.values[inside].mean())}
        return own | ({} if means is None else {"training_mean": float(means[fold])})

    return {
        **head("regression", PRIMARY, units),
        "unit": units.unit,
        "r2_against": "mean of the tested values" if means is None else "mean of the training fold",
        "metrics": measure(measures(units, means), units, settings, rng=rng),
        "folds": fold_table(
            units,
            PRIMARY,
            lambda inside: spearman(units.values[inside], units.predictions[inside]),
            extras,
        ),
    }


def measures(units: NumberUnits, means: Mapping[int, float] | None = None) -> dict[str, Measure]:
    """All metrics of these units, within folds first."""
    values, predictions = units.values, units.predictions
    pooled = np.zeros_like(units.folds)
    same = f"all {len(units)} values are the reference"
    flat = f"all {len(units)} predictions are the same"
    reference = None
    if means is not None:
        reference = np.array([means[fold] for fold in units.folds.tolist()], np.float64)
    against = DESCRIPTIONS["r2" if means is None else "r2_training"]
    return {
        "spearman": spearman_measure(units),
        "spearman_pooled": _correlation_measure(units, "spearman_pooled", spearmans, pooled),
        "pearson": _correlation_measure(units, "pearson", pearsons, units.folds),
        "pearson_pooled": _correlation_measure(units, "pearson_pooled", pearsons, pooled),
        "mae": Measure(
            statistic=lambda weights: mean_absolute_errors(values, predictions, weights),
            description=DESCRIPTIONS["mae"],
            few=units.n_patients,
        ),
        "r2": Measure(
            statistic=lambda weights: r_squared(values, predictions, weights, reference=reference),
            description=against,
            few=units.n_patients,
            reason=same,
        ),
        "calibration_slope": Measure(
            statistic=lambda weights: recalibration_lines(values, predictions, weights)[0],
            description=DESCRIPTIONS["calibration_slope"],
            few=units.n_patients,
            reason=flat,
        ),
        "calibration_intercept": Measure(
            statistic=lambda weights: recalibration_lines(values, predictions, weights)[1],
            description=DESCRIPTIONS["calibration_intercept"],
            few=units.n_patients,
            reason=flat,
        ),
    }


def spearman_measure(units: NumberUnits) -> Measure:
    """Spearman's correlation within folds."""
    return _correlation_measure(units, "spearman", spearmans, units.folds)


def _correlation_measure(
    units: NumberUnits, name: str, correlation: Correlation, folds: Int[np.ndarray, " units"]
) -> Measure:
    return Measure(
        statistic=lambda weights: fold_correlations(
            correlation, units.values, units.predictions, folds=folds, weights=weights
        ),
        description=DESCRIPTIONS[name],
        few=units.n_patients,
        family="correlation",
        trials=(disjoint_patients(units.patients, folds),),
        reason=_why(units, folds),
    )


def _why(units: NumberUnits, folds: Int[np.ndarray, " units"]) -> str:
    members = fold_members(folds)
    for inside in members:
        values, predictions = units.values[inside], units.predictions[inside]
        reason = why_undefined(values, predictions)
        if len(inside) > 1 and reason and (values != values[0]).any():
            scope = f"fold {units.folds[inside[0]]}: " if len(members) > 1 else ""
            return scope + reason
    if len(members) == 1:
        return why_undefined(units.values, units.predictions) or "there is nothing to correlate"
    return f"in none of {len(members)} folds do values differ"
