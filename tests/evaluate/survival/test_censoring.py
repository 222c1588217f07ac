import numpy as np
import pytest

from histopress.evaluate.survival.censoring import fit_censoring
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


def test_weights_are_one_without_censoring(draw) -> None:
    training, _ = draw(1, censored=0.0)
    weights = fit_censoring(training).inverse(training, training.events)
    assert np.array_equal(weights, np.ones(len(training)))


def test_an_event_is_seen_if_censoring_comes_at_its_time_or_later(draw) -> None:
    training, _ = draw(2, n=40)
    censoring = fit_censoring(training)
    times = np.unique(training.times)[:-1]
    for time in times:
        before, at = 1.0, 1.0
        for moment in np.unique(training.times[training.times <= time]):
            here = training.times == moment
            left = (training.times >= moment).sum() - (here & training.events).sum()
            at *= 1 - (here & ~training.events).sum() / left
            before *= 1 if moment == time else 1 - (here & ~training.events).sum() / left
        assert censoring.before(np.array([time]))[0] == pytest.approx(before, abs=1e-12)
        assert censoring.at(np.array([time]))[0] == pytest.approx(at, abs=1e-12)


def test_weighted_events_and_survivors_stand_for_all_patients(draw) -> None:
    """Weights of events until t and of those alive beyond sum to n in the sample they come from."""
    training, _ = draw(3, n=60, censored=0.4)
    censoring = fit_censoring(training)
    for horizon in (0.0, 2.0, 4.5, 7.0):
        events = censoring.inverse(training, training.events & (training.times <= horizon))
        alive = (training.times > horizon).sum() / censoring.at(np.array([horizon]))[0]
        assert events.sum() + alive == pytest.approx(60, abs=1e-9)


def test_unknown_weights_are_named() -> None:
    training = Survival(times=np.array([1.0, 2.0, 3.0]), events=np.array([True, True, False]))
    censoring = fit_censoring(training)
    assert censoring.before(np.array([3.0])).tolist() == [1.0]
    for wrong in (lambda: censoring.at(np.array([3.0])), lambda: censoring.before(np.array([3.5]))):
        with pytest.raises(UndefinedMetricError, match="followed until 3; take an earlier"):
            wrong()
    deaths = Survival(times=np.array([1.0, 2.0]), events=np.ones(2, bool))
    with pytest.raises(UndefinedMetricError, match="followed until 2; take an earlier"):
        fit_censoring(deaths).before(np.array([2.5]))
    late = Survival(times=np.array([9.0]), events=np.array([True]))
    assert censoring.inverse(late, np.array([False])).tolist() == [0.0]
    with pytest.raises(UndefinedMetricError, match="uncensored at 9"):
        censoring.inverse(late, np.array([True]))
