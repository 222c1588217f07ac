import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.patches.phantom_slide import PatchSlide, measure_shares
from histopress.simulate.bands import draw_bands
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.phantom_slides import draw_slide_of
from histopress.simulate.pyramid import write_pyramid
from histopress.slide.source import open_slide

SIDE = 96


@pytest.fixture(scope="module")
def slide():
    settings = PhantomSettings(size_px=1024)
    drawn = draw_slide_of(
        "P", "S", center="A", tumour=True, pattern=None, settings=settings, seed=1
    )
    return PatchSlide(drawn, settings=settings, seed=1, tile_px=SIDE)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(-10, 60), st.integers(-10, 60))
def test_shares_are_those_of_the_pixels(seed, side, x, y):
    mask = np.random.default_rng(seed).random((6, 5)) < 0.5
    pixels = np.pad(np.kron(mask, np.ones((8, 8))), 70)
    expected = pixels[70 + y : 70 + y + side, 70 + x : 70 + x + side].mean()
    (share,) = measure_shares(mask, np.array([[x, y]]) / 8, side=side / 8)
    assert share == pytest.approx(expected, abs=1e-9)


def test_a_lattice_lies_on_the_slide_and_overlaps_by_half(slide):
    starts = set()
    for seed in range(20):
        corners = slide.lattice(np.random.default_rng(seed))
        assert slide.inside(corners).all()
        assert set(np.diff(np.unique(corners[:, 0]))) == {SIDE // 2}
        assert len(set(map(tuple, corners.tolist()))) == len(corners) >= 18**2
        starts.add(tuple(corners[0]))
    assert len(starts) > 10
    outside = np.array([[-1, 0], [0, 929], [928, 928]])
    assert slide.inside(outside).tolist() == [False, False, True]


def test_patches_are_those_of_the_written_slide(slide, tmp_path):
    path = tmp_path / "s.tif"
    write_pyramid(path, draw_bands(slide.canvas), shape=(1024, 1024), spacing_um=0.5)
    rng = np.random.default_rng(1)
    corners = rng.integers(0, 1024 - SIDE, (30, 2))
    patches = slide.cut(corners)
    with open_slide(path, "s") as written:
        picture = np.asarray(written.read_region((0, 0), 0, (1024, 1024)).convert("RGB"), int)
    for patch, (x, y) in zip(patches, corners, strict=True):
        away = np.abs(patch.astype(int) - picture[y : y + SIDE, x : x + SIDE])
        # JPEG smooths colour over two pixels, but not beyond the tiles of a slide.
        assert (away == 0).mean() > 0.95
        assert away.mean() < 0.2


def test_only_the_blocks_under_patches_are_drawn(slide, monkeypatch):
    drawn = []
    block = type(slide.canvas).block
    monkeypatch.setattr(
        type(slide.canvas),
        "block",
        lambda canvas, row, col: drawn.append((row, col)) or block(canvas, row, col),
    )
    slide.cut(np.array([[0, 0], [20, 30], [500, 600]]))
    assert sorted(drawn) == [(0, 0), (1, 0), (1, 1)]
