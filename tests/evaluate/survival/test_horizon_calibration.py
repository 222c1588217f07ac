import numpy as np
import pytest

from histopress.evaluate.survival.horizon_calibration import horizon_calibration
from histopress.evaluate.survival.kaplan_meier import kaplan_meier
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError

HORIZON = 2.0


def cohort(n: int = 4000, seed: int = 0) -> tuple[Survival, np.ndarray]:
    """Times whose true risks until the horizon are known, a third censored."""
    rng = np.random.default_rng(seed)
    rate = 0.3 * np.exp(rng.normal(size=n))
    true, limit = rng.exponential(1 / rate), rng.exponential(6, n)
    survival = Survival(times=np.minimum(true, limit), events=true <= limit)
    return survival, 1 - np.exp(-rate * HORIZON)


def powered(risks: np.ndarray, power: float) -> np.ndarray:
    return np.minimum(1 - np.exp(-((-np.log1p(-risks)) ** power)), 1 - 1e-12)


def test_true_risks_are_calibrated() -> None:
    survival, risks = cohort()
    found = horizon_calibration(survival, risks, horizon=HORIZON)
    assert found.ratio.low < 1 < found.ratio.high
    assert found.slope.low < 1 < found.slope.high
    assert found.slope.high - found.slope.low < 0.3
    assert len(found.groups) == 5
    for group in found.groups:
        assert group.observed.value == pytest.approx(group.predicted, abs=0.05)
    assert sum(group.n_patients for group in found.groups) == len(survival)
    assert sum(group.n_events for group in found.groups) == found.n_events
    assert not found.undefined


def test_slope_and_ratio_answer_for_their_faults() -> None:
    survival, risks = cohort()
    steep = horizon_calibration(survival, powered(risks, 2.0), horizon=HORIZON)
    assert steep.slope.value == pytest.approx(0.5, abs=0.05)
    low = horizon_calibration(survival, risks / 2, horizon=HORIZON)
    assert low.ratio.value == pytest.approx(2.0, abs=0.1)
    assert low.ratio.high / low.ratio.value == pytest.approx(low.observed.high / low.observed.value)


def test_observed_is_kaplan_meier_and_what_comes_after_the_horizon_does_not_count() -> None:
    survival, risks = cohort(200)
    found = horizon_calibration(survival, risks, horizon=HORIZON)
    curve = kaplan_meier(survival)
    assert found.observed.value == 1 - curve.at(np.array([HORIZON]))[0]
    late = survival.times > HORIZON
    other = Survival(
        times=np.where(late, survival.times * 3, survival.times), events=survival.events & ~late
    )
    again = horizon_calibration(other, risks, horizon=HORIZON)
    assert (again.slope, again.observed) == (found.slope, found.observed)


def test_strata_free_the_slope_of_differences_between_folds() -> None:
    survival, risks = cohort()
    folds = np.random.default_rng(1).integers(0, 3, len(risks))
    off = powered(risks, 1.0)
    off = 1 - (1 - off) ** np.array([0.05, 1.0, 4.0])[folds]
    off = np.clip(off, 1e-6, 1 - 1e-9)
    plain = horizon_calibration(survival, off, horizon=HORIZON)
    within = horizon_calibration(survival, off, horizon=HORIZON, strata=folds)
    assert within.slope.value == pytest.approx(1, abs=0.1)
    assert plain.slope.value < 0.6


def test_what_is_unknown_is_named() -> None:
    survival = Survival(times=np.array([1.0, 2, 3, 4]), events=np.array([1, 1, 0, 0], bool))
    found = horizon_calibration(survival, np.array([0.1, 0.2, 0.0, 1.0]), horizon=5.0)
    assert (found.observed, found.ratio, found.slope) == (None, None, None)
    assert "follow-up ends at 4" in found.undefined["observed"]
    assert "follow-up ends at 4" in found.undefined["ratio"]
    assert "1 predicted risks are 0," in found.undefined["slope"]
    assert any(group.observed is None for group in found.groups)
    with pytest.raises(UndefinedMetricError, match="no patients"):
        horizon_calibration(survival.take(slice(0)), np.zeros(0), horizon=1.0)


def test_a_risk_of_one_does_not_spoil_the_slope() -> None:
    survival, risks = cohort()
    sure = np.where(risks > 0.9999, 1.0, risks)
    assert (sure == 1).any()
    found = horizon_calibration(survival, sure, horizon=HORIZON)
    assert found.slope.value == pytest.approx(1, abs=0.1)


def test_no_event_has_the_exact_bound_and_equal_risks_stay_together() -> None:
    survival = Survival(times=np.full(20, 3.0), events=np.zeros(20, bool))
    found = horizon_calibration(survival, np.full(20, 0.25), horizon=2.0)
    assert found.observed.value == 0
    assert found.observed.high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert len(found.groups) == 1
    assert "none of 20" in found.undefined["slope"]
