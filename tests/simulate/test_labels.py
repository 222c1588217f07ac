"""Manifests of the designs growth and node, and what they keep back."""

import numpy as np
import pytest

from histopress.simulate.labels import (
    GROWTH_COLUMNS,
    GROWTH_LATENTS,
    NODE_COLUMNS,
    NODE_LATENTS,
    growth_latents,
    growth_rows,
    measure_tumour_mm2,
    node_latents,
    node_rows,
)
from histopress.simulate.latents import draw_latents
from histopress.simulate.phantom import draw_anatomy
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.phantom_slides import draw_cohort
from histopress.simulate.settings import GrowthSurvivalSettings

GROWTH = PhantomSettings(design="growth", n_patients=18, n_centers=3, size_px=1024)
NODE = PhantomSettings(design="node", n_patients=8, size_px=1024)


@pytest.fixture(scope="module")
def cohort():
    return draw_cohort(GROWTH, seed=2)


@pytest.fixture(scope="module")
def latents(cohort):
    return draw_latents(cohort, settings=GROWTH, survival=GrowthSurvivalSettings(), seed=2)


def test_a_growth_manifest_tells_records_and_no_cause(cohort, latents):
    rows = growth_rows(cohort, latents, folder="slides")
    assert GROWTH_COLUMNS == (
        "slide_id", "patient_id", "path", "center", "growth_pattern", "proliferation",
        "survival_months", "censorship", "age",
    )  # fmt: skip
    for row, slide in zip(rows, cohort, strict=True):
        assert tuple(row) == GROWTH_COLUMNS
        own = next(each for each in latents if each.patient_id == slide.patient_id)
        assert row["path"] == f"slides/{slide.slide_id}.tif"
        assert row["center"] == slide.center
        assert row["proliferation"] == own.proliferation
        assert row["survival_months"] == own.survival_months
        assert slide.mitoses_per_mm2 not in row.values()


def test_latents_have_one_row_a_patient(latents):
    rows = growth_latents(latents)
    assert len(rows) == 18
    assert all(tuple(row) == GROWTH_LATENTS for row in rows)
    assert rows[3]["true_log_hazard"] == latents[3].true_log_hazard


def test_a_nodes_label_is_its_slides():
    cohort = draw_cohort(NODE, seed=2)
    rows, kept = node_rows(cohort), node_latents(cohort)
    assert all(tuple(row) == NODE_COLUMNS for row in rows)
    assert all(tuple(row) == NODE_LATENTS for row in kept)
    assert {row["metastasis"] for row in rows} == {0, 1}
    for row, latent in zip(rows, kept, strict=True):
        assert row["slide_id"] == latent["slide_id"]
        assert row["metastasis"] == (latent["metastasis_um"] >= 200)


def test_tumour_is_measured_over_all_slides_of_a_patient(cohort):
    found = measure_tumour_mm2(cohort, settings=GROWTH, seed=2)
    maps = {
        slide.slide_id: draw_anatomy(slide, settings=GROWTH, seed=2).classes for slide in cohort
    }
    own = [maps[slide.slide_id] for slide in cohort if slide.patient_id == "P0010"]
    assert len(own) == 2
    assert found["P0010"] == pytest.approx(sum(np.sum(each == 4) for each in own) * 0.016**2)
