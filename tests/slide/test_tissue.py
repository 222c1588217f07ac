import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from histopress.slide.overview import read_overview
from histopress.slide.settings import TissueSettings
from histopress.slide.source import open_slide, read_rgb
from histopress.slide.tissue import tissue_mask

GLASS = (242, 240, 243)
PINK = (205, 120, 170)
DISC = np.hypot(*np.ogrid[-150:150, -150:150]) < 90


def mask_of(rgb, **chosen):
    return tissue_mask(rgb, spacing_um=8.0, settings=TissueSettings(**chosen))


def disc(colour, background=GLASS):
    rgb = np.full((300, 300, 3), background, np.uint8)
    rgb[DISC] = colour
    return rgb


def overlap(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def noisy(rgb, sigma=4, seed=0):
    rng = np.random.default_rng(seed)
    return (rgb + rng.normal(0, sigma, rgb.shape)).clip(0, 255).astype(np.uint8)


def jpeg(rgb, quality=30):
    _, coded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])


@pytest.mark.parametrize("background", [(255, 255, 255), GLASS, (225, 218, 226), (0, 0, 0)])
@pytest.mark.parametrize("stain", [PINK, (110, 70, 150), (150, 30, 90), (120, 130, 150)])
def test_stain_on_any_background(stain, background):
    assert overlap(mask_of(disc(stain, background)), DISC) > 0.97


def test_pale_stroma_that_hangs_together_with_stained_tissue():
    rgb = disc((228, 212, 224))
    rgb[140:160, 140:160] = PINK
    assert overlap(mask_of(rgb), DISC) > 0.97


def test_fat_is_tissue_and_a_wide_tear_is_not():
    rgb = disc(GLASS)
    for line in range(60, 240, 10):
        rgb[line, :][DISC[line, :]] = (222, 190, 212)
        rgb[:, line][DISC[:, line]] = (222, 190, 212)
    assert mask_of(rgb)[DISC].mean() > 0.85
    torn = disc(PINK)
    torn[130:170, 130:170] = GLASS
    found = mask_of(torn)
    assert not found[134:166, 134:166].any()
    assert overlap(found[100:200, 100:200], (torn == PINK).all(axis=-1)[100:200, 100:200]) > 0.97


@pytest.mark.parametrize(
    "degrade",
    [noisy, lambda rgb: noisy(rgb, sigma=10), jpeg, lambda rgb: jpeg(noisy(rgb))],
)
def test_noise_and_compression(degrade):
    assert overlap(mask_of(degrade(disc(PINK))), DISC) > 0.95
    assert not mask_of(degrade(disc(GLASS))).any()


def test_an_empty_slide_has_none():
    shaded = np.linspace(215, 245, 300)[:, None, None] * np.ones((300, 300, 3))
    dusty = disc((170, 170, 168))
    for rgb in (disc(GLASS), disc((255, 255, 255)), shaded.astype(np.uint8), dusty):
        assert not mask_of(rgb).any()


def test_tissue_all_over_stays_whole():
    rng = np.random.default_rng(0)
    nuclei = cv2.GaussianBlur(rng.random((200, 200)), (0, 0), 1.5)[..., None] > 0.52
    rgb = np.where(nuclei, (110, 70, 150), (225, 170, 200)).astype(np.uint8)
    assert mask_of(rgb).all()


def test_specks_and_small_holes():
    rgb = disc(PINK)
    rgb[10:18, 10:18] = PINK
    rgb[150:155, 150:155] = GLASS
    found = mask_of(rgb, closing_um=0)
    assert not found[:30, :30].any()
    assert found[145:160, 145:160].all()
    assert not mask_of(rgb, closing_um=0, max_hole_um2=0)[152, 152]
    assert mask_of(rgb, min_area_um2=0)[13, 13]


def test_pen_beside_tissue_leaves_the_tissue():
    truth = mask_of(disc(PINK))
    for ink in [(40, 60, 150), (30, 130, 90), (25, 25, 30), (60, 60, 65), (200, 40, 60)]:
        rgb = disc(PINK)
        rgb[265:285, 20:280] = ink
        rgb = cv2.GaussianBlur(rgb, (0, 0), 1)
        found = mask_of(jpeg(rgb, 80))
        assert not found[255:].any(), ink
        assert overlap(found[:250], truth[:250]) > 0.95, ink


@pytest.mark.parametrize("ink", [(40, 60, 150), (30, 130, 90), (20, 30, 90)])
def test_pen_across_tissue_is_cut_out(ink):
    rgb = disc(PINK)
    rgb[140:165] = ink
    found = mask_of(rgb)
    assert not found[140:165].any()
    assert overlap(found[:130], DISC[:130]) > 0.97


def test_a_thin_black_line_is_not_bridged():
    rgb = disc(PINK)
    rgb[150:154] = (60, 60, 65)
    assert not mask_of(rgb)[150:154].any()


@given(arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(3))))
@settings(max_examples=50)
def test_any_image_gives_a_mask_of_its_shape(rgb):
    found = mask_of(rgb)
    assert (found.shape, found.dtype) == (rgb.shape[:2], np.dtype(bool))


def test_the_mask_turns_with_the_slide():
    rgb = noisy(disc(PINK))
    rgb[:, :60] = GLASS
    for turns in (1, 2, 3):
        assert overlap(np.rot90(mask_of(rgb), turns), mask_of(np.rot90(rgb, turns).copy())) > 0.99


@pytest.fixture(scope="module")
def real_section(slides):
    path = slides / "he" / "cptac-c3l-00601-26.no-mpp.tif"
    with open_slide(path, "A1") as slide:

        def read(xy, level, size):
            return read_rgb(slide, path=path, slide_id="A1", xy=xy, level=level, size=size)

        sizes, downsamples = slide.level_dimensions, slide.level_downsamples
        return read_overview(read, sizes=sizes, downsamples=downsamples, wanted=8).rgb


INKS = {
    "blue": (40, 60, 150),
    "dark blue": (20, 30, 90),
    "pale blue": (140, 165, 220),
    "green": (30, 130, 90),
    "pale green": (90, 170, 140),
    "black": (25, 25, 30),
    "grey": (60, 60, 65),
    "red": (200, 40, 60),
    "pale red": (230, 80, 95),
}


@pytest.mark.parametrize("ink", INKS)
def test_pen_on_a_real_section(real_section, ink):
    """Strokes drawn as a filter over the real pixels, soft at their borders, compressed again."""
    clean = mask_of(real_section)
    height, width = clean.shape
    stroke = np.zeros((height, width), np.uint8)
    points = np.array([[0.05, 0.95], [0.5, 0.78], [0.95, 0.9]]) * (width, height)
    cv2.polylines(stroke, [points.astype(int)], isClosed=False, color=1, thickness=16)
    colour = np.where(stroke[..., None] > 0, INKS[ink], 255).astype(np.float32)
    marked = jpeg((real_section * cv2.GaussianBlur(colour, (0, 0), 1.5) / 255).astype(np.uint8), 80)
    found = mask_of(marked)
    glass = ~cv2.dilate(clean.astype(np.uint8), np.ones((9, 9))).astype(bool)
    assert found[glass].mean() < 0.001
    assert found[clean & (stroke == 0)].mean() > 0.99
