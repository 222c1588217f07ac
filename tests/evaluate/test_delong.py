import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from histopress.evaluate.delong import delong, placements
from histopress.evaluate.undefined import UndefinedMetricError


def slow_delong(positives: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Covariance from the structural components of every pair, as the paper writes them."""
    x, y = scores[:, positives], scores[:, ~positives]
    psi = (x[:, :, None] > y[:, None, :]) + 0.5 * (x[:, :, None] == y[:, None, :])
    v10, v01, theta = psi.mean(2), psi.mean(1), psi.mean((1, 2))[:, None]
    m, n = x.shape[1], y.shape[1]
    s10 = (v10 - theta) @ (v10 - theta).T / (m - 1)
    s01 = (v01 - theta) @ (v01 - theta).T / (n - 1)
    return s10 / m + s01 / n


@given(st.integers(0, 10**6), st.integers(1, 3))
def test_the_fast_ranks_give_what_all_pairs_give(seed: int, decimals: int) -> None:
    rng = np.random.default_rng(seed)
    positives = rng.permutation(np.arange(30) < rng.integers(2, 28))
    signal = rng.normal(size=30) + positives
    scores = np.round(
        np.stack([signal, signal + rng.normal(size=30), rng.normal(size=30)]), decimals
    )
    found = delong(positives, scores)
    assert found.aucs == pytest.approx([roc_auc_score(positives, own) for own in scores], abs=1e-12)
    assert found.covariance == pytest.approx(slow_delong(positives, scores), abs=1e-12)
    both = found.covariance[0, 0] + found.covariance[2, 2] - 2 * found.covariance[0, 2]
    assert found.difference_error(0, 2) == pytest.approx(np.sqrt(both), abs=1e-9)


def test_equal_models_differ_by_nothing_and_constants_are_chance() -> None:
    positives = np.array([True, True, True, False, False, False])
    scores = np.array([[3.0, 2, 1, 2, 1, 0], [3.0, 2, 1, 2, 1, 0], [1.0] * 6])
    found = delong(positives, scores)
    assert found.difference_error() == 0
    assert found.aucs[2] == 0.5
    assert found.covariance[2, 2] == 0


def test_too_few_or_absent_classes_and_nan_are_refused() -> None:
    positives = np.array([True, False, False])
    with pytest.raises(UndefinedMetricError, match="1 positives and 2 negatives"):
        delong(positives, np.ones((1, 3)))
    assert placements(np.ones(3, bool), np.arange(3.0))[0].size == 0
    with pytest.raises(ValueError, match="NaN"):
        delong(positives, np.full((1, 3), np.nan))
