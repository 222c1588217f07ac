from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from histopress.slide.geometry import lay_geometry
from histopress.slide.grid import cell_fractions, lay_grid
from histopress.slide.settings import GridSettings
from histopress.slide.spacing import Spacing

MASKS = arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 40)))


def geometry(width, height, tile=16, stride=16):
    return lay_geometry(
        slide_id="A1",
        sizes=[(width, height)],
        downsamples=[1.0],
        spacing=Spacing(spacing_um=0.5, source="file"),
        settings=GridSettings(tile_px=tile, stride_px=stride),
    )


def test_fractions_weigh_border_px_by_area():
    mask = np.array([[True, False, False], [False, False, False], [False, False, True]])
    found = cell_fractions(mask, tops=np.array([0.5, 1.5]), lefts=np.array([0.0, 1.5]), side=1.5)
    expected = np.array([[0.5 / 2.25, 0], [0, 1 / 2.25]])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@given(MASKS, st.integers(1, 60), st.integers(0, 50), st.integers(0, 50))
def test_fractions_equal_counting_fine_px(mask, side, top, left):
    """Sevenths of a px: counted on the mask with each px repeated seven times."""
    fine = mask.repeat(7, axis=0).repeat(7, axis=1)
    inside = fine[top : top + side, left : left + side]
    found = cell_fractions(
        mask, tops=np.array([top / 7]), lefts=np.array([left / 7]), side=side / 7
    )
    assert 0 <= found[0, 0] <= 1
    assert found[0, 0] == pytest.approx(inside.mean() if inside.size else 0, abs=1e-5)


def test_a_cell_is_kept_only_above_the_fraction():
    mask = np.zeros((10, 30), bool)
    mask[:6, :10] = True
    mask[:6, 10:20] = True
    mask[6, 10] = True
    mask[:, 20:] = True
    laid = geometry(48, 16)
    grid = lay_grid(laid, mask, mask_downsample=1.6, min_tissue=0.6)
    np.testing.assert_allclose(grid.tissue, [[0.6, 0.61, 1.0]], rtol=1e-6)
    assert grid.tile_index.tolist() == [[-1, 0, 1]]
    assert grid.coords.tolist() == [[16, 0], [32, 0]]


@given(MASKS, st.floats(0, 0.99), st.integers(16, 40))
def test_index_and_coordinates_belong_together(mask, min_tissue, stride):
    laid = geometry(mask.shape[1] * 8, mask.shape[0] * 8, stride=stride)
    grid = lay_grid(laid, mask, mask_downsample=8.0, min_tissue=min_tissue)
    assert grid.tile_index.shape == grid.tissue.shape == laid.shape
    kept = grid.tile_index >= 0
    assert (kept == (grid.tissue > np.float32(min_tissue))).all()
    assert grid.tile_index[kept].tolist() == list(range(len(grid.coords)))
    row, column = np.nonzero(kept)
    assert (grid.coords[:, 0] == laid.lefts[column]).all()
    assert (grid.coords[:, 1] == laid.tops[row]).all()
    order = np.lexsort((grid.coords[:, 0], grid.coords[:, 1]))
    assert order.tolist() == list(range(len(order)))
    assert (grid.coords.dtype, grid.tile_index.dtype) == (np.int64, np.int32)


def test_tissue_lands_in_its_cells_far_from_the_origin():
    """A mask px of 15.9 level-0 px: an error of scale would show after 1,000 cells."""
    laid = replace(geometry(128_000, 128, tile=128, stride=128), spacing_um=0.5)
    mask = np.zeros((9, 8051), bool)
    start = 900 * 128 / 15.9
    mask[:, int(start) + 1 : int(start + 128 / 15.9)] = True
    grid = lay_grid(laid, mask, mask_downsample=15.9, min_tissue=0.6)
    assert np.argwhere(grid.tile_index >= 0).tolist() == [[0, 900]]
