import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, rankdata, spearmanr

from histopress.evaluate.correlation import (
    fold_correlations,
    midranks,
    pearsons,
    spearman,
    spearmans,
    why_undefined,
)
from histopress.evaluate.undefined import UndefinedMetricError

SEEDS = st.integers(0, 10**6)


def draw(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=25), rng.integers(0, 3))
    predictions = np.round(values + rng.normal(size=25), rng.integers(0, 3))
    return values, predictions, rng.integers(0, 4, 25)


@given(seed=SEEDS)
def test_weights_are_copies(seed: int) -> None:
    values, predictions, copies = draw(seed)
    weights = copies[None].astype(float)
    x, y = np.repeat(values, copies), np.repeat(predictions, copies)
    found = midranks(values, weights)[0]
    assert np.array_equal(np.repeat(found, copies), rankdata(x))
    if np.ptp(x) and np.ptp(y):
        rho, r = spearmanr(x, y).statistic, pearsonr(x, y).statistic
        assert spearmans(values, predictions, weights)[0] == pytest.approx(rho, abs=1e-10)
        assert pearsons(values, predictions, weights)[0] == pytest.approx(r, abs=1e-10)
    else:
        assert np.isnan(spearmans(values, predictions, weights)[0])


@given(seed=SEEDS)
def test_agrees_with_scipy(seed: int) -> None:
    values, predictions, _ = draw(seed)
    if not (np.ptp(values) and np.ptp(predictions)):
        return
    assert spearman(values, predictions) == pytest.approx(
        spearmanr(values, predictions).statistic, abs=1e-10
    )


@pytest.mark.parametrize(
    ("values", "predictions", "message"),
    [
        ([1.0], [2.0], "1 units: there is nothing"),
        ([0.1] * 3, [1.0, 2.0, 3.0], "all 3 values are 0.1"),
        ([1.0, 2.0, 3.0], [0.1] * 3, "all 3 predictions are 0.1"),
    ],
)
def test_what_has_no_correlation_is_named(
    values: list[float], predictions: list[float], message: str
) -> None:
    with pytest.raises(UndefinedMetricError, match=message):
        spearman(np.array(values), np.array(predictions))
    weights = np.ones((1, len(values)))
    assert np.isnan(spearmans(np.array(values), np.array(predictions), weights)[0])
    # Rounding leaves a mean of equal numbers beside them; that is no spread.
    assert np.isnan(pearsons(np.array(values), np.array(predictions), weights)[0])


def test_perfect_order_does_not_leave_the_range() -> None:
    values = np.arange(7.0)
    found = spearmans(values, values**3, np.random.default_rng(0).integers(1, 4, (50, 7)) * 1.0)
    assert (found <= 1).all()
    assert found == pytest.approx(1)
    assert why_undefined(values, values) is None


def test_folds_weigh_their_units_less_one() -> None:
    rng = np.random.default_rng(4)
    values, predictions = rng.normal(size=(2, 20))
    folds = np.repeat([0, 1], [7, 13])
    own = [spearmanr(values[folds == f], predictions[folds == f]).statistic for f in (0, 1)]
    found = fold_correlations(spearmans, values, predictions, folds=folds, weights=np.ones((1, 20)))
    assert found[0] == pytest.approx((6 * own[0] + 12 * own[1]) / 18, abs=1e-12)


def test_a_fold_without_spread_is_left_out_and_a_failed_model_is_not() -> None:
    values = np.array([1.0, 2, 3, 5, 5, 5])
    predictions = np.array([1.0, 3, 2, 0, 1, 2])
    folds = np.array([0, 0, 0, 1, 1, 1])

    def found(x: np.ndarray, y: np.ndarray) -> float:
        return float(fold_correlations(spearmans, x, y, folds=folds, weights=np.ones((1, 6)))[0])

    assert found(values, predictions) == pytest.approx(0.5)
    assert np.isnan(found(np.arange(6.0), np.array([1.0, 3, 2, 1, 1, 1])))
