import numpy as np
import pytest
from scipy.stats import norm

from histopress.evaluate.auc import weighted_pairs
from histopress.evaluate.comparison import (
    DELONG,
    OBUCHOWSKI,
    PAIRED,
    Difference,
    compare_aucs,
    compare_paired,
)
from histopress.evaluate.delong import delong
from histopress.evaluate.resampling import Statistic

RNG_SEED = 11


def two_models(n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(RNG_SEED)
    positives = np.arange(n) // 4 % 2 == 0
    shared = rng.normal(size=n) + positives
    return positives, shared + 0.3 * rng.normal(size=n), shared + 1.5 * rng.normal(size=n)


def compare(patients: np.ndarray, folds: np.ndarray) -> Difference:
    positives, first, second = two_models(len(patients))
    return compare_aucs(positives, first, second, patients=patients, folds=folds, level=0.95)


def test_delong_is_taken_for_independent_units_of_one_model_only() -> None:
    alone, one = np.arange(80), np.zeros(80, int)
    found = compare(alone, one)
    assert found.method == DELONG
    assert "each patient is one unit" in found.reason
    clustered = compare(alone // 2, one)
    assert clustered.method == OBUCHOWSKI
    assert clustered.reason == "80 units are of 40 patients"
    folded = compare(alone, alone % 4)
    assert folded.method == OBUCHOWSKI
    assert folded.reason == "4 folds have their own models"
    both = compare(alone // 2, alone // 2 % 4)
    assert both.reason == "80 units are of 40 patients and 4 folds have their own models"


def test_delongs_test_is_that_of_the_paper() -> None:
    positives, first, second = two_models()
    found = compare(np.arange(80), np.zeros(80, int))
    plain = delong(positives, np.stack([first, second]))
    z = (plain.aucs[0] - plain.aucs[1]) / plain.difference_error()
    assert found.p_value == pytest.approx(2 * norm.sf(abs(z)), rel=1e-6)
    half = 1.959964 * plain.difference_error()
    middle = found.difference
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-6)
    assert found.estimand == "these models on new patients of the same population"
    assert found.as_json()["interval"] == [found.low, found.high]


def test_repeated_slides_make_no_smaller_p_value() -> None:
    positives, first, second = two_models()
    once = compare(np.arange(80), np.zeros(80, int))
    thrice = compare_aucs(
        np.repeat(positives, 3),
        np.repeat(first, 3),
        np.repeat(second, 3),
        patients=np.repeat(np.arange(80), 3),
        folds=np.zeros(240, int),
        level=0.95,
    )
    assert thrice.p_value == pytest.approx(once.p_value, abs=0.01)


def test_equal_models_get_no_interval_of_no_width() -> None:
    positives, first, _ = two_models()
    one = np.zeros(80, int)
    found = compare_aucs(positives, first, first, patients=np.arange(80), folds=one, level=0.95)
    assert (found.difference, found.low, found.p_value) == (0.0, None, None)
    assert "no spread" in (found.warning or "")
    undefined = compare_aucs(
        np.ones(80, bool), first, first, patients=np.arange(80), folds=one, level=0.95
    )
    assert undefined.difference is None
    assert "undefined: 80 positives and 0 negatives" in (undefined.warning or "")


def auc_of(scores: np.ndarray, positives: np.ndarray) -> Statistic:
    def statistic(weights: np.ndarray) -> np.ndarray:
        won, pairs = weighted_pairs(positives, scores, weights)
        return np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0)

    return statistic


def test_the_paired_bootstrap_agrees_with_the_closed_form() -> None:
    positives, first, second = two_models(400)
    patients, folds = np.arange(400) // 2, np.zeros(400, int)
    closed = compare(patients, folds)
    drawn = compare_paired(
        auc_of(first, positives),
        auc_of(second, positives),
        patients=patients,
        folds=folds,
        n_resamples=2000,
        level=0.95,
        rng=np.random.default_rng(1),
    )
    assert (drawn.method, drawn.n_resamples, drawn.n_patients) == (PAIRED, 2000, 200)
    assert drawn.difference == pytest.approx(closed.difference, abs=1e-12)
    assert (drawn.low, drawn.high) == pytest.approx((closed.low, closed.high), abs=0.012)
    assert drawn.p_value is not None
    assert 0 < drawn.p_value <= 2 * 2 / 2001


def test_degenerate_resamples_are_counted_and_undefined_figures_named() -> None:
    positives = np.array([True, False, False, False])
    first, second = np.array([0.9, 0.1, 0.95, 0.2]), np.array([0.9, 0.95, 0.1, 0.99])
    units = {"patients": np.arange(4), "folds": np.zeros(4, int)}
    facts = {"n_resamples": 200, "level": 0.95}
    rng = np.random.default_rng(2)
    pair = (auc_of(first, positives), auc_of(second, positives))
    found = compare_paired(*pair, rng=rng, **units, **facts)
    assert found.degenerate > 30
    assert f"{found.degenerate} of 200 resamples have no figure" in (found.warning or "")
    absent = auc_of(first, np.ones(4, bool))
    nothing = compare_paired(absent, absent, rng=rng, **units, **facts)
    assert nothing.difference is None
    assert "undefined" in (nothing.warning or "")


def test_two_equally_good_models_are_told_apart_as_often_as_the_level_says() -> None:
    """400 cohorts of 60 patients with two slides in 4 folds; p below 0.05 in some 5 %."""
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(60), 2)
    folds, positives = patients % 4, patients // 4 % 2 == 0
    false = 0
    for _ in range(400):
        shared = rng.normal(size=60)[patients] + positives
        scores = [shared + rng.normal(size=60)[patients] for _ in range(2)]
        found = compare_aucs(positives, *scores, patients=patients, folds=folds, level=0.95)
        false += (found.p_value or 1.0) < 0.05
    assert 0.02 <= false / 400 <= 0.09
