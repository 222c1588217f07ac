"""Metrics of predicted log hazards as statistics under weights."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from jaxtyping import Float64

from histopress.evaluate.fold_models import FoldModel
from histopress.evaluate.frame import Measure, attempt
from histopress.evaluate.intervals import disjoint_comparable, disjoint_pairs
from histopress.evaluate.survival.brier import brier_terms, integrated_scores
from histopress.evaluate.survival.concordance import Pairs, harrell_pairs, uno_pairs
from histopress.evaluate.survival.cox import cox_coefficients, fit_cox
from histopress.evaluate.survival.kaplan_meier import kaplan_meier
from histopress.evaluate.survival.time_auc import time_auc_pairs
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.units import SurvivalUnits
from histopress.evaluate.weighting import fold_members, quotient, weighted_means

GRID = 101
"""Times, evenly spaced from 0 to τ, at which the Brier score is taken to be integrated."""

DESCRIPTIONS = {
    "c": "Harrell's C within folds, averaged with comparable pairs as weights; primary",
    "c_pooled": "Harrell's C over all folds pooled; mixes the scales of the folds' models",
    "c_uno": "Uno's C within folds until each fold's τ, weighted against censoring by the training "
    "fold, averaged with the weight of comparable pairs",
    "auc_at": "cumulative/dynamic AUC within folds: events until the horizon against who was "
    "observed beyond it",
    "brier_at": "Brier score of survival beyond the horizon, weighted against censoring; 0 is "
    "perfect",
    "integrated_brier": "Brier score averaged from 0 to each fold's τ; 0 is perfect",
    "integrated_brier_null": "the same of the training fold's Kaplan-Meier curve, which knows no "
    "patient from another: what a model must be below",
    "hazard_ratio": "hazard ratio per standard deviation of the training fold's risks, Cox "
    "regression stratified by fold; 1 says that risks tell nothing",
}


def measures(
    units: SurvivalUnits, models: Sequence[FoldModel], horizons: Sequence[float]
) -> dict[str, Measure]:
    """All metrics of these units, within folds first; undefined ones have no value."""
    makers: dict[str, tuple[Callable[[], Measure], str]] = {
        "c": (lambda: harrell_measure(units), "c"),
        "c_pooled": (lambda: _pooled_measure(units), "c_pooled"),
        "c_uno": (lambda: _uno_measure(units, models), "c_uno"),
    }
    for horizon in horizons:
        makers[f"auc_at_{horizon:g}"] = (
            lambda horizon=horizon: _time_measure(units, models, horizon),  # type: ignore[misc]
            "auc_at",
        )
    for horizon in horizons:
        makers[f"brier_at_{horizon:g}"] = (
            lambda horizon=horizon: _brier_measure(units, models, horizon),  # type: ignore[misc]
            "brier_at",
        )
    makers |= {
        "integrated_brier": (lambda: _integrated_measure(units, models), "integrated_brier"),
        "integrated_brier_null": (
            lambda: _integrated_measure(units, models, null=True),
            "integrated_brier_null",
        ),
        "hazard_ratio": (lambda: _ratio_measure(units, models), "hazard_ratio"),
    }
    return {name: attempt(make, DESCRIPTIONS[key]) for name, (make, key) in makers.items()}


def harrell_measure(units: SurvivalUnits) -> Measure:
    """Harrell's C within folds."""
    folds = [(inside, units.take(inside)) for inside in fold_members(units.folds)]

    return Measure(
        statistic=lambda weights: _over_folds(
            harrell_pairs(own.survival, own.risks, weights[:, inside]) for inside, own in folds
        ),
        description=DESCRIPTIONS["c"],
        reason=f"in none of {len(folds)} folds can two units be compared",
        few=with_event(units),
        family="concordance",
        trials=(disjoint_comparable(units.survival, units.patients, units.folds),),
    )


def with_event(units: SurvivalUnits) -> int:
    """Count the patients whose event was seen."""
    return units.count_patients(units.survival.events)


def _over_folds(pairs: Iterable[Pairs]) -> Float64[np.ndarray, " resamples"]:
    """Concordant pairs of all folds over comparable ones: the average weighted by the latter."""
    concordant, comparable = zip(*pairs, strict=True)
    return quotient(np.sum(concordant, axis=0), np.sum(comparable, axis=0))


def _pooled_measure(units: SurvivalUnits) -> Measure:
    pooled = np.zeros_like(units.folds)
    return Measure(
        statistic=lambda weights: quotient(*harrell_pairs(units.survival, units.risks, weights)),
        description=DESCRIPTIONS["c_pooled"],
        reason="no two units can be compared",
        few=with_event(units),
        family="concordance",
        trials=(disjoint_comparable(units.survival, units.patients, pooled),),
    )


