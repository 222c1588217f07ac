"""Every interval that is compared."""

import numpy as np
from scipy.special import stdtrit
from simulated_cohorts import FOLDS, Cohort, World
from simulated_figures import Figure

from histopress.evaluate.exact import disjoint_comparable, disjoint_pairs, perfect_bound
from histopress.evaluate.resampled import corrected_error
from histopress.evaluate.resampling import bootstrap_error, percentiles
from histopress.evaluate.scale import Scale, scaled_bounds
from histopress.evaluate.survival.times import Survival

LEVEL = 0.95
Bounds = tuple[float, float]

MODELS = {
    "slides": "slides drawn as if independent, percentiles: the bad example",
    "percentile": "patients drawn within folds, percentiles",
    "normal": "the same draws' SD on the logit or z scale, normal quantile",
    "student": "the same, SD times √(K / (K - F)), Student's t of K - F for K patients in F folds",
    "analytic": "Obuchowski's (AUC) or the jackknife's (C, Spearman) error over patients, on the "
    "logit or z scale, Student's t of the patients of the rarer class, with events, or all, less F",
}
PROCEDURE = {
    "one": "`student` of one cross-validation: a bad example",
    "naive": "Student's t over all divisions as if independent: a bad example",
    "corrected": "Student's t with Nadeau and Bengio's corrected variance",
    "scaled": "the same on the logit or z scale",
}
BAD = ("slides", "one", "naive")
"""Compared to show why not."""


def model_bounds(
    world: World, cohort: Cohort, folds: np.ndarray, found: Figure
) -> dict[str, Bounds]:
    """Compute every interval for these very models."""
    scale: Scale = "fisher" if world.metric == "Spearman" else "logit"
    n_patients = len(cohort.strata)
    nothing = (np.nan, np.nan)
    bounds = {}
    if found.slides is not None:
        bounds["slides"] = percentiles(found.slides, LEVEL) or nothing
    if found.estimate in (0.0, 1.0):
        bound = perfect_bound([_trials(world, cohort, folds)], LEVEL)
        exact = (bound, 1.0) if found.estimate else (0.0, 1 - bound)
        return bounds | dict.fromkeys(list(MODELS)[1:], exact)
    bounds["percentile"] = percentiles(found.patients, LEVEL) or nothing
    error = bootstrap_error(found.patients, n_patients=n_patients, n_folds=FOLDS) or np.inf
    plain = error * np.sqrt(1 - FOLDS / n_patients)
    freedom = n_patients - FOLDS
    analytic = found.error if np.isfinite(found.error) else np.inf
    for name, spread, degrees in (
        ("normal", plain, np.inf),
        ("student", error, freedom),
        ("analytic", analytic, max(1, _few(world, cohort) - FOLDS)),
    ):
        quantile = float(stdtrit(min(degrees, 1e9), (1 + LEVEL) / 2))
        bounds[name] = scaled_bounds(found.estimate, spread, scale=scale, quantile=quantile)
    return bounds


def procedure_bounds(world: World, values: np.ndarray, one: Bounds) -> dict[str, Bounds]:
    """Compute every interval for the procedure, from figures of all divisions."""
    scale: Scale = "fisher" if world.metric == "Spearman" else "logit"
    quantile = float(stdtrit(len(values) - 1, (1 + LEVEL) / 2))
    estimate = float(values.mean())
    bounds = {"one": one}
    for name, share, kind in (
        ("naive", 0.0, "plain"),
        ("corrected", 1 / (FOLDS - 1), "plain"),
        ("scaled", 1 / (FOLDS - 1), scale),
    ):
        error = corrected_error(values, test_share=share)
        kind = "plain" if estimate in (0.0, 1.0) else kind
        bounds[name] = scaled_bounds(estimate, error, scale=kind, quantile=quantile)
    return bounds


def _few(world: World, cohort: Cohort) -> int:
    """Patients of the rarer class, with the event, or all."""
    codes = {"AUC": (0.0, 1.0), "C": (1.0,), "Spearman": ()}[world.metric]
    counts = [len(np.unique(cohort.patients[cohort.labels == code])) for code in codes]
    return min(counts, default=len(cohort.strata))


def _trials(world: World, cohort: Cohort, folds: np.ndarray) -> int:
    if world.metric == "AUC":
        return disjoint_pairs(cohort.labels > 0.5, cohort.patients, folds)
    survival = Survival(times=cohort.times, events=cohort.labels > 0.5)
    return disjoint_comparable(survival, cohort.patients, folds)
