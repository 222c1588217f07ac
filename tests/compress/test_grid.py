import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.compress.grid import element_ratio, lay_on_grid


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 6), st.sampled_from([1, 2, 8]))
def test_every_vector_stands_in_its_cell_and_background_is_zero(seed, rows, columns, views):
    rng = np.random.default_rng(seed)
    kept = rng.random((rows, columns)) < 0.6
    index = np.full((rows, columns), -1, np.int32)
    index[kept] = rng.permutation(int(kept.sum()))
    vectors = rng.normal(size=(views, int(kept.sum()), 3)).astype(np.float16)
    grid = lay_on_grid(vectors, index)
    assert grid.shape == (views, 3, rows, columns)
    for row in range(rows):
        for column in range(columns):
            expected = vectors[:, index[row, column]] if kept[row, column] else 0
            assert np.array_equal(grid[:, :, row, column], np.broadcast_to(expected, (views, 3)))


@pytest.mark.parametrize("index", [[[0, 0]], [[0, 2]], [[0, -1]]])
def test_a_grid_that_does_not_fit_is_refused(index):
    with pytest.raises(ValueError, match="the features hold 2"):
        lay_on_grid(np.zeros((1, 2, 3), np.float16), np.array(index, np.int32))


def test_published_ratio():
    # origin: Tellez et al., NIC: S = C = 128 gives 384
    assert element_ratio(stride_px=128, channels=128) == 384
