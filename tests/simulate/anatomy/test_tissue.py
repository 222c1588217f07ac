import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from histopress.simulate.anatomy.tissue import Anatomy, Tissue


@given(st.integers(0, 1000))
def test_regions_are_the_connected_parts_of_a_class(seed):
    classes = np.random.default_rng(seed).choice([0, 1, 4], (7, 8)).astype(np.uint8)
    anatomy = Anatomy(classes=classes, glands=np.zeros((0, 5)))
    regions = anatomy.regions(Tissue.TUMOUR)
    labels, count = ndimage.label(classes == Tissue.TUMOUR)
    index = np.arange(1, count + 1)
    centres = np.array(ndimage.center_of_mass(labels > 0, labels, index)).reshape(-1, 2)
    expected = np.column_stack([centres[:, ::-1] + 0.5, np.bincount(labels.ravel())[1:]])
    order = np.lexsort(expected.T[::-1])
    assert np.allclose(regions[np.lexsort(regions.T[::-1])], expected[order])
    assert np.array_equal(anatomy.nests(), regions[:, :2])
    assert (np.diff(regions[:, 1]) >= 0).all()


def test_no_region_is_no_row():
    anatomy = Anatomy(classes=np.ones((3, 3), np.uint8), glands=np.zeros((0, 5)))
    assert anatomy.regions(Tissue.FAT).shape == (0, 3)
    assert anatomy.nests().shape == (0, 2)
