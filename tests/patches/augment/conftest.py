"""Batches and settings that the tests of augmentation share."""

import pytest
import torch

from histopress.patches.settings import AugmentSettings

OFF = {
    "turn": False,
    "mirror": False,
    "shift": False,
    **dict.fromkeys(
        ("scale", "elastic_alpha", "hue", "saturation", "stain", "brightness", "contrast", "noise")
    ),
    "blur": None,
}


@pytest.fixture
def only():
    """Settings with everything off but what is named."""
    return lambda **on: AugmentSettings(**{**OFF, **on})


@pytest.fixture
def source():
    """Make a fresh generator."""
    return lambda seed=0: torch.Generator().manual_seed(seed)


@pytest.fixture
def patches(source):
    """24 patches of 40 px whose pixels all differ from their neighbours."""
    return torch.randint(0, 256, (24, 40, 40, 3), dtype=torch.uint8, generator=source(7))
