"""Shortcuts are scored as a model would be, and none gives the default growth cohort's labels away.

The cohort is that of the claims' study 'growth' in its small form. Its maps are judged here; its
pixels take minutes, so `make test-shortcuts` judges them.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from histopress.claims.shortcuts import shortcut_scores
from histopress.cli.claims.init import compose
from histopress.evaluate.survival.times import Survival
from histopress.simulate.bands import draw_bands
from histopress.simulate.latents import MitosisLaw, draw_latents
from histopress.simulate.oracle import growth_oracle, recovered
from histopress.simulate.phantom import draw_anatomy, prepare_canvas
from histopress.simulate.phantom_settings import PATTERNS, PhantomSettings
from histopress.simulate.phantom_slides import draw_cohort
from histopress.simulate.settings import GrowthSurvivalSettings
from histopress.simulate.shortcuts import (
    SlideSummary,
    class_areas,
    patient_shortcuts,
    summarise_picture,
)

RECIPES = Path(__file__).parents[2] / "config/recipes/claims"
MOST = 0.25
"""Share of the oracle's advantage over chance that no shortcut may recover."""


def labels_of(latents):
    return {
        "growth_pattern": np.array([PATTERNS.index(each.growth_pattern) for each in latents]),
        "proliferation": np.array([each.proliferation for each in latents]),
        "survival": Survival(
            times=np.array([each.survival_months for each in latents]),
            events=np.array([not each.censorship for each in latents]),
        ),
    }


class Default:
    """The recipe's cohort: slides, what is recorded, the best scores on it."""

    def __init__(self):
        study = compose(RECIPES, "growth", "small", {})
        self.seed = study["seed"]
        slides = study["phantom"]["slides"]
        self.settings = TypeAdapter(PhantomSettings).validate_python(slides)
        survival = GrowthSurvivalSettings()
        self.cohort = draw_cohort(self.settings, seed=self.seed)
        self.latents = draw_latents(
            self.cohort, settings=self.settings, survival=survival, seed=self.seed
        )
        self.oracle = growth_oracle(
            self.latents,
            law=MitosisLaw.of(self.settings),
            survival=survival,
            seed=self.seed,
            draws=2,
        )

    def anatomy(self, slide):
        return draw_anatomy(slide, settings=self.settings, seed=self.seed)

    def recovered(self, shortcuts):
        """Share recovered by shortcut and target."""
        found = shortcut_scores(shortcuts, labels_of(self.latents), seed=self.seed)
        return {
            (name, target): recovered(
                score,
                oracle=self.oracle[target]["cohort"],
                chance=self.oracle[target]["chance"],
            )
            for name, scores in found.items()
            for target, score in scores.items()
        }


@pytest.fixture(scope="module")
def default():
    return Default()


def test_the_default_cohort_is_large_enough(default):
    assert len(default.latents) >= 120
    assert len(default.cohort) >= 150
    assert {slide.center for slide in default.cohort} == {"A", "B", "C"}


def test_maps_centres_and_numbers_of_slides_give_nothing_away(default):
    summaries, areas = {}, {}
    for slide in default.cohort:
        anatomy = default.anatomy(slide)
        own = areas.setdefault(slide.patient_id, [])
        own.append(class_areas(anatomy))
        summaries[slide.slide_id] = SlideSummary(
            rgb=(0, 0, 0), tissue_mm2=anatomy.tissue_cells * 0.016**2, nuclei=0
        )
    shortcuts = patient_shortcuts(default.cohort, summaries)
    for unknown in ("mean-rgb", "nuclear-count"):
        del shortcuts[unknown]
    classes = next(iter(areas.values()))[0]
    for name in classes:
        shares = np.array([[np.mean([each[name] for each in own])] for own in areas.values()])
        if np.ptp(shares):
            shortcuts[name] = shares
    found = default.recovered(shortcuts)
    # Survival follows pattern and mitoses alone. Its oracle is little above chance, so that with
    # 162 patients one of eleven areas recovers a quarter of that by luck.
    lucky = {(name, "survival") for name in classes}
    assert {
        each: share for each, share in found.items() if share >= MOST and each not in lucky
    } == {}
    assert ("tumour", "growth_pattern") in found


