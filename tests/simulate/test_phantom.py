import json
from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import openslide
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.bands import draw_bands
from histopress.simulate.drawing.kinds import NucleusKind
from histopress.simulate.phantom import draw_anatomy, draw_slide, prepare_canvas
from histopress.simulate.phantom_settings import ArtefactSettings, PhantomSettings
from histopress.simulate.phantom_slides import (
    MANIFEST_COLUMNS,
    draw_cohort,
    manifest_rows,
    positive_at,
)
from histopress.simulate.truth import measure_truth


def paint(slide, settings, seed=3):
    anatomy = draw_anatomy(slide, settings=settings, seed=seed)
    canvas = prepare_canvas(anatomy, slide, settings=settings, seed=seed)
    return anatomy, np.concatenate(list(draw_bands(canvas)))


def test_the_default_cohort_is_large_enough_and_balanced():
    settings = PhantomSettings()
    cohort = draw_cohort(settings, seed=1)
    patients = {slide.patient_id: slide for slide in cohort}
    assert len(cohort) == 36
    assert len(patients) == 24
    assert settings.size_px >= 4096
    strata = Counter((slide.center, slide.tumour) for slide in patients.values())
    assert strata == {("A", 0): 6, ("A", 1): 6, ("B", 0): 6, ("B", 1): 6}
    # Slides take turns within centre and label: their number must not tell the label.
    assert set(Counter((slide.center, slide.tumour) for slide in cohort).values()) == {9}
    assert len({slide.slide_id for slide in cohort}) == 36


def test_labels_and_fractions_agree():
    for slide in draw_cohort(PhantomSettings(n_patients=200), seed=1):
        assert (slide.tumour_fraction > 0) == bool(slide.tumour)
        assert slide.tumour_fraction == 0 or 0.04 <= slide.tumour_fraction <= 0.25


@given(st.integers(1, 30), st.integers(1, 30), st.floats(0, 1), st.integers(1, 3))
def test_more_patients_change_no_slide(first, more, prevalence, centers):
    settings = PhantomSettings(n_patients=first, prevalence=prevalence, n_centers=centers)
    short = draw_cohort(settings, seed=5)
    long = draw_cohort(replace(settings, n_patients=first + more), seed=5)
    assert long[: len(short)] == short


@given(st.integers(1, 500), st.floats(0, 1))
def test_any_beginning_holds_the_prevalence(count, prevalence):
    positives = sum(positive_at(index, prevalence) for index in range(count))
    assert abs(positives - count * prevalence) < 1 + 1e-6


def test_seeds_tell():
    settings = PhantomSettings(n_patients=4)
    assert draw_cohort(settings, seed=1) == draw_cohort(settings, seed=1)
    assert draw_cohort(settings, seed=1) != draw_cohort(settings, seed=2)


def test_manifest_rows_hold_the_columns():
    row = manifest_rows(draw_cohort(PhantomSettings(n_patients=4), seed=1))[0]
    assert tuple(row) == MANIFEST_COLUMNS
    assert row["path"] == "data/phantom/phantom-0001-a.tif"


def test_equal_seeds_give_equal_bytes_whoever_stands_beside(tmp_path, small, positive):
    draw_slide(tmp_path / "a.tif", positive, settings=small, seed=3)
    more = replace(small, n_patients=9)
    again = next(s for s in draw_cohort(more, seed=3) if s.slide_id == positive.slide_id)
    draw_slide(tmp_path / "b.tif", again, settings=more, seed=3)
    draw_slide(tmp_path / "c.tif", positive, settings=small, seed=4)
    first, second, third = ((tmp_path / f"{name}.tif").read_bytes() for name in "abc")
    assert first == second
    assert first != third


def test_the_file_is_what_the_settings_say(tmp_path, small, positive):
    truth = draw_slide(tmp_path / "a.tif", positive, settings=small, seed=3)
    with openslide.OpenSlide(tmp_path / "a.tif") as slide:
        assert slide.dimensions == (1024, 1024)
        assert slide.level_count == 3
        assert float(slide.properties["openslide.mpp-x"]) == 0.5
        read = np.asarray(slide.read_region((0, 0), 0, slide.dimensions).convert("RGB"))
    painted = paint(positive, small)[1]
    assert np.abs(read.astype(int) - painted).mean() < 5
    assert json.loads(json.dumps(truth.as_json()))["tumour"] == 1


def test_any_order_of_blocks_and_number_of_threads_gives_the_same_pixels(small, positive):
    _, whole = paint(positive, small)
    threads = cv2.getNumThreads()
    anatomy = draw_anatomy(positive, settings=small, seed=3)
    canvas = prepare_canvas(anatomy, positive, settings=small, seed=3)
    try:
        cv2.setNumThreads(1 if threads > 1 else 2)
        assert np.array_equal(canvas.block(1, 1), whole[512:, 512:])
        assert np.array_equal(canvas.block(0, 1), whole[:512, 512:])
    finally:
        cv2.setNumThreads(threads)


