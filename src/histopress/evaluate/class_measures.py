"""Metrics of a classification as statistics under weights."""

from collections.abc import Callable, Iterable

import numpy as np
from jaxtyping import Bool, Float64, Int

from histopress.evaluate.agreement import (
    accuracies,
    balanced_accuracies,
    confusions,
    f1_scores,
    quadratic_kappas,
)
from histopress.evaluate.auc import weighted_pairs
from histopress.evaluate.calibration import (
    calibrations_in_the_large,
    expected_errors,
    log_losses,
    recalibrations,
    squared_errors,
)
from histopress.evaluate.frame import Measure
from histopress.evaluate.intervals import Statistic, disjoint_pairs
from histopress.evaluate.ranking import fold_precisions
from histopress.evaluate.units import ClassUnits
from histopress.evaluate.weighting import fold_members, quotient, weighted_means

DESCRIPTIONS = {
    "auc": "AUC within folds, averaged with comparable pairs as weights; primary",
    "auc_pooled": "AUC over all folds pooled; mixes the scales of the folds' models, biased down",
    "auprc": "average precision within folds, averaged with positives as weights",
    "auprc_pooled": "average precision over all folds pooled; mixes the scales of the folds' "
    "models",
    "accuracy": "share whose most probable class is the true one",
    "balanced_accuracy": "mean over classes of the share that is recognised",
    "f1": "F1 of the positive class; of more than two classes the mean over them",
    "kappa": "Cohen's kappa, quadratic weights over the order of the classes; of more than two "
    "classes it means something only where that order does",
    "brier": "mean squared error of the probabilities; of more than two classes summed over them",
    "log_loss": "mean of -log of the probability of the true class",
    "calibration_slope": "slope of the logistic recalibration; 1 is right, less is too extreme",
    "calibration_intercept": "calibration in the large, slope held at 1; 0 is right, more says "
    "that probabilities are too low",
    "ece": "expected calibration error, 10 bins of equal mass; of more than two classes that of "
    "the most probable class",
}

_ECE = "copies in a resample look like miscalibration, so resampling moves this error up"


def measures(units: ClassUnits) -> dict[str, Measure]:
    """All metrics of these units, within folds first."""
    pooled = np.zeros_like(units.folds)
    found = {
        "auc": auc_measure(units),
        "auc_pooled": auc_measure(units, pooled),
        "auprc": _measure(units, "auprc", _precision_statistic(units, units.folds)),
        "auprc_pooled": _measure(units, "auprc_pooled", _precision_statistic(units, pooled)),
    }
    return found | _choice_measures(units) | _probability_measures(units)


def auc_measure(units: ClassUnits, folds: Int[np.ndarray, " units"] | None = None) -> Measure:
    """AUC within folds, or within the groups given."""
    groups = units.folds if folds is None else folds
    sides = _sides(units)
    return Measure(
        statistic=_auc_statistic(units, groups),
        description=DESCRIPTIONS["auc" if folds is None else "auc_pooled"],
        few=rarest(units),
        family="auc",
        reason=_why_undefined(units),
        trials=tuple(disjoint_pairs(own, units.patients, groups) for own, _ in sides),
    )


def rarest(units: ClassUnits) -> int:
    """Count the patients of the rarer class, of those that occur."""
    return min(units.count_patients(units.labels == code) for code in np.unique(units.labels))


def counts_by_class(units: ClassUnits) -> dict[str, int]:
    """Units of each class."""
    counts = np.bincount(units.labels, minlength=len(units.classes))
    return dict(zip(units.classes, counts.tolist(), strict=True))


def _choice_measures(units: ClassUnits) -> dict[str, Measure]:
    """Measures of the chosen classes, from the table of true against chosen."""

    def over(summary: Callable[[np.ndarray], np.ndarray]) -> Statistic:
        return lambda weights: summary(
            confusions(units.labels, units.chosen, weights, len(units.classes))
        )

    positive = units.positive if units.binary else None
    by_class = tuple(
        units.count_patients(units.labels == code) for code in range(len(units.classes))
    )
    return {
        "accuracy": _measure(units, "accuracy", over(accuracies), trials=(units.n_patients,)),
        "balanced_accuracy": _measure(
            units, "balanced_accuracy", over(balanced_accuracies), trials=by_class
        ),
        "f1": _measure(
            units,
            "f1",
            over(lambda counts: f1_scores(counts, positive)),
            reason="a class that counts is neither present nor chosen",
        ),
        "kappa": _measure(
            units,
            "kappa",
            over(quadratic_kappas),
            reason="all units are, and are taken to be, of one class",
        ),
    }


