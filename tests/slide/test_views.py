import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.slide.views import VIEWS, orient

GRID = np.arange(2 * 3 * 5).reshape(2, 3, 5)


def test_the_eight_views_differ_and_keep_every_value():
    seen = {orient(GRID, view).tobytes() + bytes(orient(GRID, view).shape) for view in range(VIEWS)}
    assert len(seen) == VIEWS
    for view in range(VIEWS):
        assert sorted(orient(GRID, view).ravel()) == sorted(GRID.ravel())


@given(st.integers(0, 7), st.integers(0, 7))
def test_views_form_a_group(first, second):
    both = orient(orient(GRID, first), second)
    assert sum(np.array_equal(both, orient(GRID, view)) for view in range(VIEWS)) == 1


@pytest.mark.parametrize("view", range(VIEWS))
def test_axes_may_lie_anywhere(view):
    moved = np.moveaxis(GRID, 0, -1)
    turned = orient(moved, view, axes=(0, 1))
    assert np.array_equal(np.moveaxis(turned, -1, 0), orient(GRID, view))


@pytest.mark.parametrize("view", [-1, 8])
def test_there_are_eight(view):
    with pytest.raises(ValueError, match="allowed are 0 to 7"):
        orient(GRID, view)
