import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from histopress.evaluate.calibration import (
    calibrations_in_the_large,
    expected_errors,
    log_losses,
    logit,
    recalibrations,
    reliability,
    squared_errors,
)

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden" / "metrics.json").read_text())[
    "calibration"
]
SEEDS = st.integers(0, 10**6)


def test_recalibration_agrees_with_statsmodels() -> None:
    probabilities = 1 / (1 + np.exp(-np.array(GOLDEN["logits"])))
    positives, ones = np.array(GOLDEN["labels"]), np.ones((1, 120))
    expected = GOLDEN["statsmodels"]
    slope = recalibrations(positives, probabilities, ones)[0]
    assert slope == pytest.approx(expected["slope"], abs=1e-8)
    large = calibrations_in_the_large(positives, probabilities, ones)[0]
    assert large == pytest.approx(expected["in_the_large"], abs=1e-8)


def test_right_probabilities_have_slope_one_and_intercept_zero() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.uniform(0.02, 0.98, 50_000)
    positives, ones = rng.random(50_000) < probabilities, np.ones((1, 50_000))
    assert recalibrations(positives, probabilities, ones)[0] == pytest.approx(1, abs=0.03)
    assert calibrations_in_the_large(positives, probabilities, ones)[0] == pytest.approx(
        0, abs=0.03
    )
    assert expected_errors(positives, probabilities, ones)[0] < 0.015
    # Twice as extreme on the logit scale: half the slope.
    sharp = 1 / (1 + np.exp(-2 * logit(probabilities)))
    assert recalibrations(positives, sharp, ones)[0] == pytest.approx(0.5, abs=0.03)


@given(seed=SEEDS)
def test_scores_agree_with_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 5))
    probabilities = rng.dirichlet(np.full(size, 0.5), 30)
    labels = np.concatenate([np.arange(size), rng.integers(0, size, 30 - size)])
    squares = squared_errors(labels, probabilities).mean()
    expected = (
        brier_score_loss(labels, probabilities[:, 1])
        if size == 2
        else brier_score_loss(labels, probabilities, scale_by_half=False)
    )
    assert squares == pytest.approx(expected, abs=1e-12)
    assert log_losses(labels, probabilities).mean() == pytest.approx(
        log_loss(labels, probabilities), abs=1e-10
    )


def test_log_loss_of_a_sure_error_is_finite() -> None:
    sure = np.array([[1.0, 0.0]])
    assert log_losses(np.array([1]), sure)[0] == pytest.approx(log_loss([1], sure, labels=[0, 1]))


@given(seed=SEEDS)
def test_expected_error_of_copies_is_that_of_the_repeated_sample(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = np.round(rng.random(40), rng.integers(1, 4))
    outcomes, copies = rng.random(40) < 0.4, rng.integers(0, 4, 40)
    found = expected_errors(outcomes, probabilities, copies[None].astype(float))[0]
    p, y = np.repeat(probabilities, copies), np.repeat(outcomes, copies)
    ranks = [((p < own).sum() + (p == own).sum() / 2) / len(p) for own in p]
    bins = np.minimum((10 * np.array(ranks)).astype(int), 9)
    parts = [abs((p - y)[bins == b].sum()) for b in range(10)]
    assert found == pytest.approx(sum(parts) / len(p), abs=1e-9)


def test_bins_hold_equal_numbers_and_never_part_ties() -> None:
    outcomes = np.arange(40) % 2 == 0
    points = reliability(outcomes, np.linspace(0.01, 0.99, 40))
    assert [point["n"] for point in points] == [4] * 10
    assert [point["predicted"] for point in points] == sorted(p["predicted"] for p in points)
    tied = reliability(outcomes, np.full(40, 0.3))
    assert tied == [{"n": 40, "predicted": pytest.approx(0.3), "observed": 0.5}]
    ones = np.ones((1, 40))
    assert expected_errors(outcomes, np.full(40, 0.3), ones)[0] == pytest.approx(0.2)


def test_slopes_without_a_value() -> None:
    ones, positives = np.ones((1, 4)), np.array([False, False, True, True])
    apart = np.array([0.1, 0.2, 0.8, 0.9])
    touching = np.array([0.1, 0.5, 0.5, 0.9])
    for scores in (apart, 1 - apart, touching, np.full(4, 0.3)):
        assert np.isnan(recalibrations(positives, scores, ones)[0])
    assert np.isfinite(calibrations_in_the_large(positives, apart, ones)[0])
    assert np.isnan(calibrations_in_the_large(np.ones(4, bool), apart, ones)[0])


def test_calibration_in_the_large_has_a_value_for_certain_predictions() -> None:
    positives = np.array([True, *[False] * 6])
    probabilities = np.array([1.0] * 6 + [0.0])
    found = calibrations_in_the_large(positives, probabilities, np.ones((1, 7)))[0]
    # The root of Σ expit(a + logit p) = Σ y by scipy's brentq, p kept 1e-6 away from 0 and 1.
    assert found == pytest.approx(-15.424947470369357, abs=1e-9)
