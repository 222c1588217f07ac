"""Foreign features on the grid, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from histopress.compress.distance import distance_map
from histopress.compress.neighbours.foreign import ForeignFeatures, checked
from histopress.compress.neighbours.lay import Laying, lay_foreign, to_half
from histopress.errors import NoTissue, SlideFault

CELLS = np.array([(1, 0), (2, 0), (1, 1), (2, 1), (4, 2)])


def foreign(**more):
    coords = more.pop("coords", CELLS * 256.0)
    values = {
        "slide_id": "s",
        "vectors": np.arange(1, 2 * len(coords) + 1, dtype=np.float32).reshape(-1, 2),
        "coords": np.asarray(coords, float),
        "unit": "px",
        "convention": "trident",
        "stride": 256.0,
    }
    return ForeignFeatures(**(values | more))


def test_each_patch_lies_in_its_cell_from_the_slides_corner():
    slide = lay_foreign(foreign(), Laying())
    expected = np.zeros((1, 2, 3, 5), np.float16)
    for vector, (column, row) in zip(foreign().vectors, CELLS, strict=True):
        expected[0, :, row, column] = vector
    assert np.array_equal(slide.grid, expected)
    assert slide.grid.dtype == np.float16
    kept = (expected != 0).any(axis=(0, 1))
    assert np.array_equal(slide.tissue, kept)
    assert np.array_equal(slide.distance, distance_map(kept))
    assert slide.views == (0,)


def test_the_grid_covers_the_slide_where_its_size_is_known():
    # whole patches of 256 px in 2000 × 1300 px: 7 columns, 5 rows
    slide = lay_foreign(foreign(extent=(2000.0, 1300.0), patch=256.0), Laying())
    assert slide.grid.shape == (1, 2, 5, 7)
    overlapping = lay_foreign(foreign(extent=(2000.0, 1300.0), patch=512.0), Laying())
    assert overlapping.grid.shape == (1, 2, 4, 6)


def test_a_given_stride_wins_and_a_missing_one_is_inferred():
    assert lay_foreign(foreign(stride=None), Laying()).attributes["stride"] == 256
    coarse = lay_foreign(foreign(coords=CELLS * 512.0), Laying(stride=512.0))
    assert coarse.grid.shape == (1, 2, 3, 5)


def test_patches_off_the_lattice_are_refused_unless_the_nearest_cell_will_do():
    coords = np.concatenate([CELLS * 256.0, [[1100.0, 1024.0]]])
    with pytest.raises(SlideFault, match=r"1 of 6 patches lie off .* 0\.30 strides.*patch 5 at"):
        lay_foreign(foreign(coords=coords), Laying())
    slide = lay_foreign(foreign(coords=coords), Laying(tolerance=0.5))
    assert slide.kept[4, 4]
    assert slide.attributes["moved_most"] == pytest.approx(0.296875)
    several = lay_foreign(foreign(coords=coords, several_lattices=True), Laying())
    assert np.array_equal(several.grid, slide.grid)


def test_the_nearer_of_two_patches_keeps_the_cell_and_the_other_is_counted():
    coords = np.array([(x, y) for y in range(4) for x in range(5)]) * 256.0
    coords = np.concatenate([[[300.0, 0.0]], coords])
    slide = lay_foreign(foreign(coords=coords), Laying(tolerance=0.5))
    assert slide.grid[0, :, 0, 1].tolist() == [5, 6]
    assert slide.attributes["patches_left_out"] == 1
    assert slide.attributes["patches"] == 21


def test_many_patches_in_one_cell_speak_of_a_wrong_stride():
    with pytest.raises(SlideFault, match="stride of 512 px, 2 of 5 patches share a cell"):
        lay_foreign(foreign(), Laying(stride=512.0, tolerance=0.5))


def test_a_grid_that_fits_no_memory_is_refused_with_its_numbers():
    coords = np.array([[0.0, 0.0], [1.0, 0.0], [1e5, 1e5]])
    with pytest.raises(SlideFault, match="3 patches would lie on 100001 × 100001 cells of 1 px"):
        lay_foreign(foreign(coords=coords, stride=None, several_lattices=True), Laying())


def test_values_beyond_float16_are_refused_and_scaled():
    vectors = np.array([[1.0, 2.0], [3.0, -2e6]], np.float32)
    with pytest.raises(SlideFault, match="patch 1 is -2e[+]06 in column 1.*scale, such as 1e-05"):
        to_half(vectors, scale=1, slide_id="s")
    # 2e6 × 1e-5 = 20
    assert to_half(vectors, scale=1e-5, slide_id="s")[1, 1] == -20
    assert np.isfinite(to_half(np.array([[65504.0]]), scale=1, slide_id="s")).all()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"vectors": np.zeros((4, 2), np.float32)}, "4 vectors, but coordinates of shape"),
        ({"vectors": np.zeros(5, np.float32)}, r"float32 of shape \(5,\)"),
        ({"vectors": np.zeros((5, 2), np.int64)}, "int64 of shape"),
        ({"vectors": np.full((5, 2), np.nan)}, "embedding of patch 0 is nan in column 0"),
        ({"coords": CELLS[[0, 1, 2, 1, 4]] * 256.0}, r"patches 1 and 3 both lie at \(512, 0\) px"),
        ({"coords": [[0, 0], [0, np.inf]]}, "coordinate of patch 1 is inf in column 1"),
    ],
)
def test_contents_that_do_not_fit_are_refused(more, message):
    with pytest.raises(SlideFault, match=message):
        checked(foreign(**more))


def test_no_patch_is_no_tissue():
    with pytest.raises(NoTissue, match="holds no patch"):
        checked(foreign(coords=np.zeros((0, 2))))


def test_the_ratio_is_told_where_the_pixels_are_known():
    # 3 · 128² / 2
    told = replace(foreign(), attributes={"tile_px": 128, "stride_px": 128})
    assert lay_foreign(told, Laying()).attributes["element_ratio"] == 24576
