import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import ttest_1samp, ttest_ind

from histopress.claims.estimate import Estimate, joint_freedom

ESTIMATES = st.builds(
    Estimate,
    value=st.floats(-1, 1),
    sampling_error=st.floats(1e-3, 1),
    fixed_error=st.floats(0, 1),
    freedom=st.floats(2, 1e6),
    n=st.integers(2, 1000),
)


def of_sample(values: np.ndarray) -> Estimate:
    error = values.std(ddof=1) / len(values) ** 0.5
    freedom = len(values) - 1.0
    return Estimate(
        value=float(values.mean()), sampling_error=float(error), freedom=freedom, n=len(values)
    )


def test_tests_and_intervals_are_those_of_scipy() -> None:
    values = np.random.default_rng(1).normal(0.02, 0.1, 40)
    found, expected = of_sample(values), ttest_1samp(values, 0)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)), rel=1e-9)
    outside = max(
        ttest_1samp(values, -0.05, alternative="greater").pvalue,
        ttest_1samp(values, 0.05, alternative="less").pvalue,
    )
    assert found.p_outside(0.05) == pytest.approx(outside, rel=1e-9)


def test_freedom_is_welchs() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(size=5), 3 * rng.normal(size=9)
    expected = ttest_ind(first, second, equal_var=False).df
    parts = [(own.var(ddof=1) / len(own), len(own) - 1.0) for own in (first, second)]
    assert joint_freedom(parts) == pytest.approx(expected, rel=1e-12)
    assert joint_freedom([(0.0, 7.0), (0.0, 3.0)]) == 3.0
    assert joint_freedom([(1.0, 7.0), (4.0, 3.0)], total=0.5) == 3.0


@given(ESTIMATES, st.floats(0.5, 0.999))
def test_an_interval_excludes_zero_where_the_test_rejects(found: Estimate, level: float) -> None:
    low, high = found.interval(level)
    distance = found.p_value - (1 - level)
    if abs(distance) > 1e-6:
        assert (low > 0 or high < 0) == (distance < 0)


@given(ESTIMATES, st.floats(0.01, 0.49), st.floats(0.01, 2))
def test_equivalence_is_an_interval_inside_the_margin(
    found: Estimate, alpha: float, margin: float
) -> None:
    low, high = found.interval(1 - 2 * alpha)
    if abs(found.p_outside(margin) - alpha) > 1e-6:
        assert (-margin < low and high < margin) == (found.p_outside(margin) < alpha)


@given(ESTIMATES)
def test_both_parts_of_the_error_count(found: Estimate) -> None:
    assert found.error == pytest.approx(math.hypot(found.sampling_error, found.fixed_error))
    half = (found.interval(0.95)[1] - found.interval(0.95)[0]) / 2
    assert half == pytest.approx(student.ppf(0.975, found.freedom) * found.error, rel=1e-6)


def test_no_error_tells_nothing() -> None:
    found = Estimate(value=0.2, sampling_error=0.0, freedom=3.0, n=4)
    assert (found.p_value, found.p_outside(0.5)) == (1.0, 1.0)


@pytest.mark.parametrize(
    "wrong",
    [{"value": math.nan}, {"sampling_error": -0.1}, {"fixed_error": math.inf}, {"freedom": 0.0}],
)
def test_what_is_no_estimate_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        Estimate(**{"value": 0.1, "sampling_error": 0.1, "freedom": 9.0, "n": 10, **wrong})
