"""The best scores reachable, against closed forms and the metrics that models are judged by."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.evaluate.auc import macro_fold_auc
from histopress.evaluate.survival.concordance import harrell
from histopress.evaluate.survival.times import Survival
from histopress.simulate.latents import MitosisLaw, PatientLatents, draw_latents
from histopress.simulate.oracle import (
    expected_log_density,
    growth_oracle,
    recovered,
)
from histopress.simulate.oracle_figures import concordance, reader_figures
from histopress.simulate.phantom_settings import PATTERNS, PhantomSettings
from histopress.simulate.phantom_slides import draw_cohort
from histopress.simulate.settings import GrowthSurvivalSettings

SETTINGS = PhantomSettings(design="growth", n_patients=162, n_centers=3)
LAW = MitosisLaw.of(SETTINGS)


def draw(survival=None, seed=1, settings=SETTINGS):
    survival = survival or GrowthSurvivalSettings()
    cohort = draw_cohort(settings, seed=seed)
    return draw_latents(cohort, settings=settings, survival=survival, seed=seed)


def oracle(survival=None, *, draws=60, mm2=None, seed=1):
    survival = survival or GrowthSurvivalSettings()
    latents = draw(survival)
    areas = None if mm2 is None else {each.patient_id: mm2 for each in latents}
    return growth_oracle(
        latents, law=LAW, survival=survival, seed=seed, draws=draws, tumour_mm2=areas
    )


@pytest.fixture(scope="module")
def found():
    return oracle(draws=200)


def test_the_defaults_leave_room_and_a_limit(found):
    assert found["growth_pattern"]["expected"] == found["growth_pattern"]["cohort"] == 1.0
    # A default of the errors was chosen for this.
    assert found["proliferation"]["expected"] == pytest.approx(0.95, abs=0.01)
    assert 0.7 < found["survival"]["expected"] < 0.78
    for each in found.values():
        assert each["cohort"] == pytest.approx(each["expected"], abs=4 * each["expected_sd"] + 1e-9)


def test_the_expected_concordance_is_that_of_the_hazards():
    # Without censoring, of two patients the one of hazard a dies first with chance a / (a + b).
    survival = GrowthSurvivalSettings(censoring_share=0.0)
    rng = np.random.default_rng(0)
    z = rng.uniform(-(3**0.5), 3**0.5, (2, 200_000))
    steps = rng.integers(-1, 2, z.shape)
    gap = np.abs(np.subtract(*(0.8 * z + 0.8 * steps)))
    found = oracle(survival, draws=200)["survival"]
    error = found["expected_sd"] / 200**0.5
    assert found["expected"] == pytest.approx((1 / (1 + np.exp(-gap))).mean(), abs=5 * error)


def test_the_spread_is_that_of_cohorts(found):
    others = [draw(seed=seed) for seed in range(40)]
    figures = [
        reader_figures(
            each,
            np.array([patient.mitoses_per_mm2 for patient in each]),
            np.array([patient.true_log_hazard for patient in each]),
        )
        for each in others
    ]
    for target in ("proliferation", "survival"):
        values = [each[target] for each in figures]
        assert np.mean(values) == pytest.approx(
            found[target]["expected"], abs=4 * np.std(values) / 40**0.5
        )
        assert np.std(values) == pytest.approx(found[target]["expected_sd"], rel=0.4)


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_mislabelled_patterns_bound_the_area(share):
    survival = GrowthSurvivalSettings(mislabelled_share=share)
    found = oracle(survival, draws=100)["growth_pattern"]
    # Recall 1 − e and specificity 1 − e/2 of each class, patterns being equally frequent.
    assert found["expected"] == pytest.approx(1 - 3 * share / 4, abs=0.01)
    latents = draw(survival)
    recorded = np.array([PATTERNS.index(each.growth_pattern) for each in latents])
    known = np.array([[float(each.pattern == name) for name in PATTERNS] for each in latents])
    judged = macro_fold_auc(recorded, known, np.zeros(len(latents), np.int64))
    assert found["cohort"] == pytest.approx(judged)


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.booleans(), st.integers(0, 3)), min_size=2, max_size=25
    )
)
def test_the_concordance_is_the_one_that_models_are_judged_by(rows):
    times, events, scores = (np.array(values) for values in zip(*rows, strict=True))
    times, scores = times.astype(float), scores.astype(float)
    own = concordance(times, events, scores)
    if np.isnan(own):
        assert not any(
            events[i] and (times[j] > times[i] or (times[j] == times[i] and not events[j]))
            for i in range(len(rows))
            for j in range(len(rows))
        )
    else:
        assert own == pytest.approx(harrell(Survival(times=times, events=events), scores))


def test_counting_on_small_slides_is_worse_and_on_large_ones_as_good():
    small, large, endless = (oracle(draws=30, mm2=mm2) for mm2 in (0.1, 1.0, 1e5))
    for target in ("proliferation", "survival"):
        counted = [each[target]["counted"] for each in (small, large, endless)]
        assert sorted(counted) == counted
        assert counted[0] < counted[2] - 0.02
        assert counted[2] == pytest.approx(endless[target]["cohort"], abs=2e-3)
    assert small["growth_pattern"]["counted"] == 1.0


def test_no_tumour_leaves_the_prior_and_counts_tell():
    nothing, none, many = expected_log_density(
        np.array([0.0, 0.0, 30.0]), np.array([0.0, 1.0, 1.0]), LAW
    )
    assert nothing == pytest.approx(np.log(2 * 40) / 2)
    assert none < nothing < many
    assert many == pytest.approx(np.log(30), abs=0.15)


def test_equal_seeds_give_equal_oracles():
    found, again, other = (oracle(draws=5, mm2=0.5, seed=seed) for seed in (1, 1, 2))
    assert again == found
    assert other["survival"]["cohort"] == found["survival"]["cohort"]
    assert other["survival"]["expected"] != found["survival"]["expected"]
    assert other["survival"]["counted"] != found["survival"]["counted"]


def test_figures_that_a_tiny_cohort_lacks_are_none():
    latents = draw(settings=replace(SETTINGS, n_patients=1))
    found = growth_oracle(latents, law=LAW, survival=GrowthSurvivalSettings(), seed=1, draws=2)
    assert [each["cohort"] for each in found.values()] == [None, None, None]


def test_patients_who_are_alike_give_no_figure():
    alike = [
        PatientLatents(
            patient_id=str(number), pattern="pushing", mitoses_per_mm2=5.0, true_log_hazard=0.0,
            growth_pattern="pushing", proliferation=2.0, survival_months=1.0, censorship=1, age=60,
        )
        for number in range(4)
    ]  # fmt: skip
    assert all(np.isnan(v) for v in reader_figures(alike, np.full(4, 5.0), np.zeros(4)).values())


@given(st.floats(-0.5, 1), st.floats(0.01, 1))
def test_what_is_recovered_is_the_share_of_the_advantage(chance, gap):
    assert recovered(chance, oracle=chance + gap, chance=chance) == 0
    assert recovered(chance + gap, oracle=chance + gap, chance=chance) == 1
    half = recovered(chance + gap / 2, oracle=chance + gap, chance=chance)
    assert half == pytest.approx(0.5, abs=1e-9)
    with pytest.raises(ValueError, match="nothing can be recovered"):
        recovered(0.5, oracle=chance, chance=chance)
