import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.errors import SpacingFault
from histopress.slide.geometry import lay_geometry
from histopress.slide.settings import GridSettings
from histopress.slide.spacing import Spacing


def geometry(*, sizes, downsamples, spacing_um=0.25, tile=64, stride=64, asked=0.5):
    return lay_geometry(
        slide_id="A1",
        sizes=sizes,
        downsamples=downsamples,
        spacing=Spacing(spacing_um=spacing_um, source="file"),
        settings=GridSettings(tile_px=tile, stride_px=stride, spacing_um=asked),
    )


@st.composite
def geometries(draw):
    width, height = draw(st.integers(1, 9000)), draw(st.integers(1, 9000))
    downsamples, sizes = [1.0], [(width, height)]
    for power in range(1, draw(st.integers(1, 4))):
        size = (max(1, width // 2**power), max(1, height // 2**power))
        sizes.append(size)
        downsamples.append((width / size[0] + height / size[1]) / 2)
    return geometry(
        sizes=sizes,
        downsamples=downsamples,
        spacing_um=draw(st.floats(0.2, 0.5)),
        tile=draw(st.integers(16, 300)),
        stride=draw(st.integers(16, 300)),
    )


def test_half_of_level_0():
    laid = geometry(sizes=[(1000, 700), (250, 175)], downsamples=[1.0, 4.0])
    assert (laid.level, laid.shrink, laid.region_px, laid.tile_px0) == (0, "box", 128, 128.0)
    assert laid.shape == (5, 7)
    assert laid.lefts.tolist() == [0, 128, 256, 384, 512, 640, 768]
    assert laid.tops.tolist() == [0, 128, 256, 384, 512]


def test_only_whole_tiles_have_a_cell():
    assert geometry(sizes=[(128, 127)], downsamples=[1.0]).shape == (0, 1)
    assert geometry(sizes=[(255, 128)], downsamples=[1.0]).shape == (1, 1)
    assert geometry(sizes=[(256, 128)], downsamples=[1.0]).shape == (1, 2)


def test_overlapping_tiles():
    laid = geometry(sizes=[(256, 128)], downsamples=[1.0], stride=32)
    assert laid.lefts.tolist() == [0, 64, 128]


def test_the_last_tile_is_not_rounded_over_the_border():
    """514 = 10 × 45 + 64 px of the level fit exactly; 450 × 2.0019 would round up to 901."""
    ratio = (1029 / 514 + 1031 / 515) / 2
    sizes = [(1029, 1031), (514, 515)]
    laid = geometry(sizes=sizes, downsamples=[1.0, ratio], tile=64, stride=45)
    assert laid.lefts[-1] == 900
    assert laid.lefts[-1] / ratio + 64 <= 514


def test_positions_do_not_drift():
    laid = geometry(sizes=[(200_000, 300)], downsamples=[1.0], spacing_um=0.3, tile=128, stride=128)
    exact = np.arange(len(laid.lefts)) * 128 * 0.5 / 0.3
    assert len(exact) == 937
    assert np.abs(laid.lefts - exact).max() <= 0.5


def test_a_coarse_slide_is_refused():
    with pytest.raises(SpacingFault, match=r"'A1'.*coarser"):
        geometry(sizes=[(1000, 1000)], downsamples=[1.0], spacing_um=1.0)


@given(geometries())
def test_tiles_lie_on_the_slide_where_the_spacing_puts_them(laid):
    assert laid.region_px == pytest.approx(laid.tile_px * laid.factor, abs=0.5)
    for starts, level_size in ((laid.tops, laid.level_height), (laid.lefts, laid.level_width)):
        assert (starts / laid.downsample + laid.region_px <= level_size + 1e-6).all()
        exact = np.arange(len(starts)) * laid.stride_px0
        assert np.abs(starts - exact).max(initial=0) <= laid.downsample / 2 + 1
        following = len(starts) * laid.stride_px * laid.factor + laid.region_px
        assert following > level_size - 0.5
