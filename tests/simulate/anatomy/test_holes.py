import numpy as np
import pytest

from histopress.simulate.anatomy.fields import distance_to
from histopress.simulate.anatomy.holes import tear
from histopress.simulate.anatomy.tissue import Tissue


def test_holes_are_few_and_spare_what_they_must():
    tissue = np.zeros((200, 200), bool)
    tissue[10:190, 10:190] = True
    spared = np.zeros_like(tissue)
    spared[:, 90:] = True
    for seed in range(10):
        torn = tear(np.random.default_rng(seed), tissue, spared=spared)
        assert 0 < torn.sum() <= 0.03 * tissue.sum()
        assert not (torn & spared).any()
        assert (tissue | ~torn).all()


@pytest.mark.parametrize(
    "scene",
    [
        {"organ": "bowel", "tumour": 0.2},
        {"organ": "liver", "tumour": 0.2, "pattern": "replacement"},
        {"organ": "node", "metastasis_um": 400.0},
    ],
)
def test_no_hole_lies_in_tumour_and_little_tissue_is_lost(grow, scene):
    found = 0
    for seed in range(6):
        whole = grow(seed, 160, **scene).classes
        torn = grow(seed, 160, **scene, holes=True).classes
        holes = (torn == 0) & (whole > 0)
        found += holes.any()
        assert holes.sum() < 0.04 * (whole > 0).sum()
        # No hole has tumour on all sides: from it, other tissue or glass is nearer than tumour.
        tumour = torn == Tissue.TUMOUR
        other = (torn > 0) & ~tumour
        assert (distance_to(other)[holes] <= distance_to(tumour)[holes] + 3).all()
    assert found >= 5
