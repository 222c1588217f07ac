import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.compress.distance import distance_map
from histopress.learn.crops import (
    covered_share,
    draw_corner,
    place_test_crops,
    take_crop,
    tile_corners,
    tissue_bounds,
)
from histopress.slide.views import orient

sides = st.integers(1, 20)
sizes = st.sampled_from([5, 11, 24])
corners = st.tuples(st.integers(-30, 30), st.integers(-30, 30))
seeds = st.integers(0, 2**32)


def tissue(rows, columns, seed):
    rng = np.random.default_rng(seed)
    kept = rng.random((rows, columns)) < rng.random()
    kept[rng.integers(rows), rng.integers(columns)] = True
    return kept


@given(sides, sides, corners, sizes)
def test_a_crop_is_a_slice_of_the_padded_grid(rows, columns, corner, size):
    grid = np.arange(1, 2 * rows * columns + 1, dtype=np.float16).reshape(2, rows, columns)
    margin = 60
    padded = np.pad(grid, ((0, 0), (margin, margin), (margin, margin)))
    row, column = corner[0] + margin, corner[1] + margin
    expected = padded[:, row : row + size, column : column + size]
    np.testing.assert_array_equal(take_crop(grid, corner, size), expected)


@given(sides, sides, corners, sizes, st.integers(0, 7))
def test_turning_a_crop_is_cropping_the_turned_grid(rows, columns, corner, size, view):
    grid = np.arange(1, rows * columns + 1).reshape(1, rows, columns)
    # Where the window's corners go is followed by turning their coordinates about the centre.
    row, column = corner
    ends = np.array([[row, column], [row + size, column + size]]) * 2 - [rows, columns]
    turn = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), view % 4)
    turned = ends @ turn.T
    if view >= 4:
        turned = turned * [1, -1]
    turned_grid = orient(grid, view)
    moved = (turned + turned_grid.shape[1:]).min(0) // 2
    np.testing.assert_array_equal(
        orient(take_crop(grid, corner, size), view),
        take_crop(turned_grid, tuple(moved.tolist()), size),
    )


@given(sides, sides, seeds, sizes)
def test_a_drawn_window_holds_tissue_and_all_of_it_where_it_fits(rows, columns, seed, size):
    kept = tissue(rows, columns, seed)
    corner = draw_corner(distance_map(kept), size, np.random.default_rng(seed))
    assert take_crop(kept, corner, size).any()
    for start, (first, last) in zip(corner, tissue_bounds(kept), strict=True):
        if last - first <= size:
            assert start <= first
            assert last <= start + size


def test_centres_follow_the_distance_map():
    kept = np.zeros((40, 40), bool)
    kept[5:35, 5:35] = True
    distance, rng = distance_map(kept), np.random.default_rng(0)
    found = np.zeros_like(distance)
    for _ in range(20_000):
        row, column = draw_corner(distance, 5, rng)
        found[row + 2, column + 2] += 1 / 20_000
    assert (found[~kept] == 0).all()
    # Rings of equal depth; 4 standard errors of a share of 20,000 draws are at most 0.0142.
    for depth in np.unique(distance[kept]):
        ring = distance == depth
        assert found[ring].sum() == pytest.approx(distance[ring].sum(), abs=0.0142)


def test_a_small_slide_is_seen_in_every_place_that_holds_it():
    kept = np.zeros((9, 6), bool)
    kept[3:6, 1:5] = True
    distance, rng = distance_map(kept), np.random.default_rng(0)
    seen = {draw_corner(distance, 5, rng) for _ in range(200)}
    assert seen == {(row, column) for row in (1, 2, 3) for column in (0, 1)}


@given(sides, sides, seeds, sizes)
def test_a_lattice_covers_all_tissue_with_no_empty_window(rows, columns, seed, size):
    kept = tissue(rows, columns, seed)
    lattice = tile_corners(kept, size)
    assert covered_share(kept, lattice, size) == 1
    assert all(take_crop(kept, tuple(corner), size).any() for corner in lattice.tolist())
    (top, bottom), (left, right) = tissue_bounds(kept)
    assert len(lattice) <= -(-(bottom - top) // size) * -(-(right - left) // size)


@given(sides, sides, seeds)
def test_a_slide_within_the_window_is_seen_whole(rows, columns, seed):
    kept = tissue(rows, columns, seed)
    placed = place_test_crops(
        distance_map(kept), 24, crops=10, min_coverage=0.9, rng=np.random.default_rng(0)
    )
    assert placed.drawn_coverage == 1
    assert not placed.tiled


def test_too_little_coverage_is_reported_and_mended():
    kept = np.ones((60, 80), bool)
    options = {"crops": 10, "rng": np.random.default_rng(0)}
    placed = place_test_crops(distance_map(kept), 11, min_coverage=0.9, **options)
    assert placed.tiled
    assert placed.drawn_coverage < 10 * 11**2 / kept.size
    assert len(placed.corners) == 6 * 8
    drawn = place_test_crops(distance_map(kept), 11, min_coverage=0.0, **options)
    assert not drawn.tiled
    assert covered_share(kept, drawn.corners, 11) == drawn.drawn_coverage
