import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import mean_absolute_error, r2_score

from histopress.evaluate.families import NEAR_CHANCE
from histopress.evaluate.regression import evaluate_regression
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.units import NumberUnits
from histopress.store import canonical_json

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden" / "metrics.json").read_text())[
    "calibration"
]
SETTINGS = EvaluationSettings(bootstrap=400)
Make = Callable[..., NumberUnits]


def evaluate(units: NumberUnits, means: dict[int, float] | None = None) -> dict:
    return evaluate_regression(units, SETTINGS, rng=np.random.default_rng(0), means=means)


def estimates(result: dict) -> dict[str, float]:
    return {name: entry["estimate"] for name, entry in result["metrics"].items()}


@pytest.fixture
def ordinary(make_numbers: Make) -> NumberUnits:
    rng = np.random.default_rng(3)
    values = np.round(rng.normal(size=60), 1)
    # Each fold's model has a scale of its own.
    folds = np.arange(60) % 3
    return make_numbers(values, values + rng.normal(size=60) + 6 * folds, folds)


def test_estimates_agree_with_scipy_and_scikit_learn(ordinary: NumberUnits) -> None:
    x, y = ordinary.values, ordinary.predictions
    folds = [ordinary.folds == fold for fold in range(3)]
    found = estimates(evaluate(ordinary))
    expected = {
        "spearman": np.mean([spearmanr(x[f], y[f]).statistic for f in folds]),
        "spearman_pooled": spearmanr(x, y).statistic,
        "pearson": np.mean([pearsonr(x[f], y[f]).statistic for f in folds]),
        "pearson_pooled": pearsonr(x, y).statistic,
        "mae": mean_absolute_error(x, y),
        "r2": r2_score(x, y),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-10)
    assert found["spearman"] > found["spearman_pooled"] + 0.1


def test_the_line_agrees_with_statsmodels(make_numbers: Make) -> None:
    found = estimates(evaluate(make_numbers(GOLDEN["values"], GOLDEN["logits"])))
    expected = GOLDEN["statsmodels"]
    assert found["calibration_slope"] == pytest.approx(expected["line_slope"], abs=1e-8)
    assert found["calibration_intercept"] == pytest.approx(expected["line_intercept"], abs=1e-8)


def test_r_squared_against_each_fold_s_training_mean(make_numbers: Make) -> None:
    units = make_numbers([1, 2, 3, 5], [1, 2, 3, 3], [0, 0, 1, 1])
    result = evaluate(units, {0: 1.0, 1: 4.0})
    assert result["r2_against"] == "mean of the training fold"
    assert estimates(result)["r2"] == pytest.approx(1 - 4 / 3)
    assert [row["training_mean"] for row in result["folds"]] == [1.0, 4.0]
    assert evaluate(units)["r2_against"] == "mean of the tested values"


def test_each_metric_carries_an_interval(ordinary: NumberUnits) -> None:
    result = evaluate(ordinary)
    assert (result["kind"], result["primary"], result["unit"]) == ("regression", "spearman", "mm")
    for entry in result["metrics"].values():
        low, high = entry["interval"]
        assert low < entry["estimate"] < high
        assert entry["n_patients"] == 60
        assert entry["warning"] in (None, NEAR_CHANCE)
    assert [row["n_patients"] for row in result["folds"]] == [20, 20, 20]
    assert canonical_json(result) == canonical_json(evaluate(ordinary))


def test_constant_predictions_are_undefined_with_the_reason(make_numbers: Make) -> None:
    flat = evaluate(make_numbers(np.arange(6), [1, 3, 2, 4, 4, 4], [0, 0, 0, 1, 1, 1]))
    entry = flat["metrics"]["spearman"]
    assert (entry["estimate"], entry["interval"]) == (None, None)
    assert entry["warning"] == "undefined: fold 1: all 3 predictions are 4"
    assert flat["metrics"]["spearman_pooled"]["estimate"] is not None
    assert flat["folds"][1]["reason"] == "all 3 predictions are 4"
    same = evaluate(make_numbers([2, 2, 2], [1, 2, 3]))
    assert same["metrics"]["spearman"]["warning"] == "undefined: all 3 values are 2"
    assert same["metrics"]["r2"]["warning"] == "undefined: all 3 values are the reference"
    apart = evaluate(make_numbers([1, 2], [1, 2], [0, 1]))["metrics"]["pearson"]
    assert apart["warning"] == "undefined: in none of 2 folds do values differ"
    canonical_json([flat, same])


def test_perfect_order_has_no_interval_without_width(make_numbers: Make) -> None:
    entry = evaluate(make_numbers(np.arange(40.0), np.arange(40.0)))["metrics"]["spearman"]
    assert entry["estimate"] == 1
    assert entry["interval"][0] < 1
    exact = evaluate(make_numbers(np.arange(40.0), np.arange(40.0)))["metrics"]["mae"]
    assert (exact["estimate"], exact["interval"]) == (0, None)
    assert exact["warning"] == "no interval: resampling shows no spread, resamples give 0"
