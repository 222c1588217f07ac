import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from histopress.evaluate.auc import auc, fold_auc, macro_fold_auc, weighted_pairs
from histopress.evaluate.undefined import UndefinedMetricError


@pytest.mark.parametrize("levels", [2, 7, 1000, None])
@pytest.mark.parametrize("size", [5, 60, 2000])
def test_agrees_with_scikit_learn_also_with_ties(levels: int | None, size: int) -> None:
    rng = np.random.default_rng(size)
    for _ in range(20):
        scores = rng.normal(size=size) if levels is None else rng.integers(levels, size=size) / 7
        labels = rng.random(size) < 0.3
        labels[:2] = [True, False]
        assert auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_within_folds_is_the_mean_weighted_by_pairs() -> None:
    rng = np.random.default_rng(0)
    labels, folds = rng.random(200) < 0.4, rng.integers(4, size=200)
    scores = rng.integers(9, size=200) / 3 + labels
    result = fold_auc(labels, scores, folds)
    values = [roc_auc_score(labels[folds == f], scores[folds == f]) for f in range(4)]
    pairs = [int(labels[folds == f].sum() * (~labels[folds == f]).sum()) for f in range(4)]
    assert result.folds == (0, 1, 2, 3)
    assert result.aucs == pytest.approx(values, abs=1e-12)
    assert result.pairs == tuple(pairs)
    assert result.average == pytest.approx(np.average(values, weights=pairs), abs=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 3)), min_size=1))
def test_weights_stand_for_copies(items: list[tuple[bool, int, int]]) -> None:
    labels = np.array([item[0] for item in items])
    scores = np.array([item[1] for item in items], np.float64)
    weights = np.array([item[2] for item in items])
    won, pairs = weighted_pairs(labels, scores, weights[None].astype(np.float64))
    copies = np.repeat(np.arange(len(items)), weights)
    above = scores[copies][labels[copies]][:, None] - scores[copies][~labels[copies]][None]
    assert pairs[0] == above.size
    assert won[0] == (above > 0).sum() + (above == 0).sum() / 2


@given(st.lists(st.tuples(st.booleans(), st.integers(-9, 9)), min_size=2))
def test_only_the_order_of_scores_counts(items: list[tuple[bool, int]]) -> None:
    labels = np.array([item[0] for item in items])
    scores = np.array([item[1] for item in items], np.float64)
    if labels.all() or not labels.any():
        return
    assert auc(labels, np.exp(scores / 3)) == auc(labels, scores)
    assert auc(labels, -scores) == pytest.approx(1 - auc(labels, scores), abs=1e-12)


def test_what_is_undefined_says_why() -> None:
    two = np.array([0.1, 0.2])
    with pytest.raises(UndefinedMetricError, match="all 2 are negative"):
        auc(np.array([False, False]), two)
    with pytest.raises(UndefinedMetricError, match="none of 2 folds holds positives and negatives"):
        fold_auc(np.array([False, True]), two, np.array([0, 1]))
    with pytest.raises(UndefinedMetricError, match="nothing to compare"):
        auc(np.array([], bool), np.array([]))
    with pytest.raises(ValueError, match="NaN"):
        auc(np.array([False, True]), np.array([0.1, np.nan]))


def test_a_fold_without_both_classes_is_none_and_weighs_nothing() -> None:
    labels = np.array([True, False, True, True])
    result = fold_auc(labels, np.array([0.9, 0.1, 0.2, 0.3]), np.array([0, 0, 1, 1]))
    assert result.aucs == (1.0, None)
    assert result.pairs == (1, 0)
    assert result.average == 1.0


def test_pooling_is_biased_below_chance_where_nothing_can_be_learned() -> None:
    """The trap: a model that knows the prevalence of its training folds, and nothing else."""
    rng = np.random.default_rng(4)
    within, pooled = [], []
    for _ in range(300):
        labels, folds = rng.random(60) < 0.5, rng.permutation(60) % 4
        prevalence = [labels[folds != fold].mean() for fold in range(4)]
        scores = np.array([prevalence[fold] for fold in folds]) + rng.normal(scale=1e-6, size=60)
        within.append(fold_auc(labels, scores, folds).average)
        pooled.append(auc(labels, scores))
    assert abs(np.mean(within) - 0.5) < 0.02
    assert np.mean(pooled) < 0.45


def test_several_classes_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(3, size=90)
    logits = rng.normal(size=(90, 3)) + np.eye(3)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    one_fold = np.zeros(90, np.int64)
    expected = roc_auc_score(labels, probabilities, multi_class="ovr")
    assert macro_fold_auc(labels, probabilities, one_fold) == pytest.approx(expected, abs=1e-12)
    with pytest.raises(UndefinedMetricError, match="class 2 against the rest: all 60 are negative"):
        few = np.minimum(labels, 1)[:60]
        macro_fold_auc(few, probabilities[:60], one_fold[:60])
