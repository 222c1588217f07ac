import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.evaluate.survival.competing import cumulative_incidence
from histopress.evaluate.survival.kaplan_meier import kaplan_meier
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "clinical.json"

cohorts = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=25).map(
    lambda rows: (np.array([float(t) for t, _ in rows]), np.array([c for _, c in rows]))
)


def test_agrees_with_lifelines_without_ties() -> None:
    case = json.loads(GOLDEN.read_text())["competing"]
    found = cumulative_incidence(np.array(case["times"]), np.array(case["causes"]))
    assert found.incidence == pytest.approx(case["incidence"], abs=1e-10)
    assert found.variance == pytest.approx(case["variance"], abs=1e-10)
    first = case["first"]
    assert found.low[first:] == pytest.approx(case["low"], abs=1e-8)
    assert found.high[first:] == pytest.approx(case["high"], abs=1e-8)
    assert not found.high[:first].any()


@given(cohorts)
def test_causes_sum_to_all_who_left_free_survival(cohort) -> None:
    times, causes = cohort
    total = sum(cumulative_incidence(times, causes, cause=each).incidence for each in (1, 2, 3))
    free = kaplan_meier(Survival(times=times, events=causes > 0)).survival
    assert total == pytest.approx(1 - free, abs=1e-12)


@given(cohorts)
def test_without_competing_events_it_is_kaplan_meier_with_greenwoods_variance(cohort) -> None:
    times, causes = cohort
    found = cumulative_incidence(times, (causes > 0).astype(int))
    curve = kaplan_meier(Survival(times=times, events=causes > 0))
    assert found.incidence == pytest.approx(1 - curve.survival, abs=1e-12)
    assert found.variance == pytest.approx(curve.variance, abs=1e-12)


@given(cohorts)
def test_bounds_hold_the_estimate_and_the_order_of_patients_does_not_show(cohort) -> None:
    times, causes = cohort
    found = cumulative_incidence(times, causes)
    assert (found.low <= found.incidence + 1e-12).all()
    assert (found.incidence <= found.high + 1e-12).all()
    assert found.high.max() <= 1
    turned = cumulative_incidence(times[::-1], causes[::-1])
    assert turned.incidence.tolist() == found.incidence.tolist()


def test_one_minus_kaplan_meier_overstates() -> None:
    times, causes = np.array([1.0, 2, 3, 4]), np.array([2, 1, 2, 1])
    assert cumulative_incidence(times, causes).incidence.tolist() == [0, 0.25, 0.25, 0.5]
    assert kaplan_meier(Survival(times=times, events=causes == 1)).survival[-1] == 0


def test_reading_at_horizons() -> None:
    found = cumulative_incidence(np.array([1.0, 2, 3]), np.array([1, 2, 0]))
    assert found.at(np.array([0.5, 1.0, 3.0])).tolist() == pytest.approx([0, 1 / 3, 1 / 3])
    assert (found.events.tolist(), found.competing.tolist()) == ([1, 0, 0], [0, 1, 0])
    with pytest.raises(UndefinedMetricError, match=r"at 4 is unknown: follow-up ends at 3 with"):
        found.at(np.array([4.0]))


def test_refuses_what_makes_no_sense() -> None:
    with pytest.raises(UndefinedMetricError, match="no patients"):
        cumulative_incidence(np.zeros(0), np.zeros(0, int))
    with pytest.raises(ValueError, match="0 is censored"):
        cumulative_incidence(np.ones(2), np.array([0, 1]), cause=0)


def test_where_all_have_had_the_event_the_lower_bound_stays() -> None:
    found = cumulative_incidence(np.arange(1.0, 5), np.ones(4, int))
    assert found.incidence[-1] == pytest.approx(1)
    assert (found.low[-1], found.high[-1]) == (found.low[-2], pytest.approx(1))
    assert 0 < found.low[-1] < 0.5
