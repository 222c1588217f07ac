import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from histopress.evaluate.agreement import (
    accuracies,
    balanced_accuracies,
    confusions,
    f1_scores,
    quadratic_kappas,
)

SEEDS = st.integers(0, 10**6)


def draw(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(seed)
    n_classes = int(rng.integers(2, 5))
    labels, chosen = rng.integers(0, n_classes, (2, 25))
    return labels, chosen, rng.integers(0, 3, 25), n_classes


@settings(max_examples=40)
@given(seed=SEEDS)
def test_agree_with_scikit_learn_on_the_repeated_sample(seed: int) -> None:
    labels, chosen, copies, n_classes = draw(seed)
    counts = confusions(labels, chosen, copies[None].astype(float), n_classes)
    truth, choice = np.repeat(labels, copies), np.repeat(chosen, copies)
    every = list(range(n_classes))
    assert counts[0].tolist() == metrics.confusion_matrix(truth, choice, labels=every).tolist()
    assert accuracies(counts)[0] == pytest.approx(metrics.accuracy_score(truth, choice))
    if set(truth) == set(every):
        balanced = metrics.balanced_accuracy_score(truth, choice)
        assert balanced_accuracies(counts)[0] == pytest.approx(balanced, abs=1e-12)
        macro = metrics.f1_score(truth, choice, average="macro")
        assert f1_scores(counts)[0] == pytest.approx(macro, abs=1e-12)
        own = metrics.f1_score(truth, choice, average=None)
        assert f1_scores(counts, 1)[0] == pytest.approx(own[1], abs=1e-12)
        kappa = metrics.cohen_kappa_score(truth, choice, weights="quadratic")
        assert quadratic_kappas(counts)[0] == pytest.approx(kappa, abs=1e-12)
    else:
        assert np.isnan(balanced_accuracies(counts)[0])


def test_of_two_classes_kappa_is_the_plain_one() -> None:
    rng = np.random.default_rng(2)
    labels, chosen = rng.integers(0, 2, (2, 40))
    counts = confusions(labels, chosen, np.ones((1, 40)), 2)
    expected = metrics.cohen_kappa_score(labels, chosen)
    assert quadratic_kappas(counts)[0] == pytest.approx(expected, abs=1e-12)


def test_far_errors_cost_kappa_more() -> None:
    near = confusions(np.array([0, 1, 2, 0]), np.array([0, 1, 2, 1]), np.ones((1, 4)), 3)
    far = confusions(np.array([0, 1, 2, 0]), np.array([0, 1, 2, 2]), np.ones((1, 4)), 3)
    assert quadratic_kappas(near)[0] > quadratic_kappas(far)[0]


def test_nothing_over_nothing_is_no_number() -> None:
    counts = confusions(np.zeros(4, int), np.zeros(4, int), np.ones((1, 4)), 2)
    assert np.isnan(quadratic_kappas(counts)[0])
    assert np.isnan(f1_scores(counts, 1)[0])
    assert np.isnan(f1_scores(counts)[0])
    assert f1_scores(counts, 0)[0] == 1
    missed = confusions(np.zeros(4, int), np.ones(4, int), np.ones((1, 4)), 2)
    assert f1_scores(missed, 1)[0] == 0
