import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.evaluate.scale import scaled_bounds


@given(st.floats(0.01, 0.99), st.floats(1e-4, 2.0), st.floats(0.5, 12.0))
def test_bounds_stay_in_range_around_the_estimate_and_mirror(
    estimate: float, error: float, quantile: float
) -> None:
    low, high = scaled_bounds(estimate, error, scale="logit", quantile=quantile)
    assert 0 <= low < estimate < high <= 1
    mirrored = scaled_bounds(1 - estimate, error, scale="logit", quantile=quantile)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)
    low, high = scaled_bounds(estimate, error, scale="fisher", quantile=quantile)
    assert -1 <= low < estimate < high <= 1


@pytest.mark.parametrize("scale", ["plain", "logit", "fisher"])
def test_small_errors_give_the_plain_interval_on_every_scale(scale: str) -> None:
    found = scaled_bounds(0.7, 1e-5, scale=scale, quantile=1.96)  # type: ignore[arg-type]
    assert found == pytest.approx((0.7 - 1.96e-5, 0.7 + 1.96e-5), abs=1e-9)


def test_logit_and_z_are_those_of_the_books() -> None:
    odds = np.log(0.9 / 0.1) + np.array([-1, 1]) * 1.96 * 0.02 / 0.09
    expected = 1 / (1 + np.exp(-odds))
    assert scaled_bounds(0.9, 0.02, scale="logit", quantile=1.96) == pytest.approx(expected)
    z = np.arctanh(0.632) + np.array([-1, 1]) * 1.96 / np.sqrt(318)
    error = (1 - 0.632**2) / np.sqrt(318)
    found = scaled_bounds(0.632, error, scale="fisher", quantile=1.96)
    assert found == pytest.approx(np.tanh(z))


@pytest.mark.parametrize(("scale", "end"), [("logit", 0.0), ("logit", 1.0), ("fisher", -1.0)])
def test_an_end_of_the_scale_is_refused(scale: str, end: float) -> None:
    with pytest.raises(ValueError, match=f"it has no {scale}"):
        scaled_bounds(end, 0.1, scale=scale, quantile=1.96)  # type: ignore[arg-type]
