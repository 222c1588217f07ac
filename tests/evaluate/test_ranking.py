import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from histopress.evaluate.ranking import average_precision, fold_precisions, precision_sums
from histopress.evaluate.undefined import UndefinedMetricError

SEEDS = st.integers(0, 10**6)


def draw(seed: int, n: int = 30) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positives = rng.permutation(np.arange(n) < rng.integers(1, n))
    return positives, np.round(rng.normal(size=n), rng.integers(0, 3))


@given(seed=SEEDS)
def test_agrees_with_scikit_learn_on_tied_scores(seed: int) -> None:
    positives, scores = draw(seed)
    expected = average_precision_score(positives, scores)
    assert average_precision(positives, scores) == pytest.approx(expected, abs=1e-12)


@given(seed=SEEDS)
def test_weights_are_copies(seed: int) -> None:
    positives, scores = draw(seed)
    copies = np.random.default_rng(seed).integers(0, 4, len(scores))
    total, count = precision_sums(positives, scores, copies[None].astype(float))
    repeated = np.repeat(positives, copies)
    if not 0 < repeated.sum() < len(repeated):
        assert (total[0], count[0]) == (0, 0)
        return
    expected = average_precision_score(repeated, np.repeat(scores, copies))
    assert total[0] / count[0] == pytest.approx(expected, abs=1e-12)


def test_constant_scores_come_to_the_share_of_positives() -> None:
    positives = np.arange(10) < 3
    assert average_precision(positives, np.zeros(10)) == pytest.approx(0.3)


@pytest.mark.parametrize(("positive", "word"), [(True, "positive"), (False, "negative")])
def test_one_class_is_named(positive: bool, word: str) -> None:
    with pytest.raises(UndefinedMetricError, match=f"all 3 are {word}"):
        average_precision(np.full(3, positive), np.arange(3.0))


def test_folds_weigh_as_many_as_their_positives() -> None:
    positives = np.array([1, 1, 0, 1, 0, 0, 1, 1], bool)
    scores = np.array([0.9, 0.1, 0.5, 0.3, 0.4, 0.2, 0.5, 0.6])
    folds = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    own = [average_precision_score(positives[folds == f], scores[folds == f]) for f in (0, 1)]
    found = fold_precisions(positives, scores, folds=folds, weights=np.ones((1, 8)))
    assert found[0] == pytest.approx((2 * own[0] + own[1]) / 3, abs=1e-12)
    alone = fold_precisions(positives[6:], scores[6:], folds=folds[6:], weights=np.ones((1, 2)))
    assert np.isnan(alone[0])
