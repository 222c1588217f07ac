"""Compositions and maps to lay out."""

from collections.abc import Callable

import numpy as np
import pytest

from histopress.simulate.anatomy.growing import grow_anatomy
from histopress.simulate.anatomy.scene import Composition, Scene
from histopress.simulate.anatomy.tissue import Anatomy

SHARES = {
    "gland": 0.15,
    "lymphocytes": 0.15,
    "muscle": 0.06,
    "fat": 0.05,
    "mucus": 0.02,
    "blood": 0.015,
    "necrosis": 0.02,
}


@pytest.fixture(scope="session")
def grow() -> Callable[..., Anatomy]:
    """Lay out a slide from a seed; shares and the scene's fields by name."""

    def make(seed: int, cells: int = 128, **choices) -> Anatomy:
        shares = {name: choices.pop(name, value) for name, value in SHARES.items()}
        composition = Composition(tumour=choices.pop("tumour", 0.0), **shares)
        scene = Scene(composition=composition, **choices)
        return grow_anatomy(np.random.default_rng(seed), cells, scene)

    return make
