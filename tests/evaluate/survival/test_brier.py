import numpy as np
import pytest

from histopress.evaluate.survival.brier import (
    brier,
    brier_scores,
    brier_terms,
    integrated_brier,
    integrated_scores,
)
from histopress.evaluate.survival.censoring import fit_censoring
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


def test_agrees_with_scikit_survival(case) -> None:
    facts = {"horizons": case.horizons, "censoring": fit_censoring(case.train)}
    predicted = np.array(case.sksurv["predicted"])
    found = brier(case.test, predicted, **facts)
    assert found == pytest.approx(case.sksurv["brier"], abs=1e-8)
    whole = integrated_brier(case.test, predicted, **facts)
    assert whole == pytest.approx(case.sksurv["integrated_brier"], abs=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_by_definition_also_at_times_of_events_and_censorings(draw, followed, seed: int) -> None:
    survival, _ = draw(seed)
    censoring, horizons = fit_censoring(followed(seed + 20)), np.array([0.0, 2.0, 5.0, 7.5])
    predicted = np.random.default_rng(seed).random((25, 4))
    found = brier(survival, predicted, horizons=horizons, censoring=censoring)
    for place, horizon in enumerate(horizons):
        total = 0.0
        for i in range(25):
            time, chance = survival.times[i], predicted[i, place]
            if time > horizon:
                total += (1 - chance) ** 2 / censoring.at(np.array([horizon]))[0]
            elif survival.events[i]:
                total += chance**2 / censoring.before(np.array([time]))[0]
        assert found[place] == pytest.approx(total / 25, abs=1e-12)


def test_without_censoring_it_is_the_mean_squared_error(draw) -> None:
    survival, _ = draw(6, censored=0.0)
    horizons = np.array([1.0, 3.0, 7.0])
    predicted = np.random.default_rng(1).random((25, 3))
    training = Survival(times=np.append(survival.times, 20.0), events=np.ones(26, bool))
    found = brier(survival, predicted, horizons=horizons, censoring=fit_censoring(training))
    truth = survival.times[:, None] > horizons
    assert found == pytest.approx(((truth - predicted) ** 2).mean(0), abs=1e-12)


def test_weights_are_repeated_patients(draw, followed, copies) -> None:
    survival, _ = draw(7)
    horizons, censoring = np.array([1.0, 3.5, 6.0]), fit_censoring(followed(8))
    predicted = np.random.default_rng(2).random((25, 3))
    facts = {"horizons": horizons, "censoring": censoring}
    weights = copies(9, 25)
    scores = brier_scores(brier_terms(survival, predicted, **facts), weights)
    whole = integrated_scores(scores, horizons)
    for place, counts in enumerate(weights):
        rows = np.repeat(np.arange(25), counts.astype(int))
        own = survival.take(rows)
        assert scores[place] == pytest.approx(brier(own, predicted[rows], **facts), abs=1e-12)
        assert whole[place] == pytest.approx(integrated_brier(own, predicted[rows], **facts))
    assert np.isnan(brier_scores(np.ones((25, 3)), np.zeros((1, 25)))).all()


def test_undefined_and_impossible_cases_are_named(draw, followed) -> None:
    survival, _ = draw(10)
    censoring = fit_censoring(followed(11))

    def ask(predicted: object, horizons: object, sample: Survival = survival) -> None:
        values = np.asarray(predicted, np.float64)
        integrated_brier(sample, values, horizons=np.asarray(horizons), censoring=censoring)

    with pytest.raises(UndefinedMetricError, match="two horizons"):
        ask(np.zeros((25, 1)), [1.0])
    with pytest.raises(UndefinedMetricError, match="uncensored at 21"):
        ask(np.zeros((25, 2)), [1.0, 21.0])
    with pytest.raises(UndefinedMetricError, match="no patients"):
        ask(np.zeros((0, 1)), [1.0], survival.take(np.zeros(25, bool)))
    with pytest.raises(ValueError, match="probabilities"):
        ask(np.full((25, 2), 1.5), [1.0, 2.0])
    with pytest.raises(ValueError, match="ascend"):
        ask(np.zeros((25, 2)), [2.0, 1.0])
    with pytest.raises(ValueError, match="patients by horizons"):
        ask(np.zeros((25, 3)), [2.0, 3.0])