@pytest.mark.skipif(
    "HISTOPRESS_PIXELS" not in os.environ,
    reason="draws 243 slides: run 'make test-shortcuts'",
)
def test_no_shortcut_of_the_pixels_gives_a_label_away(default):
    summaries = {}
    for slide in default.cohort:
        canvas = prepare_canvas(
            default.anatomy(slide), slide, settings=default.settings, seed=default.seed
        )
        rgb = np.concatenate(list(draw_bands(canvas)))
        summaries[slide.slide_id] = summarise_picture(rgb, spacing_um=slide.spacing_um)
    found = default.recovered(patient_shortcuts(default.cohort, summaries))
    for (name, target), share in found.items():
        print(f"{name:>14} {target:>14} {share:6.2f}")
    assert {name: share for name, share in found.items() if share >= MOST} == {}


def test_a_shortcut_that_tells_is_found_for_every_kind_of_label(default):
    latents = default.latents
    rng = np.random.default_rng(0)
    hazard = np.array([[each.true_log_hazard] for each in latents])
    mitoses = np.array([[np.log(each.mitoses_per_mm2)] for each in latents])
    place = np.array([[PATTERNS.index(each.pattern)] for each in latents], float)
    place += rng.normal(0, 0.2, place.shape)
    found = default.recovered({"pattern": place, "mitoses": mitoses, "hazard": hazard})
    assert found["pattern", "growth_pattern"] > 0.9
    assert found["mitoses", "proliferation"] > 0.9
    assert found["hazard", "survival"] > 0.9
    assert abs(found["mitoses", "growth_pattern"]) < MOST


def test_a_shortcut_need_not_rise_with_the_label():
    column = np.random.default_rng(4).normal(size=(120, 1))
    found = shortcut_scores({"x": column}, {"number": column[:, 0] ** 2}, seed=1)
    assert found["x"]["number"] > 0.95


def test_a_leak_in_a_colour_would_show(default):
    rng = np.random.default_rng(1)
    place = np.array([PATTERNS.index(each.pattern) for each in default.latents])
    colours = rng.normal(0, 1, (len(place), 3))
    assert default.recovered({"rgb": colours})["rgb", "growth_pattern"] < MOST
    colours[:, 1] += place * 1.0
    assert default.recovered({"rgb": colours})["rgb", "growth_pattern"] > MOST


def test_what_does_not_vary_scores_as_chance_does(default):
    constant = np.ones((len(default.latents), 2))
    found = shortcut_scores({"same": constant}, labels_of(default.latents), seed=1)["same"]
    assert found == pytest.approx({"growth_pattern": 0.5, "proliferation": 0.0, "survival": 0.5})


def test_noise_scores_near_chance_on_average():
    rng = np.random.default_rng(2)
    scores = []
    for repeat in range(12):
        labels = {"class": rng.integers(0, 3, 90), "number": rng.normal(size=90)}
        found = shortcut_scores({"x": rng.normal(size=(90, 2))}, labels, seed=repeat, repeats=2)
        scores.append([found["x"]["class"], found["x"]["number"]])
    # A single score varies by about 0.05 and 0.12.
    assert np.mean(scores, axis=0) == pytest.approx([0.5, 0.0], abs=0.09)


def test_patients_are_never_tested_by_a_model_that_saw_them():
    rng = np.random.default_rng(3)
    # As many columns as patients would fit any labels that were seen.
    columns = rng.normal(size=(40, 40))
    found = shortcut_scores({"x": columns}, {"number": rng.normal(size=40)}, seed=1)
    assert abs(found["x"]["number"]) < 0.5
