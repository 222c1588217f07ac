"""AtlasPatch's files: five columns, a dataset for each encoder."""

import h5py
import numpy as np
import pytest

from histopress.compress.neighbours.atlaspatch import read_atlaspatch
from histopress.compress.neighbours.lay import Laying, lay_foreign
from histopress.errors import SlideFault


@pytest.fixture
def path(tmp_path, contour, vectors):
    """As H5PatchWriter and append_features leave it."""
    corners = np.concatenate([contour((1000, 2000), 6, 5), contour((4130, 700), 3, 4)])
    coords = np.zeros((42, 5), np.int32)
    coords[:, :2], coords[:, 2:4], coords[:, 4] = corners, 128, 1
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file.create_dataset("coords", data=coords, maxshape=(None, 5))
        file.create_dataset("passports", data=np.zeros(42, "S160"))
        file.attrs.update(
            patch_size=256, patch_size_level0=256, level0_magnification=20, overlap=0,
            target_magnification=20, level0_width=9000, level0_height=8000, num_patches=42,
            wsi_path="/slides/s.svs", passport_version=2,
        )  # fmt: skip
        group = file.create_group("features")
        group.create_dataset("uni_v2", data=vectors(42), maxshape=(None, 4))
        group.create_dataset("resnet50", data=-vectors(42), maxshape=(None, 4))
    return tmp_path / "s.h5"


def test_the_named_encoder_is_read(path, vectors):
    found = read_atlaspatch(path, "s", "resnet50")
    assert found.encoder == "resnet50"
    slide = lay_foreign(found, Laying())
    # 9000 × 8000 px, offset (232, 208)
    assert slide.grid.shape == (1, 4, 30, 34)
    assert slide.kept.sum() == 42
    assert np.array_equal(slide.grid[0, :, 7, 3], -vectors(42)[0].astype(np.float16))


@pytest.mark.parametrize("asked", [None, "uni"])
def test_the_encoder_must_be_one_that_is_there(path, asked):
    with pytest.raises(SlideFault, match=r"dataset is \w+; .* features of resnet50, uni_v2"):
        read_atlaspatch(path, "s", asked)


def test_steps_wider_than_patches_are_noticed(path):
    with h5py.File(path, "r+") as file:
        file["coords"][:, :2] *= 2
    with pytest.raises(SlideFault, match="stride is 256 px, but no two patches lie nearer"):
        lay_foreign(read_atlaspatch(path, "s", "uni_v2"), Laying())
    slide = lay_foreign(read_atlaspatch(path, "s", "uni_v2"), Laying(stride=512.0))
    assert slide.kept.sum() == 42
