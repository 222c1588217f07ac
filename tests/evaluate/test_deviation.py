import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress
from sklearn.metrics import mean_absolute_error, r2_score

from histopress.evaluate.deviation import mean_absolute_errors, r_squared, recalibration_lines

SEEDS = st.integers(0, 10**6)


@given(seed=SEEDS)
def test_agree_with_scikit_learn_and_scipy_on_the_repeated_sample(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=20), 1)
    predictions = np.round(values + rng.normal(size=20), 1)
    copies = rng.integers(0, 4, 20)
    copies[:3] = 1
    values[:3], predictions[:3] = [-3, 0, 3], [-2, 0.5, 1]
    weights = copies[None].astype(float)
    x, y = np.repeat(values, copies), np.repeat(predictions, copies)
    line = linregress(y, x)
    found = [
        mean_absolute_errors(values, predictions, weights)[0],
        r_squared(values, predictions, weights)[0],
        *(part[0] for part in recalibration_lines(values, predictions, weights)),
    ]
    expected = [mean_absolute_error(x, y), r2_score(x, y), line.slope, line.intercept]
    assert found == pytest.approx(expected, abs=1e-10)


def test_r_squared_against_the_training_mean() -> None:
    values, predictions = np.array([1.0, 2, 4]), np.array([1.0, 3, 3])
    found = r_squared(values, predictions, np.ones((1, 3)), reference=np.array([0.0, 0, 2]))
    assert found[0] == pytest.approx(1 - 2 / (1 + 4 + 4))


def test_no_spread_is_no_number() -> None:
    same, ones = np.full(3, 0.1), np.ones((1, 3))
    assert np.isnan(r_squared(same, np.arange(3.0), ones)[0])
    assert np.isnan(r_squared(same, np.arange(3.0), ones, reference=same)[0])
    assert np.isnan(recalibration_lines(np.arange(3.0), same, ones)[0][0])
    assert np.isnan(recalibration_lines(np.arange(3.0), same, ones)[1][0])
