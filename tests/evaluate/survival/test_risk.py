import numpy as np
import pytest

from histopress.evaluate.survival.risk import fit_baseline
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


def test_agrees_with_scikit_survival(case) -> None:
    baseline = fit_baseline(case.train, case.train_scores)
    found = baseline.survival(case.scores, case.horizons)
    assert found == pytest.approx(np.array(case.sksurv["predicted"]), abs=1e-8)


def test_hazards_by_definition(draw) -> None:
    training, scores = draw(1)
    baseline = fit_baseline(training, scores)
    for horizon in (0.0, 2.0, 4.5, 8.0):
        total = 0.0
        for time, event in zip(training.times, training.events, strict=True):
            if event and time <= horizon:
                total += 1 / np.exp(scores[training.times >= time]).sum()
        expected = np.exp(-total * np.exp(scores))
        found = baseline.survival(scores, np.array([horizon]))[:, 0]
        assert found == pytest.approx(expected, abs=1e-12)


def test_only_differences_of_scores_count_however_large(draw) -> None:
    training, scores = draw(2)
    horizons = np.array([1.0, 5.0])
    expected = fit_baseline(training, scores).survival(scores, horizons)
    found = fit_baseline(training, scores + 2000).survival(scores + 2000, horizons)
    assert found == pytest.approx(expected, abs=1e-9)


def test_extreme_risks_give_probabilities_and_never_nan(draw) -> None:
    training, scores = draw(3)
    horizons = np.array([-1.0, 0.5, 7.0])
    found = fit_baseline(training, scores).survival(np.array([-1e4, 0.0, 1e4]), horizons)
    assert np.isfinite(found).all()
    assert (found[:, 0] == 1).all()
    assert (found[0] == 1).all()
    assert found[2, 2] == 0


def test_undefined_cases_are_named() -> None:
    training = Survival(times=np.array([1.0, 2.0]), events=np.array([True, False]))
    with pytest.raises(UndefinedMetricError, match="followed until 2"):
        fit_baseline(training, np.zeros(2)).survival(np.zeros(1), np.array([2.5]))
    with pytest.raises(UndefinedMetricError, match="none of 2 training patients"):
        fit_baseline(Survival(times=training.times, events=np.zeros(2, bool)), np.zeros(2))
