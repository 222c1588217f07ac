import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.evaluate.survival.kaplan_meier import (
    kaplan_meier,
    reverse_kaplan_meier,
    survival_at,
)
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


def test_agrees_with_lifelines_and_scikit_survival(case) -> None:
    curve = kaplan_meier(case.test)
    assert curve.times.tolist() == case.sksurv["km_times"]
    reverse = reverse_kaplan_meier(case.test)
    assert reverse.survival == pytest.approx(case.sksurv["reverse_km"], abs=1e-12)
    inner = (curve.survival > 0) & (curve.survival < 1)
    for other in (case.sksurv, case.lifelines):
        assert curve.survival == pytest.approx(other["km"], abs=1e-12)
        assert curve.low[inner] == pytest.approx(np.array(other["km_low"])[inner], abs=1e-8)
        assert curve.high[inner] == pytest.approx(np.array(other["km_high"])[inner], abs=1e-8)
    median = curve.quantile(0.5).time
    assert (np.inf if median is None else median) == case.lifelines["median"]


def test_greenwoods_variance_by_its_definition(draw) -> None:
    survival, _ = draw(4)
    curve = kaplan_meier(survival)
    for place, time in enumerate(curve.times):
        value, total = 1.0, 0.0
        for event in np.unique(survival.times[survival.events & (survival.times <= time)]):
            n = (survival.times >= event).sum()
            d = (survival.events & (survival.times == event)).sum()
            value *= 1 - d / n
            total += d / (n * (n - d)) if n > d else 0
        assert curve.survival[place] == pytest.approx(value, abs=1e-12)
        assert curve.variance[place] == pytest.approx(value**2 * total, abs=1e-12)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_without_censoring_it_is_the_empirical_survivor_function(values: list[int]) -> None:
    times = np.array(values, np.float64)
    curve = kaplan_meier(Survival(times=times, events=np.ones(len(times), bool)))
    horizons = np.arange(-0.5, 11, 0.5)
    expected = [(times > horizon).mean() for horizon in horizons]
    assert curve.at(horizons) == pytest.approx(expected, abs=1e-12)
    share = curve.survival
    binomial = share * (1 - share) / len(times)
    assert curve.variance == pytest.approx(binomial, abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=30))
def test_bounds_enclose_the_curve_and_never_are_nan(rows: list[tuple[int, bool]]) -> None:
    survival = Survival(
        times=np.array([float(time) for time, _ in rows]),
        events=np.array([event for _, event in rows]),
    )
    for curve in (kaplan_meier(survival), reverse_kaplan_meier(survival)):
        assert ((curve.low >= 0) & (curve.low <= curve.survival + 1e-12)).all()
        assert ((curve.survival <= curve.high + 1e-12) & (curve.high <= 1)).all()
        assert np.isfinite(curve.variance).all()


def test_before_the_first_event_and_after_the_last_death_bounds_are_as_written() -> None:
    survival = Survival(times=np.arange(1.0, 5.0), events=np.array([False, True, True, True]))
    curve = kaplan_meier(survival)
    assert (curve.low[0], curve.high[0]) == (1.0, 1.0)
    assert curve.survival[-1] == 0
    assert (curve.low[-1], curve.high[-1]) == (0.0, curve.high[-2])
    assert 0 < curve.high[-2] < 1


def test_follow_up_is_reversed_with_events_first() -> None:
    survival = Survival(times=np.array([2.0, 2, 4, 6]), events=np.array([True, False, False, True]))
    curve = reverse_kaplan_meier(survival)
    assert curve.survival == pytest.approx([2 / 3, 1 / 3, 1 / 3])
    assert curve.at_risk.tolist() == [3, 2, 0]
    assert curve.quantile(0.5).time == 4.0


def test_quantiles_that_are_not_reached_are_none() -> None:
    survival = Survival(times=np.arange(1.0, 51.0), events=np.arange(50) < 2)
    found = kaplan_meier(survival).quantile(0.5)
    assert (found.time, found.low, found.high) == (None, None, None)


def test_a_median_of_exactly_a_half_is_reached() -> None:
    # 23/24 · 22/23 · … · 12/13 comes out a rounding error above 1/2.
    survival = Survival(times=np.arange(1.0, 25.0), events=np.ones(24, bool))
    assert kaplan_meier(survival).survival[11] > 0.5
    assert kaplan_meier(survival).quantile(0.5).time == 12.0


def test_weights_are_repeated_patients(draw, copies) -> None:
    survival, _ = draw(5, censored=0.3)
    weights = copies(6, len(survival), 20)
    horizons = np.arange(0, 11.0, 1.5)
    found = survival_at(survival, horizons, weights)
    missing = 0
    for row, counts in zip(found, weights, strict=True):
        curve = kaplan_meier(survival.take(np.repeat(np.arange(len(survival)), counts.astype(int))))
        for value, horizon in zip(row, horizons, strict=True):
            if np.isnan(value):
                missing += 1
                with pytest.raises(UndefinedMetricError, match="follow-up ends"):
                    curve.at(np.array([horizon]))
            else:
                assert value == pytest.approx(curve.at(np.array([horizon]))[0], abs=1e-12)
    assert missing


def test_undefined_cases_are_named() -> None:
    with pytest.raises(UndefinedMetricError, match="no patients"):
        kaplan_meier(Survival(times=np.zeros(0), events=np.zeros(0, bool)))
