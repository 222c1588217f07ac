from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from histopress.evaluate.intervals import (
    BOOTSTRAP,
    EXACT,
    Interval,
    bootstrap,
    disjoint_pairs,
    make_interval,
    patient_weights,
    percentiles,
    perfect_bound,
)
from histopress.evaluate.metrics import evaluate_classification
from histopress.evaluate.settings import EvaluationSettings


def draw(replicates: object, estimate: float = 0.7, few: int = 50) -> Interval:
    values = np.asarray(replicates, np.float64)
    return make_interval(
        estimate, values, trials=(10,), few=few, level=0.95, n_patients=40, n_slides=60
    )


def test_slides_of_a_patient_come_and_go_together_and_folds_keep_their_size() -> None:
    patients = np.array([0, 0, 0, 1, 2, 2, 3, 4])
    folds = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    weights = patient_weights(patients, folds, n_resamples=500, rng=np.random.default_rng(0))
    assert (weights[:, :3] == weights[:, :1]).all()
    assert (weights[:, 4] == weights[:, 5]).all()
    assert (weights[:, [0, 3]].sum(1) == 2).all()
    assert (weights[:, [4, 6, 7]].sum(1) == 3).all()
    assert weights.mean(0) == pytest.approx(np.ones(8), abs=0.15)


def test_portions_do_not_change_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    patients, folds = np.arange(40), np.arange(40) % 4
    scores = np.random.default_rng(1).normal(size=40)

    def run() -> np.ndarray:
        rng = np.random.default_rng(2)
        found = bootstrap(
            {"mean": lambda weights: weights @ scores / weights.sum(1)},
            patients=patients,
            folds=folds,
            n_resamples=300,
            rng=rng,
        )
        return found["mean"]

    whole = run()
    assert np.array_equal(whole, run())
    assert whole.shape == (300,)
    assert whole.std() == pytest.approx(scores.std() / np.sqrt(40), rel=0.25)
    monkeypatch.setattr("histopress.evaluate.intervals._CHUNK_VALUES", 400)
    assert run().shape == (300,)


@pytest.mark.parametrize("trials", [1, 5, 33])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_exact_bound_is_clopper_and_pearson(trials: int, level: float) -> None:
    expected = binomtest(trials, trials).proportion_ci(level, "exact").low
    assert perfect_bound([trials], level) == pytest.approx(expected, abs=1e-12)


def test_the_bound_of_a_mean_is_wider_and_knows_nothing_without_trials() -> None:
    assert perfect_bound([20, 20], 0.95) < perfect_bound([20], 0.95)
    assert perfect_bound([0], 0.95) == 0.0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=7))
def test_disjoint_pairs_are_a_largest_matching(units: list[tuple[int, bool]]) -> None:
    patients = np.array([patient for patient, _ in units])
    positives = np.array([positive for _, positive in units])
    pairs = [
        {first, second}
        for first in set(patients[positives].tolist())
        for second in set(patients[~positives].tolist())
        if first != second
    ]
    best = max(
        size
        for size in range(len(pairs) + 1)
        for chosen in combinations(pairs, size)
        if sum(map(len, chosen)) == len(set().union(*chosen))
    )
    assert disjoint_pairs(positives, patients, np.zeros(len(units), int)) == best


def test_pairs_stay_within_folds() -> None:
    positives = np.array([True, False, True, True])
    assert disjoint_pairs(positives, np.arange(4), np.array([0, 0, 1, 1])) == 1
    assert disjoint_pairs(positives, np.arange(4), np.zeros(4, int)) == 1
    assert disjoint_pairs(~positives, np.arange(4), np.array([0, 0, 1, 1])) == 1


def test_percentiles_leave_out_what_is_undefined() -> None:
    values = np.append(np.arange(101) / 100, [np.nan] * 50)
    assert percentiles(values, 0.9) == pytest.approx((0.05, 0.95))
    assert percentiles(np.array([np.nan]), 0.9) is None


def test_the_usual_interval_names_its_method_and_numbers() -> None:
    interval = draw(np.linspace(0.6, 0.8, 1001))
    assert (interval.low, interval.high) == pytest.approx((0.605, 0.795))
    assert interval.method == BOOTSTRAP
    assert (interval.n_resamples, interval.degenerate, interval.warning) == (1001, 0, None)
    assert interval.estimand == "these models on new patients of the same population"


def test_perfection_gets_a_bound_and_not_an_interval_of_no_width() -> None:
    interval = draw(np.ones(200), estimate=1.0)
    assert interval.low == pytest.approx(0.025 ** (1 / 10))
    assert interval.high == 1.0
    assert interval.method == EXACT
    assert "rests on 10 comparisons that share no patient" in (interval.warning or "")
    mirrored = draw(np.zeros(200), estimate=0.0)
    assert (mirrored.low, mirrored.high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10)))


def test_warnings_tell_of_small_numbers_and_degenerate_resamples() -> None:
    interval = draw([0.6, 0.7, np.nan, 0.8], few=6)
    assert interval.degenerate == 1
    assert "only 6 patients of the rarer class" in (interval.warning or "")
    assert "1 of 4 resamples lack a class" in (interval.warning or "")
    nothing = draw([np.nan, np.nan])
    assert (nothing.low, nothing.high, nothing.method) == (None, None, "none")


def test_intervals_travel_through_json() -> None:
    for interval in (draw(np.linspace(0.6, 0.8, 101)), draw([np.nan])):
        entry = {**interval.as_json(), "description": "x"}
        assert Interval.from_json(entry) == interval
    assert draw(np.linspace(0.6, 0.8, 101)).as_json()["interval"] == pytest.approx([0.605, 0.795])


def test_covers_the_truth_when_slides_of_a_patient_are_alike(make_units: Callable) -> None:
    """240 simulated cohorts of 60 patients with 3 slides each and a true AUC of 0.76.

    The share of cohorts covered has a standard error of 0.014 at 0.95; 0.94 was measured, and 0.73
    where slides were drawn in place of patients.
    """
    rng = np.random.default_rng(5)
    patients = np.repeat(np.arange(60), 3)
    labels, folds = patients % 2, patients // 2 % 4
    covered = 0
    for _ in range(240):
        noise = rng.normal(size=60)[patients] * 0.9 + rng.normal(size=180) * 0.435
        scores = 1 / (1 + np.exp(-(noise + labels)))
        units = make_units(scores, labels, folds, patients)
        result = evaluate_classification(units, EvaluationSettings(bootstrap=200), rng=rng)
        low, high = result["metrics"]["auc"]["interval"]
        covered += low <= 0.7602 <= high
    assert 0.90 <= covered / 240 <= 0.985