def test_blocks_join_without_a_seam(positive):
    settings = PhantomSettings(size_px=1024, noise=0.0)
    _, image = paint(positive, settings)
    steps = np.abs(np.diff(image.astype(int), axis=0)).mean(axis=(1, 2))
    inside = np.r_[steps[400:511], steps[512:620]]
    assert steps[511] < inside.max() * 1.1
    steps = np.abs(np.diff(image.astype(int), axis=1)).mean(axis=(0, 2))
    inside = np.r_[steps[400:511], steps[512:620]]
    assert steps[511] < inside.max() * 1.1


@pytest.mark.parametrize("spacing", [0.5, 1.0])
def test_tumour_nuclei_lie_where_the_map_says_tumour(spacing):
    settings = PhantomSettings(size_px=round(1024 / spacing), n_patients=4, spacing_um=spacing)
    slide = next(slide for slide in draw_cohort(settings, seed=3) if slide.tumour)
    anatomy = draw_anatomy(slide, settings=settings, seed=3)
    canvas = prepare_canvas(anatomy, slide, settings=settings, seed=3)
    places = [(row, col) for row in range(canvas.blocks) for col in range(canvas.blocks)]
    found = [canvas.nuclei_of(*place) for place in places]
    at = np.concatenate([own.at for own in found])
    kind = np.concatenate([own.kind for own in found])
    truth = measure_truth(anatomy, slide)
    cell = round(truth.cell_um / spacing)
    tumour = anatomy.classes == Tissue.TUMOUR
    near = cv2.dilate(tumour.astype(np.uint8), np.ones((3, 3))) > 0
    column, row = (at[kind == NucleusKind.TUMOUR] // cell).T
    assert near[row, column].all()
    # Two hundred square µm of tumour hold a nucleus, and every nest has some.
    assert len(row) > tumour.sum() * truth.cell_um**2 / 400
    own = at[kind == NucleusKind.TUMOUR]
    for nest in truth.nests_px:
        assert (np.abs(own - nest).max(axis=1) < 80 / spacing).any()


def test_truth_counts_the_map(small, positive):
    anatomy = draw_anatomy(positive, settings=small, seed=3)
    truth = measure_truth(anatomy, positive)
    tissue = anatomy.classes > 0
    tumour = anatomy.classes == Tissue.TUMOUR
    assert truth.tumour_fraction == tumour.sum() / tissue.sum()
    assert truth.tumour_fraction == pytest.approx(positive.tumour_fraction, abs=0.02)
    assert sum(truth.areas_mm2.values()) == pytest.approx((1024 * 0.5e-3) ** 2)
    assert truth.areas_mm2["tumour"] == pytest.approx(tumour.sum() * 0.016**2)


def test_negatives_hold_glands_and_lymphocytes_but_no_tumour():
    settings = PhantomSettings(size_px=2048)
    for slide in draw_cohort(settings, seed=1)[:9]:
        anatomy = draw_anatomy(slide, settings=settings, seed=1)
        assert (anatomy.fraction(Tissue.TUMOUR) > 0) == bool(slide.tumour)
        assert anatomy.fraction(Tissue.GLAND) > 0.02
        assert anatomy.fraction(Tissue.LYMPHOCYTES) > 0.015


def test_glass_is_bright_and_tissue_is_pink(small, positive):
    # Pen and dust lie on the glass too.
    clean = replace(small, artefacts=ArtefactSettings(holes=0, folds=0, pen=0, dust=0, blur=0))
    anatomy, image = paint(positive, clean)
    cells = image.reshape(32, 32, 32, 32, 3).mean(axis=(1, 3))
    deep = cv2.erode((anatomy.classes > 0).astype(np.uint8), np.ones((3, 3))) > 0
    empty = cv2.dilate((anatomy.classes > 0).astype(np.uint8), np.ones((3, 3))) == 0
    assert cells[empty].min() > 230
    stroma = cells[deep & (anatomy.classes == Tissue.STROMA)].mean(axis=0)
    red, green, blue = stroma
    assert red > blue > green
    assert green < 200


def test_centres_differ_in_stain_more_than_slides_of_one():
    settings = PhantomSettings(size_px=512, center_shift=0.3, slide_shift=0.01)
    stains = {}
    for slide in draw_cohort(settings, seed=1)[:8]:
        anatomy = draw_anatomy(slide, settings=settings, seed=1)
        density = prepare_canvas(anatomy, slide, settings=settings, seed=1).stain.density
        stains.setdefault(slide.center, []).append(density)
    within = max(np.ptp(np.stack(parts), axis=0).max() for parts in stains.values())
    between = np.abs(np.mean(stains["A"], 0) - np.mean(stains["B"], 0)).max()
    assert between > 2 * within
