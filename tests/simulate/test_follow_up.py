"""Simulated survival follows the law that its module states."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.simulate.follow_up import (
    COLUMNS,
    FractionLaw,
    draw_follow_up,
    follow_up_end,
)
from histopress.simulate.settings import SurvivalSettings

LAW = FractionLaw(prevalence=0.5, low=0.2, high=0.6)
PATIENTS = 6000


def draw(count, settings, *, law=LAW, seed=0):
    """Fractions from the law, and what becomes of the patients."""
    rng = np.random.default_rng(seed)
    positive = rng.random(count) < law.prevalence
    fractions = np.where(positive, rng.uniform(law.low, law.high, count), 0.0)
    followed = [
        draw_follow_up(
            np.random.default_rng([seed, number]), float(each), law=law, settings=settings
        )
        for number, each in enumerate(fractions)
    ]
    return fractions, {name: np.array([getattr(f, name) for f in followed]) for name in COLUMNS}


@pytest.fixture(scope="module")
def cohort():
    return draw(PATIENTS, SurvivalSettings())


def cox(covariates, times, events):
    """Coefficients and standard errors: Newton on the partial likelihood; ties are rare here."""
    order = np.argsort(-times, kind="stable")
    x, seen = covariates[order], events[order].astype(bool)
    beta = np.zeros(x.shape[1])
    for _ in range(12):
        weight = np.exp(x @ beta)
        total = np.cumsum(weight)[:, None]
        mean = np.cumsum(weight[:, None] * x, 0) / total
        outer = np.einsum("i,ij,ik->ijk", weight, x, x)
        spread = np.cumsum(outer, 0) / total[..., None] - np.einsum("ij,ik->ijk", mean, mean)
        information = spread[seen].sum(0)
        beta = beta + np.linalg.solve(information, (x - mean)[seen].sum(0))
    return beta, np.sqrt(np.diag(np.linalg.inv(information)))


def test_a_cox_regression_finds_the_stated_log_hazards(cohort):
    fractions, found = cohort
    z = (fractions - LAW.mean) / LAW.sd
    x = np.stack([z, found["grade"], (found["age"] - 62) / 10], 1)
    beta, error = cox(x, found["survival_months"], 1 - found["censorship"])
    assert error.max() < 0.03
    assert np.abs((beta - [1.0, 0.5, 0.0]) / error).max() < 3


def test_the_law_has_the_mean_and_spread_of_its_fractions(cohort):
    fractions, _ = cohort
    assert fractions.mean() == pytest.approx(LAW.mean, abs=4 * LAW.sd / PATIENTS**0.5)
    assert fractions.std() == pytest.approx(LAW.sd, rel=0.03)


def test_the_log_hazard_is_the_formula_and_negatives_differ_by_grade_alone(cohort):
    fractions, found = cohort
    z = (fractions - LAW.mean) / LAW.sd
    assert found["true_log_hazard"] == pytest.approx(z + 0.5 * (found["grade"] - 2))
    assert len(np.unique(found["true_log_hazard"][fractions == 0].round(9))) == 3


def test_the_median_is_that_of_the_average_patient():
    settings = SurvivalSettings(censoring_share=0)
    times = [
        draw_follow_up(np.random.default_rng([7, n]), LAW.mean, law=LAW, settings=settings)
        for n in range(PATIENTS)
    ]
    average = [each.survival_months for each in times if each.grade == 2]
    # The median of n exponential times has the standard error median / (ln 2 · √n).
    assert np.median(average) == pytest.approx(30, abs=4 * 30 / np.log(2) / len(average) ** 0.5)
    assert not any(each.censorship for each in times)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.8])
def test_as_many_are_censored_as_asked(share):
    _, found = draw(PATIENTS, SurvivalSettings(censoring_share=share), seed=2)
    error = (share * (1 - share) / PATIENTS) ** 0.5
    assert found["censorship"].mean() == pytest.approx(share, abs=4 * error)


def test_censoring_does_not_look_at_the_hazard(cohort):
    _, found = cohort
    end = follow_up_end(LAW, SurvivalSettings())
    ended = found["survival_months"][found["censorship"] == 1]
    assert ended.max() <= end + 0.01
    # The end of follow-up is drawn before everything else, so it is the same for any fraction.
    again = [
        draw_follow_up(np.random.default_rng([0, n]), 0.0, law=LAW, settings=SurvivalSettings())
        for n in range(300)
    ]
    both = [n for n, each in enumerate(again) if each.censorship and found["censorship"][n]]
    assert len(both) > 30
    assert all(again[n].survival_months == found["survival_months"][n] for n in both)


@given(
    st.integers(0, 10**6),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(-4, 4),
    st.floats(0, 0.95),
)
def test_any_settings_give_times_and_codes_that_can_be_read(seed, prevalence, a, b, slope, share):
    law = FractionLaw(prevalence=prevalence, low=min(a, b), high=max(a, b))
    settings = SurvivalSettings(log_hazard=slope, censoring_share=share)
    one, two = (
        draw_follow_up(np.random.default_rng(seed), a, law=law, settings=settings) for _ in range(2)
    )
    assert one == two
    assert np.isfinite(one.survival_months)
    assert one.survival_months >= 0.01
    assert one.censorship in (0, 1)
    assert one.grade in (1, 2, 3)
    assert tuple(asdict(one)) == COLUMNS


@given(st.integers(0, 10**6), st.floats(0, 0.9), st.floats(0.01, 0.1))
def test_a_higher_fraction_never_delays_the_end(seed, fraction, more):
    settings = SurvivalSettings()
    low, high = (
        draw_follow_up(np.random.default_rng(seed), each, law=LAW, settings=settings)
        for each in (fraction, fraction + more)
    )
    assert high.survival_months <= low.survival_months
    protective = replace(settings, log_hazard=-1.0)
    low, high = (
        draw_follow_up(np.random.default_rng(seed), each, law=LAW, settings=protective)
        for each in (fraction, fraction + more)
    )
    assert low.survival_months <= high.survival_months
