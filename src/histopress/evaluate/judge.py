"""A row of the comparison judged: predictions of all divisions to metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from histopress.cohort.manifest import Manifest
from histopress.cohort.targets import Labels
from histopress.evaluate.auc import fold_auc, macro_fold_auc
from histopress.evaluate.class_measures import auc_measure
from histopress.evaluate.classification import evaluate_classification
from histopress.evaluate.correlation import fold_correlations, spearmans
from histopress.evaluate.frame import Measure
from histopress.evaluate.fusion import (
    fuse_classes,
    fuse_numbers,
    fuse_risks,
    fuse_training,
    training_means,
)
from histopress.evaluate.predictions import Prediction
from histopress.evaluate.regression import evaluate_regression, spearman_measure
from histopress.evaluate.resampled import procedure_interval
from histopress.evaluate.runs import as_ensemble, in_split, repeats_of
from histopress.evaluate.scale import Scale
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.survival.fold_concordance import fold_harrell
from histopress.evaluate.survival_measures import harrell_measure
from histopress.evaluate.survival_metrics import evaluate_survival
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.units import ClassUnits, NumberUnits, SurvivalUnits, TrainingSample, Units

PRIMARY = {"classification": "auc", "regression": "spearman", "survival": "c"}
"""The figure to quote, by kind of target."""

CHANCE = {"auc": 0.5, "spearman": 0.0, "c": 0.5}
"""What it is where nothing was learned."""

SCALES: Mapping[str, Scale] = {"auc": "logit", "spearman": "fisher", "c": "logit"}

SELECTED = (
    "these patients chose the epoch, the learning rate or the penalty: their figure is selected "
    "and no estimate of performance"
)


@dataclass(frozen=True, kw_only=True)
class People:
    """What judging takes from the manifest, by slide id; for use in memory only."""

    patients: Mapping[str, str]
    centers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, manifest: Manifest) -> "People":
        """Take patients and centres from a manifest."""
        centers = {row.slide_id: row.center or "" for row in manifest}
        return cls(patients=manifest.patients, centers=centers)


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """Metrics, and what they are of.

    Attributes
    ----------
    metrics : dict
        For ``metrics.json``.
    units : Units
        Those tested, in the first cross-validation where it is repeated.
    training : mapping of int to TrainingSample
        By fold; empty unless survival.
    tested : tuple of Prediction
        Rows that the units are made of.
    """

    metrics: dict[str, Any]
    units: Units
    training: Mapping[int, TrainingSample]
    tested: tuple[Prediction, ...]


def make_units(rows: Sequence[Prediction], labels: Labels, people: People) -> Units:
    """Fuse slides into units of the target's level and kind."""
    if labels.kind == "classification":
        return fuse_classes(
            rows,
            people.patients,
            level=labels.level,
            classes=labels.classes,
            positive=labels.positive,
            centers=people.centers,
        )
    if labels.kind == "regression":
        return fuse_numbers(
            rows, people.patients, level=labels.level, unit=labels.unit, centers=people.centers
        )
    return fuse_risks(
        rows, people.patients, level=labels.level, unit=labels.unit or "", centers=people.centers
    )


def primary_figure(units: Units) -> float:
    """AUC, Spearman's correlation or Harrell's C within folds.

    Raises
    ------
    UndefinedMetricError
        There is none.
    """
    if isinstance(units, ClassUnits):
        if units.binary:
            return fold_auc(units.positives, units.scores, units.folds).average
        return macro_fold_auc(units.labels, units.probabilities, units.folds)
    if isinstance(units, NumberUnits):
        return _spearman(units)
    if isinstance(units, SurvivalUnits):
        return fold_harrell(units.survival, units.risks, units.folds).average
    raise TypeError(f"units of type {type(units).__name__} have no primary figure")


def primary_measure(units: Units) -> Measure:
    """Give the figure of :func:`primary_figure` as a statistic under weights."""
    if isinstance(units, ClassUnits):
        return auc_measure(units)
    if isinstance(units, NumberUnits):
        return spearman_measure(units)
    if isinstance(units, SurvivalUnits):
        return harrell_measure(units)
    raise TypeError(f"units of type {type(units).__name__} have no primary figure")


