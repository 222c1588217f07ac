import numpy as np
import pytest

from histopress.evaluate.survival.tau import truncation
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


def test_the_percentile_is_of_events_alone() -> None:
    times = np.arange(1.0, 201.0)
    found = truncation(Survival(times=times, events=times <= 101))
    assert (found.tau, found.quantile, found.cut) == (91.0, 91.0, False)
    assert found.at_risk == 110


def test_tau_is_cut_where_fewer_than_ten_are_at_risk() -> None:
    times = np.arange(1.0, 31.0)
    found = truncation(Survival(times=times, events=np.ones(30, bool)))
    assert found.quantile == pytest.approx(27.1)
    assert (found.tau, found.at_risk, found.cut) == (21.0, 10, True)


def test_undefined_cases_are_named() -> None:
    with pytest.raises(UndefinedMetricError, match="none of 30 training patients"):
        truncation(Survival(times=np.ones(30), events=np.zeros(30, bool)))
    with pytest.raises(UndefinedMetricError, match="9 training patients"):
        truncation(Survival(times=np.ones(9), events=np.ones(9, bool)))
