"""Laying out a phantom slide: which tissue grows where."""

import numpy as np

from histopress.simulate.anatomy.bowel import lay_bowel
from histopress.simulate.anatomy.liver import lay_liver
from histopress.simulate.anatomy.node import lay_node
from histopress.simulate.anatomy.scene import Scene
from histopress.simulate.anatomy.tissue import Anatomy

ORGANS = {"bowel": lay_bowel, "liver": lay_liver, "node": lay_node}


def grow_anatomy(rng: np.random.Generator, cells: int, scene: Scene) -> Anatomy:
    """Lay out a square slide of ``cells`` × ``cells``; equal generators give equal maps.

    Features have sizes in µm, not in shares of the slide: a larger slide shows more of them.
    Shares that a scene asks for may fall short where there is no room; the map is the truth.
    """
    return ORGANS[scene.organ](rng, cells, scene)
