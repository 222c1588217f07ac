from typing import get_args

import numpy as np
import pytest
from scipy.stats import t as student

from histopress.evaluate.auc import fold_auc, weighted_pairs
from histopress.evaluate.intervals import (
    BOOTSTRAP,
    EXACT,
    FAMILIES,
    JACKKNIFE,
    SCALED,
    Family,
    Interval,
    bootstrap,
    make_interval,
)
from histopress.evaluate.resampling import Statistic


def draw(replicates: object, estimate: float = 0.7, few: int = 500, **more: object) -> Interval:
    values = np.asarray(replicates, np.float64)
    facts = {"trials": (10,), "level": 0.95, "n_patients": 40, "n_slides": 60}
    return make_interval(estimate, values, few=few, **facts, **more)  # type: ignore[arg-type]


def test_shares_and_other_numbers_get_percentiles_and_name_method_and_numbers() -> None:
    for family in ("share", "free"):
        interval = draw(np.linspace(0.6, 0.8, 1001), family=family)
        assert (interval.low, interval.high) == pytest.approx((0.605, 0.795))
        assert interval.method == BOOTSTRAP
        assert (interval.n_resamples, interval.degenerate, interval.warning) == (1001, 0, None)
        assert interval.estimand == "these models on new patients of the same population"


@pytest.mark.parametrize("family", ["auc", "concordance"])
def test_pair_metrics_get_a_logit_interval_of_the_bootstraps_error(family: str) -> None:
    replicates = np.random.default_rng(1).normal(0.9, 0.03, 2000)
    interval = draw(replicates, estimate=0.9, family=family, n_folds=4)
    error = replicates.std(ddof=1) * np.sqrt(40 / 36)
    half = student.ppf(0.975, 36) * error / 0.09
    odds = np.log(9) + np.array([-half, half])
    assert (interval.low, interval.high) == pytest.approx(tuple(1 / (1 + np.exp(-odds))))
    assert interval.method == SCALED["logit"]


def test_correlations_get_fishers_z_and_a_jackknife_error_goes_before_the_bootstraps() -> None:
    replicates = np.random.default_rng(2).normal(0.6, 0.1, 500)
    interval = draw(replicates, estimate=0.6, family="correlation", error=0.05)
    half = student.ppf(0.975, 39) * 0.05 / (1 - 0.36)
    expected = np.tanh(np.arctanh(0.6) + np.array([-half, half]))
    assert (interval.low, interval.high) == pytest.approx(tuple(expected))
    assert interval.method == JACKKNIFE["fisher"]
    fallen = draw(replicates, estimate=0.6, family="correlation", error=float("nan"))
    assert fallen.method == SCALED["fisher"]
    assert (fallen.high or 0) > (interval.high or 0)


@pytest.mark.parametrize("family", ["share", "auc", "concordance"])
def test_perfection_gets_a_bound_and_not_an_interval_of_no_width(family: str) -> None:
    interval = draw(np.ones(200), estimate=1.0, family=family)
    assert interval.low == pytest.approx(0.025 ** (1 / 10))
    assert interval.high == 1.0
    assert interval.method == EXACT
    assert "rests on 10 comparisons that share no patient" in (interval.warning or "")
    mirrored = draw(np.zeros(200), estimate=0.0, family=family)
    assert (mirrored.low, mirrored.high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10)))


def test_ranks_that_all_agree_get_a_bound_and_zero_correlation_is_no_perfection() -> None:
    interval = draw(np.ones(50), estimate=1.0, family="correlation")
    assert interval.low == pytest.approx(3 * 0.025 ** (1 / 10) - 2)
    reversed_ = draw(-np.ones(50), estimate=-1.0, family="correlation")
    assert (reversed_.low, reversed_.high) == (-1.0, pytest.approx(-(interval.low or 0)))
    assert "reversed" in (reversed_.warning or "")
    zero = draw(np.random.default_rng(3).normal(0, 0.1, 99), estimate=0.0, family="correlation")
    assert zero.method == SCALED["fisher"]
    error = draw(np.linspace(0, 0.2, 99), estimate=0.0, family="free")
    assert error.method == BOOTSTRAP


