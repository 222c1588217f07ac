import numpy as np
import pytest
from scipy.stats import t as student

from histopress.evaluate.intervals import Interval
from histopress.evaluate.resampled import (
    CORRECTED,
    NOT_AVAILABLE,
    corrected_error,
    procedure_interval,
)


def make(values: list[float | None], repeats: int = 2, scale: str = "plain") -> Interval:
    return procedure_interval(
        values,
        repeats=repeats,
        n_train=[30] * len(values),
        n_test=[10] * len(values),
        level=0.95,
        n_patients=40,
        n_slides=55,
        scale=scale,  # type: ignore[arg-type]
    )


def test_the_variance_is_nadeau_and_bengios() -> None:
    values = np.array([0.7, 0.8, 0.75, 0.85, 0.9])
    expected = np.sqrt(values.var(ddof=1) * (1 / 5 + 10 / 30))
    assert corrected_error(values, test_share=10 / 30) == pytest.approx(expected)
    half = student.ppf(0.975, 4) * expected
    found = make(list(values))
    assert (found.low, found.high) == pytest.approx((0.8 - half, 0.8 + half))
    assert (found.estimate, found.method) == (pytest.approx(0.8), CORRECTED)
    assert found.estimand == "the procedure on a new cohort"
    assert (found.n_resamples, found.degenerate, found.warning) == (5, 0, None)


def test_the_logit_scale_keeps_bounds_below_one() -> None:
    values: list[float | None] = [0.97, 1.0, 0.9, 0.99]
    assert (make(values).high or 0) > 1
    found = make(values, scale="logit")
    assert found.high is not None
    assert found.high < 1


def test_near_chance_a_permutation_test_is_named() -> None:
    near = make([0.5, 0.6, 0.55, 0.65], scale="logit")
    assert "permutation" in (near.warning or "")
    assert make([0.95, 0.96, 0.94, 0.95], scale="logit").warning is None


def test_one_repeat_gives_a_figure_and_no_interval() -> None:
    found = make([0.7, 0.8, 0.75, 0.85], repeats=1)
    assert (found.low, found.high, found.method) == (None, None, NOT_AVAILABLE)
    assert found.estimate == pytest.approx(0.775)
    assert "divided once" in (found.warning or "")
    assert found.as_json()["interval"] is None


def test_undefined_divisions_are_counted_and_no_spread_is_no_interval() -> None:
    found = make([0.7, None, 0.8, float("nan"), 0.75])
    assert found.degenerate == 2
    assert found.estimate == pytest.approx(0.75)
    assert "2 of 5 divisions" in (found.warning or "")
    assert make([1.0] * 4, scale="logit").low is None
    nothing = make([None, None])
    assert (nothing.estimate, nothing.low) == (None, None)
    assert "only 0 divisions" in (nothing.warning or "")


def test_sizes_must_be_one_a_division() -> None:
    with pytest.raises(ValueError, match="2 figures, 1 training"):
        procedure_interval(
            [0.5, 0.6], repeats=2, n_train=[3], n_test=[1, 1], level=0.95, n_patients=4, n_slides=4
        )


def test_divisions_alike_but_for_rounding_show_no_spread() -> None:
    found = make([0.1 + 0.2] * 3 + [0.3] * 3, scale="logit")
    assert (found.low, found.high, found.method) == (None, None, NOT_AVAILABLE)
    assert "no spread" in (found.warning or "")
