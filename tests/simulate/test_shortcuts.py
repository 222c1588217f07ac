"""Summaries of slides are those of what is drawn."""

import cv2
import numpy as np
import pytest

from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.bands import draw_bands
from histopress.simulate.phantom import draw_anatomy, prepare_canvas
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.phantom_slides import draw_cohort
from histopress.simulate.shortcuts import (
    SlideSummary,
    class_areas,
    find_spots,
    patient_shortcuts,
    summarise_picture,
)

SETTINGS = PhantomSettings(design="growth", size_px=1024, n_patients=18, n_centers=3)


@pytest.fixture(scope="module")
def cohort():
    return draw_cohort(SETTINGS, seed=4)


def scene(*, centres, spacing_um=1.0, side=400, radius_um=3.5):
    """Pink tissue on glass with purple nuclei."""
    picture = np.full((side, side, 3), 243, np.uint8)
    edge = side // 8
    picture[edge : side - edge, edge : side - edge] = (225, 150, 190)
    for x, y in centres:
        cv2.circle(picture, (x, y), round(radius_um / spacing_um), (100, 60, 150), -1)
    noise = np.random.default_rng(0).normal(0, 2.5, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("spacing", [0.5, 1.0])
def test_each_nucleus_is_one_spot_where_it_lies(spacing):
    steps = np.arange(80, 320, 24)
    centres = [(int(x), int(y)) for x in steps for y in steps]
    picture = scene(centres=centres, spacing_um=spacing)
    found = np.argwhere(find_spots(picture, spacing_um=spacing))[:, ::-1]
    assert len(found) == len(centres)
    nearest = np.abs(found[:, None] - np.array(centres)).max(-1).min(1)
    assert nearest.max() * spacing <= 2


def test_tissue_without_nuclei_has_none_and_glass_has_no_tissue():
    bare = summarise_picture(scene(centres=[]), spacing_um=1.0)
    assert bare.nuclei == 0
    assert bare.tissue_mm2 == pytest.approx(0.3**2, rel=0.05)
    assert bare.rgb == pytest.approx((225, 150, 190), abs=3)
    glass = np.full((256, 256, 3), 243, np.uint8)
    empty = summarise_picture(glass, spacing_um=1.0)
    assert (empty.tissue_mm2, empty.nuclei) == (0, 0)
    assert np.isfinite(empty.rgb).all()


def test_dust_on_glass_is_no_nucleus():
    picture = scene(centres=[(200, 200), (20, 20), (380, 380)])
    assert summarise_picture(picture, spacing_um=1.0).nuclei == 1


def test_a_drawn_slide_is_summarised_as_it_was_laid_out(cohort):
    anatomy = draw_anatomy(cohort[0], settings=SETTINGS, seed=4)
    canvas = prepare_canvas(anatomy, cohort[0], settings=SETTINGS, seed=4)
    found = summarise_picture(np.concatenate(list(draw_bands(canvas))), spacing_um=0.5)
    assert found.tissue_mm2 == pytest.approx(anatomy.tissue_cells * 0.016**2, rel=0.1)
    # Between sparse stroma and tissue packed with lymphocytes, 48 and 135 µm² apart from another.
    assert 1500 < found.nuclei / found.tissue_mm2 < 20_000
    red, green, blue = found.rgb
    assert red > blue > green


def test_class_areas_are_shares_of_the_tissue(cohort):
    anatomy = draw_anatomy(cohort[0], settings=SETTINGS, seed=4)
    found = class_areas(anatomy)
    assert "glass" not in found
    assert sum(found.values()) == pytest.approx(1.0)
    assert found["tumour"] == anatomy.fraction(Tissue.TUMOUR) > 0


def test_patients_stand_in_order_with_means_and_sums_of_their_slides(cohort):
    summaries = {
        slide.slide_id: SlideSummary(
            rgb=(float(place), 1.0, 2.0), tissue_mm2=10.0 + place, nuclei=100.0 * place
        )
        for place, slide in enumerate(cohort)
    }
    found = patient_shortcuts(cohort, summaries)
    assert set(found) == {"mean-rgb", "tissue-area", "nuclear-count", "centre", "slides"}
    assert {name: values.shape for name, values in found.items()} == {
        "mean-rgb": (18, 3),
        "tissue-area": (18, 2),
        "nuclear-count": (18, 2),
        "centre": (18, 3),
        "slides": (18, 1),
    }
    # P0010 has the tenth and eleventh slide.
    assert [slide.patient_id for slide in cohort][9:11] == ["P0010", "P0010"]
    assert found["mean-rgb"][9].tolist() == [9.5, 1.0, 2.0]
    assert found["tissue-area"][9].tolist() == [19.5, 39.0]
    assert found["nuclear-count"][9].tolist() == [950.0, 1900.0]
    assert found["centre"][9].tolist() == [1.0, 0.0, 0.0]
    assert found["slides"][:, 0].tolist() == [1] * 9 + [2] * 9
