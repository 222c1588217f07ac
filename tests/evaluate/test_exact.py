from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, kendalltau, spearmanr

from histopress.evaluate.exact import (
    disjoint_comparable,
    disjoint_pairs,
    disjoint_patients,
    perfect_bound,
    perfect_correlation_bound,
)
from histopress.evaluate.survival.times import Survival


def largest_matching(pairs: list[set[int]]) -> int:
    return max(
        size
        for size in range(len(pairs) + 1)
        for chosen in combinations(pairs, size)
        if sum(map(len, chosen)) == len(set().union(*chosen))
    )


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
    found = disjoint_pairs(positives, patients, np.zeros(len(units), int))
    assert found == largest_matching(pairs)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=6))
def test_comparable_pairs_are_a_largest_matching(units: list[tuple[int, bool]]) -> None:
    survival = Survival(
        times=np.array([float(time) for time, _ in units]),
        events=np.array([event for _, event in units]),
    )
    pairs = [
        {i, j}
        for i, (time, event) in enumerate(units)
        for j, (other, seen) in enumerate(units)
        if event and (other > time or (other == time and not seen))
    ]
    patients = np.arange(len(units))
    found = disjoint_comparable(survival, patients, np.zeros(len(units), int))
    assert found == largest_matching(pairs)


def test_pairs_stay_within_folds_and_slides_of_a_patient_count_once() -> None:
    positives = np.array([True, False, True, True])
    halves, one = np.array([0, 0, 1, 1]), np.zeros(4, int)
    assert disjoint_pairs(positives, np.arange(4), halves) == 1
    assert disjoint_pairs(~positives, np.arange(4), halves) == 1
    assert disjoint_patients(np.arange(4), one) == 2
    assert disjoint_patients(np.array([0, 0, 1, 2]), halves) == 1
    survival = Survival(times=np.array([1.0, 1, 2, 3]), events=np.array([True, True, False, False]))
    assert disjoint_comparable(survival, np.array([0, 0, 1, 2]), one) == 1
    assert disjoint_comparable(survival, np.arange(4), one) == 2
    assert disjoint_comparable(survival, np.arange(4), halves) == 0


def test_the_bound_of_a_correlation_holds_for_random_rankings() -> None:
    """Durbin and Stuart's inequality, and that few pairs tell next to nothing."""
    rng = np.random.default_rng(1)
    for strength in (0.5, 1.0, 3.0):
        x = rng.normal(size=400)
        y = strength * x + rng.normal(size=400)
        tau, rho = kendalltau(x, y).statistic, spearmanr(x, y).statistic
        assert rho >= (3 * tau - 1) / 2 - 0.01
    assert perfect_correlation_bound([30], 0.95) == pytest.approx(3 * 0.025 ** (1 / 30) - 2)
    assert perfect_correlation_bound([1], 0.95) == -1.0
