"""Risk groups: by hand, against the partial likelihood written out, and under no effect."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import kstest

from histopress.claims.separation import GROUPS, Separation, separate
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.units import SurvivalUnits, TrainingSample

from .conftest import of_survival


def at(median: float) -> TrainingSample:
    """A training sample whose median risk is given."""
    return TrainingSample(
        survival=Survival(times=np.arange(1.0, 4.0), events=np.ones(3, bool)),
        risks=np.array([median - 1, median, median + 1]),
    )


def split(units: SurvivalUnits, *cuts: float, permutations: int = 199, seed: int = 0) -> Separation:
    training = {fold: at(cut) for fold, cut in enumerate(cuts)}
    rng = np.random.default_rng(seed)
    return separate(units, training, permutations=permutations, rng=rng)


def drawn(count: int, effect: float, seed: int) -> SurvivalUnits:
    rng = np.random.default_rng(seed)
    risks = rng.normal(size=count)
    times = rng.exponential(np.exp(-effect * (risks > 0)))
    limit = rng.exponential(2.0, count)
    survival = Survival(times=np.minimum(times, limit), events=times <= limit)
    return of_survival(survival, risks, folds=np.arange(count) % 2)


def test_log_rank_by_hand() -> None:
    """Events at 1, 2 (high), 3 (low), 4 (low) of groups high, high, low, low.

    Observed 2 of high; expected 2/4 + 1/3 + 0 + 0 = 5/6; variance 1/4 + 2/9 = 17/36. Statistic
    (7/6)² / (17/36) = 49/17.
    """
    survival = Survival(times=np.arange(1.0, 5.0), events=np.ones(4, bool))
    units = of_survival(survival, np.array([5.0, 4, 1, 0]), folds=np.zeros(4, np.int64))
    with pytest.raises(UndefinedMetricError, match="separation"):
        split(units, 2.0)
    survival = Survival(times=np.arange(1.0, 6.0), events=np.array([1, 1, 1, 1, 0], bool))
    units = of_survival(survival, np.array([5.0, 4, 1, 0, 3]), folds=np.zeros(5, np.int64))
    # Expected of high 3/5 + 2/4 + 1/3 + 1/2 = 29/15; variance 6/25 + 1/4 + 2/9 + 1/4 = 433/450.
    expected, variance = 3 / 5 + 2 / 4 + 1 / 3 + 1 / 2, 6 / 25 + 1 / 4 + 2 / 9 + 1 / 4
    assert split(units, 2.0).log_rank == pytest.approx((2 - expected) ** 2 / variance)


def test_the_hazard_ratio_maximises_the_partial_likelihood_with_folds_as_strata() -> None:
    units = drawn(120, 0.8, 3)
    high = (units.risks > np.where(units.folds == 0, 0.0, 0.2)).astype(float)

    def loss(beta: float) -> float:
        total = 0.0
        for fold in (0, 1):
            times, events, group = (
                each[units.folds == fold]
                for each in (units.survival.times, units.survival.events, high)
            )
            for place in np.flatnonzero(events):
                at_risk = group[times >= times[place]]
                total -= beta * group[place] - np.log(np.exp(beta * at_risk).sum())
        return total

    best = minimize_scalar(loss, bounds=(-5, 5), method="bounded", options={"xatol": 1e-9}).x
    found = split(units, 0.0, 0.2)
    assert found.estimate.value == pytest.approx(best, abs=1e-5)
    assert found.hazard_ratio == pytest.approx(np.exp(best), rel=1e-4)
    step = 1e-3
    curvature = (loss(best + step) - 2 * loss(best) + loss(best - step)) / step**2
    assert found.estimate.sampling_error == pytest.approx(curvature**-0.5, rel=1e-3)
    assert found.estimate.n == 120


def test_lower_risk_for_those_who_do_worse_turns_the_sign() -> None:
    units = drawn(200, 1.0, 1)
    turned = of_survival(units.survival, -units.risks, folds=units.folds)
    found, other = split(units, 0.0, 0.0), split(turned, 0.0, 0.0)
    assert found.estimate.value > 0.5
    assert other.estimate.value == pytest.approx(-found.estimate.value)
    assert other.log_rank == pytest.approx(found.log_rank)


def test_p_is_small_with_an_effect_and_even_without_one() -> None:
    assert split(drawn(200, 1.0, 1), 0.0, 0.0, permutations=999).p_permuted == 0.001
    chances = [split(drawn(60, 0.0, seed), 0.0, 0.0, seed=seed).p_permuted for seed in range(120)]
    assert kstest(chances, "uniform").pvalue > 0.01


def test_portions_of_permutations_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    units = drawn(50, 0.3, 2)
    whole = split(units, 0.0, 0.0)
    monkeypatch.setattr("histopress.claims.separation._PORTION_VALUES", 350)
    assert split(units, 0.0, 0.0).p_permuted == whole.p_permuted


def test_curves_are_of_both_groups_and_fall() -> None:
    found = split(drawn(80, 0.5, 4), 0.0, 0.0)
    assert {row["group"] for row in found.curves} == set(GROUPS)
    for name in GROUPS:
        shares = [row["survival"] for row in found.curves if row["group"] == name]
        assert shares == sorted(shares, reverse=True)


def test_one_group_alone_cannot_be_compared() -> None:
    with pytest.raises(UndefinedMetricError, match="1 groups"):
        split(drawn(40, 0.5, 4), 99.0, 99.0)
