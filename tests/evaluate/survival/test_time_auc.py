import numpy as np
import pytest

from histopress.evaluate.auc import auc
from histopress.evaluate.survival.censoring import fit_censoring
from histopress.evaluate.survival.time_auc import time_auc, time_auc_pairs
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


def test_agrees_with_scikit_survival(case) -> None:
    censoring = fit_censoring(case.train)
    found = time_auc(case.test, case.scores, horizons=case.horizons, censoring=censoring)
    assert found == pytest.approx(case.sksurv["time_auc"], abs=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_by_definition(draw, followed, seed: int) -> None:
    survival, scores = draw(seed)
    censoring = fit_censoring(followed(seed + 30))
    for horizon in (2.0, 4.0, 5.5):
        won = total = 0.0
        for i in np.flatnonzero(survival.events & (survival.times <= horizon)):
            weight = 1 / censoring.before(survival.times[i : i + 1])[0]
            for j in np.flatnonzero(survival.times > horizon):
                total += weight
                won += weight * ((scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j]))
        found = time_auc(survival, scores, horizons=np.array([horizon]), censoring=censoring)
        assert found[0] == pytest.approx(won / total, abs=1e-12)


def test_without_censoring_it_is_the_auc(draw) -> None:
    survival, scores = draw(5, censored=0.0)
    censoring = fit_censoring(survival)
    found = time_auc(survival, scores, horizons=np.array([3.0]), censoring=censoring)
    assert found[0] == pytest.approx(auc(survival.times <= 3, scores), abs=1e-12)


def test_monotone_transforms_and_reversal(draw, followed) -> None:
    survival, scores = draw(6)
    facts = {"horizons": np.array([3.0, 5.0]), "censoring": fit_censoring(followed(7))}
    value = time_auc(survival, scores, **facts)
    assert np.array_equal(time_auc(survival, np.exp(scores), **facts), value)
    assert time_auc(survival, -scores, **facts) == pytest.approx(1 - value, abs=1e-12)
    assert time_auc(survival, np.zeros(25), **facts).tolist() == [0.5, 0.5]


def test_weights_are_repeated_patients(draw, followed, copies) -> None:
    survival, scores = draw(8)
    weights, censoring = copies(9, 25), fit_censoring(followed(10))
    facts = {"horizon": 4.0, "censoring": censoring}
    found = time_auc_pairs(survival, scores, weights=weights, **facts)
    for place, counts in enumerate(weights):
        rows = np.repeat(np.arange(25), counts.astype(int))
        expected = time_auc_pairs(survival.take(rows), scores[rows], **facts)
        assert found[0][place] == pytest.approx(expected[0][0], abs=1e-9)
        assert found[1][place] == pytest.approx(expected[1][0], abs=1e-9)


def test_undefined_cases_are_named() -> None:
    survival = Survival(times=np.array([2.0, 4.0]), events=np.ones(2, bool))
    censoring = fit_censoring(survival)
    for horizon, reason in ((1.0, "had the event until 1"), (4.0, "observed beyond 4")):
        with pytest.raises(UndefinedMetricError, match=reason):
            time_auc(survival, np.zeros(2), horizons=np.array([horizon]), censoring=censoring)