def test_no_spread_or_no_patients_to_spare_is_no_interval() -> None:
    flat = draw(np.full(99, 0.7), family="auc")
    assert (flat.low, flat.method) == (None, "none")
    assert "show no spread" in (flat.warning or "")
    assert draw(np.linspace(0.6, 0.8, 99), family="auc", n_folds=40).low is None


def test_warnings_tell_of_small_numbers_and_degenerate_resamples() -> None:
    interval = draw([0.6, 0.7, np.nan, 0.8], few=6)
    assert interval.degenerate == 1
    assert "only 6 patients of the rarer class" in (interval.warning or "")
    assert "1 of 4 resamples" in (interval.warning or "")
    nothing = draw([np.nan, np.nan])
    assert (nothing.low, nothing.high, nothing.method) == (None, None, "none")


@pytest.mark.parametrize("family", get_args(Family))
def test_every_family_warns_below_its_own_number(family: Family) -> None:
    few, values = FAMILIES[family].few, np.linspace(0.65, 0.75, 99)
    assert draw(values, few=few, family=family).warning is None
    warned = draw(values, few=few - 1, family=family).warning or ""
    assert f"only {few - 1} {FAMILIES[family].counted}" in warned


def test_cross_validated_models_near_chance_are_pointed_to_a_permutation_test() -> None:
    rng = np.random.default_rng(4)
    near, far = rng.normal(0.6, 0.05, 500), rng.normal(0.95, 0.02, 500)
    assert "permutation" in (draw(near, estimate=0.6, family="auc", n_folds=4).warning or "")
    assert draw(near, estimate=0.6, family="auc").warning is None
    assert draw(far, estimate=0.95, family="auc", n_folds=4).warning is None
    assert draw(near, estimate=0.6, family="share", n_folds=4).warning is None
    low = draw(near - 0.6, estimate=0.1, family="correlation", n_folds=4)
    assert "permutation" in (low.warning or "")


def test_intervals_travel_through_json() -> None:
    for interval in (draw(np.linspace(0.6, 0.8, 101)), draw([np.nan])):
        entry = {**interval.as_json(), "description": "x"}
        assert Interval.from_json(entry) == interval
    assert draw(np.linspace(0.6, 0.8, 101)).as_json()["interval"] == pytest.approx([0.605, 0.795])


def auc_within(folds: np.ndarray, positives: np.ndarray, scores: np.ndarray) -> Statistic:
    def statistic(weights: np.ndarray) -> np.ndarray:
        counts = [
            weighted_pairs(positives[folds == f], scores[folds == f], weights[:, folds == f])
            for f in np.unique(folds)
        ]
        won, pairs = np.sum(counts, axis=0)
        return won / np.maximum(pairs, 1)

    return statistic


def test_covers_the_truth_when_slides_of_a_patient_are_alike() -> None:
    """240 simulated cohorts of 60 patients with 3 slides each and a true AUC of 0.76.

    The share of cohorts covered has a standard error of 0.014 at 0.95; COVERED was measured, and
    0.73 where slides were drawn in place of patients. ``benchmarks/coverage.md`` has the tables.
    """
    rng = np.random.default_rng(5)
    patients = np.repeat(np.arange(60), 3)
    positives, folds = patients % 2 == 1, patients // 2 % 4
    covered = 0
    for _ in range(240):
        noise = rng.normal(size=60)[patients] * 0.9 + rng.normal(size=180) * 0.435
        scores = noise + positives
        units = {"patients": patients, "folds": folds}
        statistic = auc_within(folds, positives, scores)
        drawn = bootstrap({"auc": statistic}, n_resamples=200, rng=rng, **units)["auc"]
        interval = make_interval(
            fold_auc(positives, scores, folds).average,
            drawn,
            trials=(20,),
            few=30,
            level=0.95,
            n_patients=60,
            n_slides=180,
            family="auc",
            n_folds=4,
        )
        covered += (interval.low or 0) <= 0.7602 <= (interval.high or 1)
    assert 0.92 <= covered / 240 <= 0.985, covered / 240
