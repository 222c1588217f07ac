import numpy as np
import pytest

from histopress.evaluate.survival.censoring import fit_censoring
from histopress.evaluate.survival.concordance import harrell, uno
from histopress.evaluate.survival.fold_concordance import fold_harrell, fold_uno
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


def test_folds_are_averaged_by_their_pairs(draw, followed) -> None:
    survival, scores = draw(13, n=30)
    folds = np.arange(30) % 3
    folds[(folds == 2)] = np.where(survival.events[folds == 2], 0, 2)
    found = fold_harrell(survival, scores, folds)
    assert found.folds == (0, 1, 2)
    assert (found.values[2], found.pairs[2]) == (None, 0.0)
    own = [harrell(survival.take(folds == k), scores[folds == k]) for k in (0, 1)]
    assert found.values[:2] == pytest.approx(own)
    assert found.average == pytest.approx(np.average(own, weights=found.pairs[:2]))
    shifted = scores + 10 * folds
    assert fold_harrell(survival, shifted, folds) == found
    censorings = {k: fit_censoring(followed(k)) for k in range(3)}
    weighed = fold_uno(
        survival, scores, folds, censorings=censorings, taus=dict.fromkeys(range(3), 7.0)
    )
    own = [
        uno(survival.take(folds == k), scores[folds == k], censoring=censorings[k], tau=7.0)
        for k in (0, 1)
    ]
    assert weighed.average == pytest.approx(np.average(own, weights=weighed.pairs[:2]))


def test_undefined_cases_are_named() -> None:
    both = Survival(times=np.array([1.0, 2.0]), events=np.ones(2, bool))
    with pytest.raises(UndefinedMetricError, match="none of 2 folds"):
        fold_harrell(both, np.zeros(2), np.arange(2))
