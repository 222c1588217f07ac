import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from histopress.learn.scoring import balanced_cross_entropy, macro_auc


@given(st.integers(2, 5), st.integers(0, 2**32))
def test_auc_agrees_with_scikit_learn_ties_included(classes, seed):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(classes, size=20)])
    scores = rng.integers(1, 5, (labels.size, classes)).astype(float)
    scores /= scores.sum(1, keepdims=True)
    expected = np.mean([roc_auc_score(labels == k, scores[:, k]) for k in range(classes)])
    assert macro_auc(scores, labels) == pytest.approx(expected, abs=1e-12)


def test_cross_entropy_weighs_classes_alike():
    probabilities = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.75, 0.25]])
    # (log 2 + log 4) / 2
    expected = 1.5 * np.log(2)
    assert balanced_cross_entropy(probabilities, np.array([0, 0, 0, 1])) == pytest.approx(expected)


def test_a_certain_error_is_finite():
    assert np.isfinite(balanced_cross_entropy(np.array([[1.0, 0.0]]), np.array([1])))
