"""What is recorded of a growth cohort follows its latent causes by the stated law."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from histopress.learn.cox_ridge import fit_cox
from histopress.simulate.latents import MitosisLaw, draw_latents, draw_patient, follow_up_end
from histopress.simulate.phantom_settings import PATTERNS, MitosisSettings, PhantomSettings
from histopress.simulate.phantom_slides import draw_cohort
from histopress.simulate.settings import GrowthSurvivalSettings

SETTINGS = PhantomSettings(design="growth", n_patients=1800, n_centers=3, size_px=512)
SURVIVAL = GrowthSurvivalSettings()
STEP = {"desmoplastic": -1, "pushing": 0, "replacement": 1}


def draw(survival=SURVIVAL, settings=SETTINGS, seed=5):
    cohort = draw_cohort(settings, seed=seed)
    return draw_latents(cohort, settings=settings, survival=survival, seed=seed)


def column(latents, name):
    return np.array([getattr(each, name) for each in latents])


@pytest.fixture(scope="module")
def latents():
    return draw()


@pytest.fixture(scope="module")
def z(latents):
    """Log-mitoses in standard deviations of the law: evenly in ±√3."""
    logs = np.log(column(latents, "mitoses_per_mm2"))
    return (logs - np.log(2 * 40) / 2) / (np.log(40 / 2) / np.sqrt(12))


def test_the_log_hazard_is_the_formula(latents, z):
    steps = np.array([STEP[each.pattern] for each in latents])
    assert column(latents, "true_log_hazard") == pytest.approx(0.8 * z + 0.8 * steps)
    assert z.mean() == pytest.approx(0, abs=4 / 1800**0.5)
    assert z.std() == pytest.approx(1, rel=0.05)


def test_a_cox_regression_finds_the_stated_log_hazards(latents, z):
    steps = np.array([STEP[each.pattern] for each in latents], float)
    age = (column(latents, "age") - 62) / 10
    events = column(latents, "censorship") == 0
    times = column(latents, "survival_months")
    found = fit_cox(np.stack([z, steps, age], 1), times, events, strength=1e6)
    # The error of a log-hazard is near 1 / (sd of its covariate · √events).
    error = 1 / np.sqrt(events.sum()) / np.array([1, (2 / 3) ** 0.5, 1])
    assert np.abs((found - [0.8, 0.8, 0.0]) / error).max() < 3.5
    # A wrong law would show.
    assert error.max() < 0.04


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_as_many_are_censored_as_asked(share):
    found = draw(replace(SURVIVAL, censoring_share=share))
    error = (share * (1 - share) / len(found)) ** 0.5
    assert column(found, "censorship").mean() == pytest.approx(share, abs=4 * error)


def test_the_score_is_the_binary_logarithm_with_the_stated_error(latents):
    error = column(latents, "proliferation") - np.log2(column(latents, "mitoses_per_mm2"))
    assert error.mean() == pytest.approx(0, abs=4 * 0.4 / 1800**0.5)
    assert error.std() == pytest.approx(0.4, rel=0.07)
    exact = draw(replace(SURVIVAL, proliferation_sd=0.0))
    assert column(exact, "proliferation") == pytest.approx(
        np.log2(column(exact, "mitoses_per_mm2"))
    )


def test_patterns_are_recorded_as_drawn_but_for_the_share_asked(latents):
    assert all(each.growth_pattern == each.pattern for each in latents)
    wrong = draw(replace(SURVIVAL, mislabelled_share=0.3))
    pairs = Counter((each.pattern, each.growth_pattern) for each in wrong)
    for pattern in PATTERNS:
        own = sum(pairs[pattern, other] for other in PATTERNS)
        for other in PATTERNS:
            share = 0.7 if other == pattern else 0.15
            error = (share * (1 - share) / own) ** 0.5
            assert pairs[pattern, other] / own == pytest.approx(share, abs=4 * error)


def test_a_patient_depends_on_the_seed_and_the_id_alone(latents):
    assert draw(settings=replace(SETTINGS, n_patients=1830))[:1800] == latents
    fewer = replace(SETTINGS, slides_per_patient=(2, 2), size_px=4096)
    assert draw(settings=fewer) == latents
    cohort = draw_cohort(SETTINGS, seed=5)
    others = draw_latents(cohort, settings=SETTINGS, survival=SURVIVAL, seed=6)
    for name in ("proliferation", "survival_months"):
        assert (column(others, name) != column(latents, name)).mean() > 0.99


def test_other_settings_change_records_but_nobodys_luck(latents):
    other = GrowthSurvivalSettings(
        mitosis_log_hazard=0.0, pattern_log_hazard=0.0, median_months=60, mislabelled_share=0.5
    )
    end, again = (follow_up_end(MitosisLaw.of(SETTINGS), law) for law in (SURVIVAL, other))
    for one, two in zip(latents[:300], draw(other)[:300], strict=True):
        assert (one.age, one.proliferation) == (two.age, two.proliferation)
        assert two.true_log_hazard == 0
        if one.censorship and two.censorship:
            assert one.survival_months / end == pytest.approx(
                two.survival_months / again, abs=0.01 / min(end, again)
            )


def test_a_patients_slides_are_of_one_patient():
    settings = replace(SETTINGS, n_patients=9, slides_per_patient=(2, 2))
    cohort = draw_cohort(settings, seed=1)
    found = draw_latents(cohort, settings=settings, survival=SURVIVAL, seed=1)
    assert [each.patient_id for each in found] == [f"P{number:04d}" for number in range(1, 10)]
    for slide in cohort:
        own = next(each for each in found if each.patient_id == slide.patient_id)
        assert (own.pattern, own.mitoses_per_mm2) == (slide.pattern, slide.mitoses_per_mm2)


def test_alike_patients_have_the_average_hazard():
    settings = replace(SETTINGS, n_patients=9, mitoses=MitosisSettings(per_mm2=(5.0, 5.0)))
    found = draw(settings=settings)
    assert {each.true_log_hazard for each in found} == {-0.8, 0.0, 0.8}


def test_replacement_is_worst_and_more_mitoses_are_worse():
    law = MitosisLaw.of(SETTINGS)

    def months(pattern, mitoses):
        rng = np.random.default_rng(3)
        found = draw_patient(rng, pattern, mitoses, patient_id="P", law=law, survival=SURVIVAL)
        return found.survival_months

    assert months("replacement", 9.0) < months("pushing", 9.0) < months("desmoplastic", 9.0)
    assert months("pushing", 30.0) < months("pushing", 3.0)


def test_slides_without_a_pattern_are_refused():
    settings = PhantomSettings(n_patients=2)
    with pytest.raises(ValueError, match="'phantom-0001-a' has no growth pattern"):
        draw_latents(draw_cohort(settings, seed=1), settings=settings, survival=SURVIVAL, seed=1)
