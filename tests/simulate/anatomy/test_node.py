import numpy as np
import pytest

from histopress.simulate.anatomy.fields import depth_in
from histopress.simulate.anatomy.tissue import CELL_UM, Tissue


@pytest.mark.parametrize("diameter", [10.0, 20.0, 120.0, 400.0, 1000.0])
@pytest.mark.parametrize("holes", [False, True])
def test_metastases_have_the_size_asked_and_change_nothing_else(grow, diameter, holes):
    for seed in range(5):
        scene = {"organ": "node", "holes": holes}
        with_it = grow(seed, 192, metastasis_um=diameter, **scene)
        without = grow(seed, 192, **scene)
        changed = with_it.classes != without.classes
        assert (with_it.classes[changed] == Tissue.TUMOUR).all()
        assert (without.classes[changed] > 0).all()
        assert not (without.classes == Tissue.TUMOUR).any()
        ((_, _, area),) = with_it.regions(Tissue.TUMOUR)
        if diameter > 100:
            assert 2 * np.sqrt(area / np.pi) * CELL_UM == pytest.approx(diameter, rel=0.15)
        elif diameter <= 20:
            assert area == 1


def test_a_node_has_capsule_follicles_and_hilum(grow):
    for seed in range(4):
        anatomy = grow(seed, 256, organ="node")
        node = (anatomy.classes > 0) & (anatomy.classes != Tissue.FAT)
        depth = depth_in(node)
        edge = anatomy.classes[node & (depth <= 1)]
        assert (edge == Tissue.STROMA).mean() > 0.8
        assert anatomy.fraction(Tissue.LYMPHOCYTES) > 0.5
        assert 0.02 < anatomy.fraction(Tissue.FAT) < 0.2
        assert anatomy.fraction(Tissue.BLOOD) > 0.001
        follicles = anatomy.regions(Tissue.FOLLICLE)
        assert len(follicles) >= 5
        at = follicles[:, :2].astype(int)
        # Under the capsule: in the outer half millimetre, and 200 to 700 µm apart.
        assert depth[at[:, 1], at[:, 0]].max() * CELL_UM < 500
        apart = np.hypot(*(follicles[:, None, :2] - follicles[None, :, :2]).transpose(2, 0, 1))
        np.fill_diagonal(apart, np.inf)
        assert 200 < np.median(apart.min(axis=1)) * CELL_UM < 700


def test_metastases_often_lie_under_the_capsule(grow):
    near = 0
    for seed in range(20):
        anatomy = grow(seed, 256, organ="node", metastasis_um=300.0)
        node = (anatomy.classes > 0) & (anatomy.classes != Tissue.FAT)
        near += depth_in(node)[anatomy.classes == Tissue.TUMOUR].min() < 4
    assert 10 <= near <= 19


def test_large_slides_hold_several_nodes(grow):
    anatomy = grow(1, 2600, organ="node")
    capsule = anatomy.regions(Tissue.FOLLICLE)
    quarters = {(x > 1300, y > 1300) for x, y, _ in capsule}
    assert len(quarters) == 4
