import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.evaluate.logistic import fit_logistic


@given(seed=st.integers(0, 10**6))
def test_the_likelihood_is_flat_where_the_fit_stops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = 1000 + np.round(rng.normal(size=40), 1) * 50
    positives = rng.random(40) < 1 / (1 + np.exp(-(x - 1000) / 50))
    weights = rng.integers(0, 3, (5, 40)).astype(float)
    found = fit_logistic(positives, x, weights)
    for (a, b), own in zip(found, weights, strict=True):
        drawn = own > 0
        up, down = x[drawn & positives], x[drawn & ~positives]
        overlap = up.size and down.size and up.min() < down.max() and down.min() < up.max()
        assert np.isfinite(b) == bool(overlap)
        if overlap:
            residual = own * (positives - 1 / (1 + np.exp(-(a + b * x))))
            assert residual.sum() == pytest.approx(0, abs=1e-7)
            assert (residual * (x - 1000) / 50).sum() == pytest.approx(0, abs=1e-7)


def test_one_resample_does_not_touch_another() -> None:
    rng = np.random.default_rng(3)
    x, positives = rng.normal(size=30), rng.random(30) < 0.5
    weights = rng.integers(0, 3, (20, 30)).astype(float)
    weights[4] = positives
    together = fit_logistic(positives, x, weights)
    alone = np.concatenate([fit_logistic(positives, x, own[None]) for own in weights])
    assert np.allclose(together, alone, atol=1e-10, equal_nan=True)
    assert np.isnan(together[4]).all()
    assert np.isfinite(np.delete(together, 4, axis=0)).all()


def test_classes_that_only_touch_have_no_finite_slope() -> None:
    positives = np.array([False, False, False, True, True, True])
    x = np.array([0.0, 1.0, 2.0, 2.0, 3.0, 4.0])
    for covariate in (x, -x):
        assert np.isnan(fit_logistic(positives, covariate, np.ones((1, 6)))).all()
    crossed = np.array([0.0, 1.0, 2.5, 2.0, 3.0, 4.0])
    assert np.isfinite(fit_logistic(positives, crossed, np.ones((1, 6)))).all()


def test_without_covariate_the_intercept_is_the_log_odds() -> None:
    positives = np.arange(10) < 3
    found = fit_logistic(positives, None, np.ones((1, 10)))[0]
    assert found == pytest.approx([np.log(3 / 7), 0], abs=1e-12)
