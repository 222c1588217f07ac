import numpy as np
import pytest
from scipy import stats

from histopress.claims.averages import mean_over_patients
from histopress.evaluate.undefined import UndefinedMetricError


def test_one_slide_a_patient_is_students_t() -> None:
    values = np.random.default_rng(0).normal(0.3, 0.1, 12)
    found = mean_over_patients(values, [f"P{n}" for n in range(12)])
    direct = stats.ttest_1samp(values, 0.0)
    assert (found.value, found.freedom, found.n) == (pytest.approx(values.mean()), 11.0, 12)
    assert found.p_value == pytest.approx(direct.pvalue)
    interval = direct.confidence_interval(0.9)
    assert found.interval(0.9) == pytest.approx((interval.low, interval.high))


def test_copies_of_a_slide_are_no_further_patients() -> None:
    values, owners = np.array([0.1, 0.5, 0.9]), ["a", "b", "c"]
    once = mean_over_patients(values, owners)
    thrice = mean_over_patients(np.repeat(values, 3), [owner for owner in owners for _ in range(3)])
    assert (thrice.value, thrice.error, thrice.n) == pytest.approx((once.value, once.error, 3))


def test_one_patient_has_no_error() -> None:
    with pytest.raises(UndefinedMetricError, match="1 patients"):
        mean_over_patients(np.array([0.1, 0.2]), ["a", "a"])
