import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from histopress.compress.distance import distance_map


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.booleans()))
def test_a_distribution_over_exactly_the_kept_cells(kept):
    found = distance_map(kept)
    assert found.dtype == np.float32
    assert np.array_equal(found > 0, kept)
    assert abs(float(found.sum()) - kept.any()) < 1e-5


def test_weights_are_squared_depths():
    kept = np.zeros((7, 7), bool)
    kept[1:6, 1:6] = True
    found = distance_map(kept)
    # depths 1, 2, 3 from the border of a square of side 5
    assert np.allclose(found[3, 1:4] / found[3, 1], [1, 4, 9])
