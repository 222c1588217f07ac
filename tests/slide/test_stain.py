import numpy as np
import pytest

from histopress.slide.stain import (
    colour_density,
    doubt_brightfield,
    find_black,
    find_glass,
    find_ink,
    optical_density,
)

PINK = (205, 120, 170)


def field(height=200, width=200, colour=(242, 240, 243)):
    return np.full((height, width, 3), colour, np.uint8)


def test_grey_has_no_colour_density_whatever_its_darkness():
    greys = np.repeat(np.arange(20, 241, 20, dtype=np.uint8), 3).reshape(1, -1, 3)
    spread = colour_density(optical_density(greys, (240.0, 240.0, 240.0)))
    assert spread.max() < 1e-6
    stain = colour_density(optical_density(field(1, 1, PINK), (240.0, 240.0, 240.0)))
    assert stain[0, 0] == pytest.approx(np.log(206 / 121), rel=1e-5)


def test_glass_is_the_scanned_one_not_the_filling():
    rgb = field(colour=(255, 255, 255))
    rgb[:, :40] = (241, 236, 239)
    rgb[50:, :] = PINK
    glass = find_glass(rgb)
    assert glass.rgb == (241, 236, 239)
    assert glass.fraction == pytest.approx(0.05)


def test_glass_of_pure_white_and_none_at_all():
    assert find_glass(field(colour=(255, 255, 255))).rgb == (255, 255, 255)
    assert find_glass(field(colour=PINK)).fraction == 0


def test_noise_of_the_glass_is_measured():
    rng = np.random.default_rng(0)
    noisy = (field() + rng.normal(0, 5, (200, 200, 3))).clip(0, 255).astype(np.uint8)
    assert find_glass(noisy).noise > 3 * find_glass(field()).noise


def test_black_padding():
    rgb = field()
    rgb[:, :50] = 12
    assert (find_black(rgb).sum(axis=1) == 50).all()


@pytest.mark.parametrize(
    "ink",
    [(40, 60, 150), (20, 30, 90), (30, 130, 90), (60, 60, 65), (200, 40, 60), (140, 165, 220)],
)
def test_ink_is_found_by_colour_and_size(ink):
    rgb = field()
    rgb[20:180, 90:110] = ink
    rgb[5:9, 5:9] = ink
    rgb[120:, 120:] = PINK
    found = find_ink(rgb, optical_density(rgb, (242.0, 240.0, 243.0)), min_px=600)
    assert found[20:180, 90:110].all()
    assert not found[5:9, 5:9].any()
    assert not found[120:, 120:].any()


@pytest.mark.parametrize(
    "stain", [PINK, (90, 50, 140), (150, 30, 90), (225, 200, 220), (60, 30, 90)]
)
def test_stain_is_no_ink(stain):
    rgb = field()
    rgb[50:150, 50:150] = stain
    assert not find_ink(rgb, optical_density(rgb, (242.0, 240.0, 243.0)), min_px=1).any()


def test_what_is_no_brightfield():
    dark = field(colour=(0, 0, 0))
    dark[:80, :80] = (0, 10, 200)
    assert "fluorescence" in (doubt_brightfield(dark) or "")
    assert "100%" in (doubt_brightfield(field(colour=(3, 3, 3))) or "")
    salmon = field(colour=(243, 128, 128))
    salmon[50:, 50:] = (120, 150, 140)
    assert "YCbCr" in (doubt_brightfield(salmon) or "")


def test_what_is_brightfield():
    padded = field(colour=(0, 0, 0))
    padded[:80, :80] = PINK
    assert doubt_brightfield(padded) is None
    assert doubt_brightfield(field()) is None
    assert doubt_brightfield(field(colour=PINK)) is None
    blood = field()
    blood[50:100, 50:100] = (215, 130, 130)
    assert doubt_brightfield(blood) is None
