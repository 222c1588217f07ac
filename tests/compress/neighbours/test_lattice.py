"""Strides and cells from coordinates alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.compress.neighbours.lattice import (
    check_stride,
    fit_lattice,
    infer_stride,
    neighbour_gaps,
)
from histopress.errors import SlideFault

NAMES = {"slide_id": "s", "unit": "px"}


def block(columns, rows, stride, start=(0, 0)):
    cells = np.array([(x, y) for y in range(rows) for x in range(columns)])
    return cells, np.rint(cells * stride + np.array(start))


@given(
    stride=st.floats(30, 2000),
    error=st.floats(-0.5, 0.5),
    seed=st.integers(0, 2**16),
    start=st.tuples(st.integers(0, 5000), st.integers(0, 5000)),
)
def test_a_rounded_stride_does_not_add_up_over_hundreds_of_columns(stride, error, seed, start):
    cells, coords = block(300, 3, stride, start)
    some = np.random.default_rng(seed).random(len(cells)) < 0.9
    fit = fit_lattice(coords[some], stride + error)
    expected = cells[some]
    # The corner's cell depends on where the block starts; distances between cells do not.
    assert np.array_equal(fit.cells - fit.cells[0], expected - expected[0])
    assert fit.stride == pytest.approx(stride, abs=0.01)
    assert fit.moved.max() < 0.05


def test_cells_count_from_the_corner_of_the_slide():
    fit = fit_lattice(np.array([[512.0, 256.0], [768.0, 256.0]]), 256)
    assert fit.origin == (0.0, 0.0)
    assert fit.cells.tolist() == [[2, 1], [3, 1]]
    shifted = fit_lattice(np.array([[612.0, 256.0], [868.0, 256.0]]), 256)
    assert shifted.origin == (100.0, 0.0)
    assert shifted.cells.tolist() == [[2, 1], [3, 1]]


def test_the_lattice_of_most_patches_is_taken():
    _, many = block(10, 10, 256, (100, 40))
    _, few = block(3, 3, 256, (5000, 6000))
    fit = fit_lattice(np.concatenate([few, many]), 256)
    assert fit.origin == (100.0, 40.0)
    assert fit.moved[9:].max() == 0
    # (5000 − 100) / 256 = 19.14, (6000 − 40) / 256 = 23.28
    assert fit.moved[:9] == pytest.approx(23.28125 - 23)


def test_no_cell_is_negative():
    fit = fit_lattice(np.array([[-100.0, 0.0], [156.0, 0.0], [412.0, 256.0]]), 256)
    assert fit.cells.tolist() == [[0, 0], [1, 0], [2, 1]]
    assert fit.origin == (-100.0, 0.0)


def test_the_stride_is_what_most_neighbours_have():
    _, coords = block(9, 9, 257.3)
    keep = np.random.default_rng(3).random(len(coords)) < 0.7
    assert infer_stride(coords[keep], **NAMES) == pytest.approx(257.3, abs=0.5)


def test_a_stride_that_cannot_be_seen_is_asked_for():
    with pytest.raises(SlideFault, match="no two of them in one row.*setting stride, in px"):
        infer_stride(np.array([[0.0, 0.0], [256.0, 512.0]]), **NAMES)


def test_distances_without_a_common_stride_are_refused_with_the_commonest():
    x = np.cumsum([0, 256, 256, 256, 300, 300, 410, 410])
    coords = np.stack([x, np.zeros_like(x)], axis=1).astype(float)
    with pytest.raises(SlideFault, match="256, 300, 410 px apart"):
        infer_stride(coords, **NAMES)


def test_a_stride_that_no_patches_have_is_refused():
    _, coords = block(6, 6, 512)
    check_stride(coords, 512, **NAMES)
    with pytest.raises(SlideFault, match="stride is 256 px.*nearer than 512 px"):
        check_stride(coords, 256, **NAMES)


def test_scattered_patches_may_lie_far_apart():
    places = np.cumsum([0, 2, 3, 2, 3, 3]) * 512.0
    coords = np.array([(x, y) for y in places for x in places])
    assert neighbour_gaps(coords).min() == 1024
    check_stride(coords, 512, **NAMES)
