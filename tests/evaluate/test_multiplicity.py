import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.evaluate.multiplicity import benjamini_hochberg, holm

P_VALUES = [0.01, 0.04, 0.03, 0.005, 0.5, 0.04, 1.0, 0.0]
HOLM = [0.06, 0.16, 0.15, 0.035, 1.0, 0.16, 1.0, 0.0]
FDR = [
    0.02666666666666667,
    0.05333333333333334,
    0.05333333333333334,
    0.02,
    0.5714285714285714,
    0.05333333333333334,
    1.0,
    0.0,
]
"""statsmodels 0.15.0 (BSD): multipletests(P_VALUES, method="holm" and "fdr_bh")[1]."""


def test_agree_with_statsmodels_on_tied_and_extreme_values() -> None:
    assert holm(np.array(P_VALUES)) == pytest.approx(HOLM, abs=1e-12)
    assert benjamini_hochberg(np.array(P_VALUES)) == pytest.approx(FDR, abs=1e-12)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_adjusting_never_helps_keeps_the_order_and_holm_is_the_stricter(
    values: list[float],
) -> None:
    p_values = np.array(values, np.float64)
    strict, lenient = holm(p_values), benjamini_hochberg(p_values)
    assert (strict >= lenient - 1e-12).all()
    assert (lenient >= p_values - 1e-12).all()
    assert (strict <= 1).all()
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(strict[order]) >= 0).all()
    assert (np.diff(lenient[order]) >= 0).all()


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan])
def test_what_is_no_p_value_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="at place 1: must be between 0 and 1"):
        holm(np.array([0.5, wrong]))
