from collections.abc import Callable

import numpy as np
import pytest

from histopress.evaluate.auc import auc
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.subgroups import evaluate_subgroups
from histopress.evaluate.survival.concordance import harrell
from histopress.evaluate.units import ClassUnits, NumberUnits, SurvivalUnits, TrainingSample, Units
from histopress.store import canonical_json

SETTINGS = EvaluationSettings(bootstrap=200)


def evaluate(units: Units, levels: list[str]) -> dict:
    rng = np.random.default_rng(0)
    result = evaluate_subgroups(units, levels, SETTINGS, column="sex", rng=rng)
    canonical_json(result)
    return {row["subgroup"]: row for row in result["levels"]}


def test_each_level_has_its_own_figure(make_units: Callable[..., ClassUnits]) -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 80)
    scores = np.clip(rng.normal(0.5 + 0.2 * labels, 0.2), 0, 1)
    units = make_units(scores, labels, np.zeros(80, int))
    levels = ["f" if place % 3 else "" for place in range(80)]
    rows = evaluate(units, levels)
    assert list(rows) == ["f", "unknown"]
    inside = np.array([level == "f" for level in levels])
    expected = auc(labels[inside] == 1, scores[inside])
    assert rows["f"]["estimate"] == pytest.approx(expected)
    assert rows["f"]["interval"][0] < expected < rows["f"]["interval"][1]
    assert rows["f"]["metric"] == "auc"
    assert rows["f"]["n_patients"] == rows["f"]["n_units"] == inside.sum()
    assert sum(rows["f"]["n_by_class"].values()) == inside.sum()


def test_small_subgroups_and_those_without_a_class_have_no_figure(
    make_units: Callable[..., ClassUnits],
) -> None:
    labels = np.array([0, 1] * 5 + [1] * 12)
    units = make_units(np.linspace(0, 1, 22), labels, np.zeros(22, int))
    rows = evaluate(units, ["a"] * 9 + ["b"] * 13)
    assert rows["a"]["warning"] == "undefined: 9 patients, and 10 are needed"
    assert rows["b"]["warning"] == "undefined: class 'no' is absent"
    assert rows["a"]["estimate"] is rows["b"]["interval"] is None


def test_other_kinds_have_their_own_figure(
    make_numbers: Callable[..., NumberUnits],
    make_survival: Callable[..., SurvivalUnits],
    followed: Callable[[int, int], TrainingSample],
) -> None:
    numbers = make_numbers(np.arange(24.0), np.arange(24.0)[::-1])
    assert evaluate(numbers, ["a", "b"] * 12)["a"]["estimate"] == pytest.approx(-1)
    own = followed(60, 1)
    units = make_survival(own.survival.times, own.survival.events, own.risks)
    row = evaluate(units, ["a", "b"] * 30)["b"]
    odd = np.arange(60) % 2 == 1
    assert row["estimate"] == pytest.approx(harrell(own.survival.take(odd), own.risks[odd]))
    assert row["n_events"] == own.survival.events[odd].sum()


def test_levels_must_fit(make_numbers: Callable[..., NumberUnits]) -> None:
    with pytest.raises(ValueError, match="1 levels for 3 units"):
        evaluate(make_numbers(np.arange(3.0), np.arange(3.0)), ["a"])