def _probability_measures(units: ClassUnits) -> dict[str, Measure]:
    squares = squared_errors(units.labels, units.probabilities)
    losses = log_losses(units.labels, units.probabilities)
    found = {
        "brier": _measure(units, "brier", lambda weights: weighted_means(squares, weights)),
        "log_loss": _measure(units, "log_loss", lambda weights: weighted_means(losses, weights)),
    }
    if units.binary:
        found["calibration_slope"] = _measure(
            units,
            "calibration_slope",
            lambda weights: recalibrations(units.positives, units.scores, weights),
            reason=_why_no_slope(units),
        )
        found["calibration_intercept"] = _measure(
            units,
            "calibration_intercept",
            lambda weights: calibrations_in_the_large(units.positives, units.scores, weights),
        )
    came_true, confidence = units.positives, units.scores
    if not units.binary:
        came_true, confidence = units.chosen == units.labels, units.probabilities.max(1)
    found["ece"] = Measure(
        statistic=lambda weights: expected_errors(came_true, confidence, weights),
        description=DESCRIPTIONS["ece"],
        few=units.n_patients,
        unsampled=_ECE,
    )
    return found


def _measure(
    units: ClassUnits,
    name: str,
    statistic: Statistic,
    *,
    trials: tuple[int, ...] = (),
    reason: str | None = None,
) -> Measure:
    return Measure(
        statistic=statistic,
        description=DESCRIPTIONS[name],
        few=rarest(units),
        family="share" if trials else "free",
        trials=trials,
        counted=None if trials else "patients of the rarer class",
        reason=reason or _why_undefined(units),
    )


def _why_undefined(units: ClassUnits) -> str:
    counts = np.bincount(units.labels, minlength=len(units.classes))
    absent = [f"'{name}'" for name, count in zip(units.classes, counts, strict=True) if not count]
    return f"class {', '.join(absent)} is absent" if absent else "no fold holds every class"


def _why_no_slope(units: ClassUnits) -> str:
    if len(np.unique(units.labels)) < 2:
        return _why_undefined(units)
    if (units.scores == units.scores[0]).all():
        return f"all {len(units)} probabilities are {units.scores[0]:g}"
    return "the probabilities put the classes apart without overlap, so no slope is finite"


def _sides(
    units: ClassUnits,
) -> list[tuple[Bool[np.ndarray, " units"], Float64[np.ndarray, " units"]]]:
    """Positives and scores of each comparison that is averaged."""
    if units.binary:
        return [(units.positives, units.scores)]
    columns = enumerate(units.probabilities.T)
    return [(units.labels == code, scores) for code, scores in columns]


def _auc_statistic(units: ClassUnits, folds: Int[np.ndarray, " units"]) -> Statistic:
    groups, sides = fold_members(folds), _sides(units)

    def statistic(weights: Float64[np.ndarray, "resamples units"]) -> np.ndarray:
        found = []
        for positives, scores in sides:
            won, pairs = np.zeros(len(weights)), np.zeros(len(weights))
            for inside in groups:
                counts = weighted_pairs(positives[inside], scores[inside], weights[:, inside])
                won, pairs = won + counts[0], pairs + counts[1]
            found.append(quotient(won, pairs))
        return _mean(found)

    return statistic


def _precision_statistic(units: ClassUnits, folds: Int[np.ndarray, " units"]) -> Statistic:
    sides = _sides(units)
    return lambda weights: _mean(
        fold_precisions(positives, scores, folds=folds, weights=weights)
        for positives, scores in sides
    )


def _mean(values: Iterable[np.ndarray]) -> np.ndarray:
    return np.asarray(np.mean(np.stack(list(values)), axis=0))