def _uno_measure(units: SurvivalUnits, models: Sequence[FoldModel]) -> Measure:
    known = [(model, model.censoring, model.truncation.tau) for model in models]
    times, counted = units.survival.times, units.survival.events.copy()
    for model, _, tau in known:
        counted[model.members] &= times[model.members] < tau
    before = Survival(times=times, events=counted)

    def statistic(weights: Float64[np.ndarray, "resamples units"]) -> np.ndarray:
        return _over_folds(
            uno_pairs(
                model.survival,
                model.risks,
                censoring=censoring,
                tau=tau,
                weights=weights[:, model.members],
            )
            for model, censoring, tau in known
        )

    return _checked(
        Measure(
            statistic=statistic,
            description=DESCRIPTIONS["c_uno"],
            few=units.count_patients(counted),
            family="concordance",
            trials=(disjoint_comparable(before, units.patients, units.folds),),
            reason=f"in none of {len(models)} folds can two units be compared before τ",
        ),
        models,
    )


def _time_measure(units: SurvivalUnits, models: Sequence[FoldModel], horizon: float) -> Measure:
    known = [(model, model.censoring) for model in models]
    cases = units.survival.events & (units.survival.times <= horizon)
    controls = units.survival.times > horizon
    told = cases | controls

    def statistic(weights: Float64[np.ndarray, "resamples units"]) -> np.ndarray:
        return _over_folds(
            time_auc_pairs(
                model.survival,
                model.risks,
                horizon=horizon,
                censoring=censoring,
                weights=weights[:, model.members],
            )
            for model, censoring in known
        )

    return _checked(
        Measure(
            statistic=statistic,
            description=DESCRIPTIONS["auc_at"],
            few=min(units.count_patients(cases), units.count_patients(controls)),
            family="auc",
            trials=(disjoint_pairs(cases[told], units.patients[told], units.folds[told]),),
            reason=f"no fold has an event until {horizon:g} and a unit observed beyond it",
        ),
        models,
    )


def _checked(measure: Measure, models: Sequence[FoldModel]) -> Measure:
    """Compute once, so that what is undefined for every resample raises here."""
    measure.statistic(np.ones((1, sum(len(model.members) for model in models))))
    return measure


def _brier_measure(units: SurvivalUnits, models: Sequence[FoldModel], horizon: float) -> Measure:
    terms = np.zeros(len(units))
    times = np.array([horizon])
    for model in models:
        predicted = model.baseline.survival(model.risks, times)
        terms[model.members] = brier_terms(
            model.survival, predicted, horizons=times, censoring=model.censoring
        )[:, 0]
    return Measure(
        statistic=lambda weights: weighted_means(terms, weights),
        description=DESCRIPTIONS["brier_at"],
        few=units.n_patients,
    )


def _integrated_measure(
    units: SurvivalUnits, models: Sequence[FoldModel], *, null: bool = False
) -> Measure:
    terms = np.zeros(len(units))
    for model in models:
        tau = model.truncation.tau
        if not tau:
            raise UndefinedMetricError(f"fold {model.fold}: τ is 0")
        times = np.linspace(0, tau, GRID)
        if null:
            curve = kaplan_meier(model.training.survival).at(times)
            predicted = np.tile(curve, (len(model.members), 1))
        else:
            predicted = model.baseline.survival(model.risks, times)
        own = brier_terms(model.survival, predicted, horizons=times, censoring=model.censoring)
        # The integral is linear, so each unit's part can be taken before the mean.
        terms[model.members] = integrated_scores(own, times)
    name = "integrated_brier_null" if null else "integrated_brier"
    return Measure(
        statistic=lambda weights: weighted_means(terms, weights),
        description=DESCRIPTIONS[name],
        few=units.n_patients,
    )


def _ratio_measure(units: SurvivalUnits, models: Sequence[FoldModel]) -> Measure:
    scaled = np.zeros((len(units), 1))
    for model in models:
        # Strata cancel what all of a fold share; without it exponentials stay small.
        scaled[model.members, 0] = (model.risks - model.risks.mean()) / model.deviation
    fit_cox(units.survival, scaled, units.folds)

    def statistic(weights: Float64[np.ndarray, "resamples units"]) -> np.ndarray:
        found = cox_coefficients(units.survival, scaled, weights=weights, strata=units.folds)
        return np.asarray(np.exp(found[:, 0]))

    return Measure(
        statistic=statistic,
        description=DESCRIPTIONS["hazard_ratio"],
        few=with_event(units),
        counted="patients with the event",
    )