def _spearman(units: NumberUnits) -> float:
    found = fold_correlations(
        spearmans,
        units.values,
        units.predictions,
        folds=units.folds,
        weights=np.ones((1, len(units))),
    )[0]
    if np.isnan(found):
        raise UndefinedMetricError("values are equal in every fold, or predictions in one")
    return float(found)


def judge(
    rows: Sequence[Prediction],
    labels: Labels,
    people: People,
    settings: EvaluationSettings,
    *,
    rng: np.random.Generator,
    horizons: Sequence[float] = (),
    ensemble: bool = False,
) -> Judged:
    """Evaluate the predictions of one row.

    Parameters
    ----------
    rows : sequence of Prediction
        Of all divisions and parts, averaged over seeds.
    labels : Labels
    people : People
    settings : EvaluationSettings
    rng : Generator
        For the bootstrap.
    horizons : sequence of float
        Of a survival target.
    ensemble : bool
        All divisions test the same patients, whom none trained on; their models count as one.

    Returns
    -------
    Judged
        Its metrics hold, beside those of the kind, ``procedure`` (what the procedure does on a
        new cohort) and ``selection`` (figures of the validation patients, by division).

    Raises
    ------
    StoreError, LeakError
        The rows contradict each other or the manifest.
    """
    repeats = repeats_of(rows)
    first = repeats[0] if repeats else ()
    tested, trained = in_split(rows, "test", first), in_split(rows, "train", first)
    if ensemble:
        tested, trained = as_ensemble(rows, hazards=labels.kind == "survival")
    units = make_units(tested, labels, people)
    training: Mapping[int, TrainingSample] = {}
    if isinstance(units, ClassUnits):
        found = evaluate_classification(units, settings, rng=rng)
    elif isinstance(units, NumberUnits):
        means = training_means(trained, people.patients, level=labels.level, tested=tested)
        found = evaluate_regression(units, settings, rng=rng, means=means)
    elif isinstance(units, SurvivalUnits):
        training = fuse_training(trained, people.patients, level=labels.level, tested=tested)
        found = evaluate_survival(units, training, settings, rng=rng, horizons=horizons)
    else:
        raise TypeError(f"target of kind '{labels.kind}' cannot be judged")
    divisions = _divisions(rows, labels, people)
    found |= {
        "procedure": _procedure(divisions, units, labels, settings, len(repeats), ensemble),
        "selection": {"note": SELECTED, "divisions": divisions},
    }
    return Judged(metrics=found, units=units, training=training, tested=tested)


def _divisions(rows: Sequence[Prediction], labels: Labels, people: People) -> list[dict[str, Any]]:
    """Figures of validation and test patients of each division, and how many there are."""
    table = []
    for fold in sorted({row.fold for row in rows}):
        own = {part: in_split(rows, part, (fold,)) for part in ("train", "validation", "test")}
        numbers = {
            f"n_{part}": len({people.patients[row.slide_id] for row in found})
            for part, found in own.items()
        }
        table.append(
            {
                "division": fold,
                **numbers,
                "validation": figure_or_none(own["validation"], labels, people),
                "test": figure_or_none(own["test"], labels, people),
            }
        )
    return table


def figure_or_none(rows: Sequence[Prediction], labels: Labels, people: People) -> float | None:
    """Primary figure of some rows; None where there is none."""
    if not rows:
        return None
    try:
        return primary_figure(make_units(rows, labels, people))
    except UndefinedMetricError:
        return None


def _procedure(
    divisions: Sequence[Mapping[str, Any]],
    units: Units,
    labels: Labels,
    settings: EvaluationSettings,
    repeats: int,
    ensemble: bool,
) -> dict[str, Any]:
    own = [each for each in divisions if each["n_test"] and each["n_train"]]
    return procedure_interval(
        [each["test"] for each in own],
        repeats=1 if ensemble else repeats,
        n_train=[each["n_train"] for each in own],
        n_test=[each["n_test"] for each in own],
        level=settings.level,
        n_patients=units.n_patients,
        n_slides=units.n_slides,
        scale=SCALES[PRIMARY[labels.kind]],
    ).as_json()
