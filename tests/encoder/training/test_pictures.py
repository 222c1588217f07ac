import numpy as np
import torch

from histopress.encoder.training.bigan import Bigan
from histopress.encoder.training.pictures import (
    Reconstructing,
    as_images,
    reconstruct_tuning,
    spread,
)
from histopress.encoder.training.supervised import Supervised
from histopress.encoder.training.vae import Vae


class Inverse:
    """Redraws a patch with its colours turned round."""

    device = torch.device("cpu")

    def __init__(self, tables):
        self.tables = tables

    def reconstruct(self, patches):
        return -patches


def test_each_patch_stands_above_its_reconstruction(textures):
    table = textures()
    found = reconstruct_tuning(Inverse({"a": table, "b": textures(48)}), columns=5)
    assert found.row_labels == ("a", "a, redrawn", "b", "b, redrawn")
    originals, redrawn = found.rows[:2]
    assert len(originals) == len(redrawn) == 5
    tuning = table.cropped(table.indices("tuning"))
    assert all((tuning == each).all((1, 2, 3)).any() for each in originals)
    for above, below in zip(originals, redrawn, strict=True):
        assert below.dtype == np.uint8 and below.shape == (32, 32, 3)
        assert (above.astype(int) + below == 255).all()


def test_patches_are_spread_over_the_part():
    assert spread(np.arange(100), 4).tolist() == [0, 33, 66, 99]
    assert spread(np.array([3, 8]), 4).tolist() == [3, 8]


def test_every_level_comes_back():
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    patches = torch.from_numpy(levels).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    assert (as_images(patches) == levels).all()
    assert as_images(torch.full((1, 3, 2, 2), 1.5)).max() == 255


def test_only_generative_kinds_redraw():
    assert hasattr(Vae, "reconstruct") and hasattr(Bigan, "reconstruct")
    assert not hasattr(Supervised, "reconstruct")
    assert isinstance(Inverse({}), Reconstructing)
