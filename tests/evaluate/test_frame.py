from collections.abc import Callable

import numpy as np
import pytest

from histopress.evaluate.frame import Measure, attempt, fold_table, measure
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.units import NumberUnits

SETTINGS = EvaluationSettings(bootstrap=200)


@pytest.fixture
def units(make_numbers: Callable[..., NumberUnits]) -> NumberUnits:
    return make_numbers(np.arange(30.0), np.zeros(30), np.repeat([0, 1], 15))


def mean(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda weights: weights @ values / weights.sum(1)


def judged(own: Measure, units: NumberUnits) -> dict:
    return measure({"x": own}, units, SETTINGS, rng=np.random.default_rng(0))["x"]


def test_what_resampling_cannot_show_has_no_interval(units: NumberUnits) -> None:
    own = Measure(statistic=mean(units.values), description="d", few=30, unsampled="it is odd")
    entry = judged(own, units)
    assert (entry["estimate"], entry["interval"]) == (14.5, None)
    assert (entry["method"], entry["warning"]) == ("none", "no interval: it is odd")


def test_resamples_without_a_value_are_counted(units: NumberUnits) -> None:
    def statistic(weights: np.ndarray) -> np.ndarray:
        return np.where(weights[:, 0] == 0, np.nan, mean(units.values)(weights))

    entry = judged(Measure(statistic=statistic, description="d", few=30), units)
    assert 0.2 * 200 < entry["degenerate"] < 0.5 * 200
    assert str(entry["degenerate"]) in entry["warning"]
    assert entry["interval"][0] < 14.5 < entry["interval"][1]


def test_what_cannot_be_made_has_a_reason(units: NumberUnits) -> None:
    def make() -> Measure:
        raise UndefinedMetricError("there is no such thing")

    entry = judged(attempt(make, "d"), units)
    assert (entry["estimate"], entry["description"]) == (None, "d")
    assert entry["warning"] == "undefined: there is no such thing"


def test_few_patients_are_warned_of(units: NumberUnits) -> None:
    entry = judged(Measure(statistic=mean(units.values), description="d", few=4), units)
    assert entry["warning"].startswith("only 4 patients")


def test_folds_are_listed_with_their_reasons(units: NumberUnits) -> None:
    def value(inside: np.ndarray) -> float:
        if inside[0]:
            raise UndefinedMetricError("first")
        return float(units.values[inside].mean())

    table = fold_table(units, "m", value, lambda fold, _: {"twice": 2 * fold})
    assert [row["m"] for row in table] == [None, 22.0]
    assert [row["reason"] for row in table] == ["first", None]
    assert [row["twice"] for row in table] == [0, 2]
    assert [row["n_patients"] for row in table] == [15, 15]


def test_a_warning_names_whom_it_counts(units: NumberUnits) -> None:
    own = Measure(statistic=mean(units.values), description="d", few=4, counted="patients with x")
    assert judged(own, units)["warning"] == (
        "only 4 patients with x: the interval may not hold its level"
    )
    many = Measure(statistic=mean(units.values), description="d", few=25, counted="patients with x")
    assert judged(many, units)["warning"] is None
