"""Evaluation of predicted log hazards, each figure with an interval over patients."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from histopress.evaluate.fold_models import (
    FoldModel,
    describe,
    fold_models,
    risk_groups,
    split_statistic,
)
from histopress.evaluate.frame import fold_table, head, measure
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.survival.concordance import harrell
from histopress.evaluate.survival.kaplan_meier import (
    Quantile,
    kaplan_meier,
    reverse_kaplan_meier,
)
from histopress.evaluate.survival_measures import measures
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.units import SurvivalUnits, TrainingSample

PRIMARY = "c"
"""The figure to quote."""

GROUPS = ("low", "high")
"""Risk groups, by the code that :func:`histopress.evaluate.fold_models.risk_groups` gives."""

_NO_P = (
    "cut at the median risk of each fold's training sample; folds share patients in training, so a "
    "plain log-rank p of these groups is not valid: permute (time, event) through the whole "
    "cross-validation"
)


def evaluate_survival(
    units: SurvivalUnits,
    training: Mapping[int, TrainingSample],
    settings: EvaluationSettings,
    *,
    rng: np.random.Generator,
    horizons: Sequence[float] = (),
) -> dict[str, Any]:
    """Evaluate predicted log hazards.

    Whatever is estimated beside the figures (censoring, τ, baseline hazard, standard deviation of
    the risks, cut between risk groups) comes from the training sample of the fold.

    Parameters
    ----------
    units : SurvivalUnits
    training : mapping of int to TrainingSample
        By fold.
    settings : EvaluationSettings
    rng : Generator
        For the bootstrap.
    horizons : sequence of float
        Times at which to judge, in the unit of the times.

    Returns
    -------
    dict
        For ``metrics.json``: counts with ``n_events``, ``unit``, ``horizons``, ``metrics`` (each
        with estimate, interval, method, estimand, numbers of patients and slides), ``folds`` with
        τ, ``follow_up`` (median, reverse Kaplan-Meier), ``kaplan_meier`` by risk group.

    Raises
    ------
    ValueError
        A fold has no training sample, or a horizon is not above 0.
    """
    if any(not (np.isfinite(horizon) and horizon > 0) for horizon in horizons):
        raise ValueError(f"horizons {list(horizons)} must be finite and above 0")
    ordered = sorted({float(horizon) for horizon in horizons})
    models = fold_models(units, training)
    by_fold = {model.fold: model for model in models}
    own = measures(units, models, ordered)
    return {
        **head("survival", PRIMARY, units),
        "n_events": units.n_events,
        "unit": units.unit,
        "horizons": ordered,
        "metrics": measure(own, units, settings, rng=rng),
        "folds": fold_table(
            units,
            PRIMARY,
            lambda inside: harrell(units.survival.take(inside), units.risks[inside]),
            lambda fold, _: _fold_extras(by_fold[fold]),
        ),
        "follow_up": _median(
            reverse_kaplan_meier(units.survival, settings.level).quantile(0.5), units
        ),
        "kaplan_meier": {
            **_groups(units, risk_groups(units, training), ordered, settings.level),
            "log_rank": split_statistic(units, training),
        },
    }


def _fold_extras(model: FoldModel) -> dict[str, Any]:
    return {"n_events": model.survival.n_events, **describe(model)}


def _median(found: Quantile, units: SurvivalUnits) -> dict[str, Any]:
    """Median and interval; None says that it was not reached.

    Greenwood's variance takes units as independent, so slides of shared patients get no interval.
    """
    if units.n_patients < len(units):
        warning = f"no interval: {len(units)} slides are of {units.n_patients} patients"
        return {"median": found.time, "interval": None, "warning": warning}
    return {"median": found.time, "interval": [found.low, found.high]}


def _groups(
    units: SurvivalUnits, groups: np.ndarray, horizons: Sequence[float], level: float
) -> dict[str, Any]:
    found: dict[str, Any] = {"note": _NO_P}
    for code, name in enumerate(GROUPS):
        inside = groups == code
        own = units.take(inside)
        found[name] = {
            "n_units": len(own),
            "n_patients": own.n_patients,
            "n_events": own.n_events,
            **(_curve(own, horizons, level) if len(own) else {"median": None, "interval": None}),
        }
    return found


def _curve(own: SurvivalUnits, horizons: Sequence[float], level: float) -> dict[str, Any]:
    curve = kaplan_meier(own.survival, level)
    at: dict[str, float | None] = {}
    for horizon in horizons:
        try:
            at[f"{horizon:g}"] = float(curve.at(np.array([horizon]))[0])
        except UndefinedMetricError:
            at[f"{horizon:g}"] = None
    return {**_median(curve.quantile(0.5), own), "survival_at": at}
