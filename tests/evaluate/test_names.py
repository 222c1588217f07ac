"""What ``docs/metrics.md`` says of every name that results hold."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from histopress.cohort.targets import Labels
from histopress.evaluate import class_measures, regression, survival_measures
from histopress.evaluate.classification import evaluate_classification
from histopress.evaluate.clinical import ClinicalSettings, clinical_report
from histopress.evaluate.clinical.report import Adjustment, ScoredPatients
from histopress.evaluate.intervals import no_interval
from histopress.evaluate.judge import People, judge
from histopress.evaluate.null import split_p, summarise_null
from histopress.evaluate.predictions import Prediction
from histopress.evaluate.regression import evaluate_regression
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.subgroups import evaluate_subgroups
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.survival_metrics import evaluate_survival
from histopress.evaluate.units import ClassUnits, NumberUnits, SurvivalUnits, TrainingSample

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text()
KNOWN = {word for code in re.findall(r"`([^`]+)`", TEXT) for word in (code, *code.split(", "))}
SETTINGS = EvaluationSettings(bootstrap=200)
KEYED = {"n_by_class", "per_class", "survival_at", "left_out", "undefined"}
"""Whose keys are names of classes, folds, times or figures that stand elsewhere."""


def names(found: Any, above: str = "") -> Iterator[str]:
    """Keys at all depths, horizons as ``<h>``."""
    if isinstance(found, dict):
        for key, value in found.items():
            if above not in KEYED:
                yield re.sub(r"_at_[0-9.]+$", "_at_<h>", key)
            yield from names(value, key)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from names(value, above)


def assert_described(found: dict[str, Any], *, but: tuple[str, ...] = ()) -> None:
    missing = sorted(set(names(found)) - KNOWN - set(but))
    assert not missing, f"docs/metrics.md says nothing of {missing}"


def test_figures_of_classes(make_units: Callable[..., ClassUnits]) -> None:
    rng = np.random.default_rng(0)
    units = make_units(rng.random(40), np.arange(40) % 2, np.zeros(40, int))
    found = evaluate_classification(units, SETTINGS, rng=rng)
    assert set(found["metrics"]) == set(class_measures.DESCRIPTIONS)
    assert_described(found, but=("metrics", "yes"))


def test_figures_of_numbers(make_numbers: Callable[..., NumberUnits]) -> None:
    rng = np.random.default_rng(0)
    units = make_numbers(rng.random(30), rng.random(30))
    found = evaluate_regression(units, SETTINGS, rng=rng, means={0: 0.5})
    assert set(found["metrics"]) == set(regression.DESCRIPTIONS) - {"r2_training"}
    assert_described(found, but=("metrics",))


def test_figures_of_survival(
    make_survival: Callable[..., SurvivalUnits], followed: Callable[[int, int], TrainingSample]
) -> None:
    own = followed(40, 1)
    units = make_survival(own.survival.times, own.survival.events, own.risks)
    for training in (followed(80, 2), followed(5, 2)):
        found = evaluate_survival(
            units, {0: training}, SETTINGS, rng=np.random.default_rng(0), horizons=(4.0,)
        )
        bare = {name.removesuffix("_4") for name in found["metrics"]}
        assert bare == set(survival_measures.DESCRIPTIONS)
        assert_described(found, but=("metrics", "note"))


@pytest.mark.parametrize("kind", ["survival", "classification"])
def test_the_clinical_report(kind: str) -> None:
    rng = np.random.default_rng(0)
    n = 120

    def draw() -> ScoredPatients:
        image, clinical = rng.normal(size=(2, n))
        times = rng.exponential(5 * np.exp(-image - clinical))
        return ScoredPatients(
            image=image,
            clinical=clinical,
            folds=np.arange(n) % 2,
            outcome=Survival(times=times, events=rng.random(n) < 0.8)
            if kind == "survival"
            else times < 4,
            slides=np.ones(n, np.int64),
        )

    test = draw()
    report = clinical_report(
        test,
        draw(),
        Adjustment(names=("age",), matrix=test.clinical[:, None], centers=("a",) * n),
        settings=ClinicalSettings(horizons=(3.0,), n_resamples=50),
        rng=rng,
    )
    assert_described(report)


def test_procedure_selection_and_subgroups() -> None:
    rng = np.random.default_rng(0)
    rows = [
        Prediction(slide_id=f"s{k:02}", fold=fold, split=split, label=float(k), scores=(k + 1.0,))
        for fold in range(2)
        for k in range(24)
        for split in ["test" if k % 2 == fold else "train"]
    ]
    labels = Labels(target="t", kind="regression", level="slide", values={}, left_out={}, strata={})
    people = People(patients={row.slide_id: row.slide_id for row in rows})
    judged = judge(rows, labels, people, SETTINGS, rng=rng)
    groups = evaluate_subgroups(judged.units, ["m", ""] * 12, SETTINGS, column="sex", rng=rng)
    assert_described(judged.metrics | {"subgroups": [groups]}, but=("metrics",))


def test_the_null_and_what_intervals_hold() -> None:
    found = summarise_null([0.4, 0.6], [0.3, 0.8], observed=0.9, kind="survival")
    assert_described(found | {"log_rank": split_p([1.0, 2.0], 1.5)})
    assert_described(no_interval("x", level=0.95, n_patients=1, n_slides=1).as_json())
