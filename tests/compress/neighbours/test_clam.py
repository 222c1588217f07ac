"""CLAM's features as ``extract_features_fp.py`` leaves them."""

import numpy as np

from histopress.compress.neighbours.clam import read_clam
from histopress.compress.neighbours.lay import Laying, lay_foreign


def test_two_pieces_of_tissue_with_a_lattice_each(save, vectors, contour, tmp_path):
    coords = np.concatenate([contour((1000, 2000), 6, 5), contour((9000, 700), 3, 4)])
    path = save(tmp_path / "s.h5", {"features": vectors(42), "coords": coords})
    found = read_clam(path, "s")
    assert found.unit == "px"
    assert found.stride is None
    slide = lay_foreign(found, Laying())
    assert slide.attributes["stride"] == 256
    assert slide.attributes["patches_left_out"] == 0
    # 1000 = 3 · 256 + 232, 2000 = 7 · 256 + 208: the larger piece decides the offset
    assert slide.attributes["origin"].tolist() == [232, 208]
    assert slide.kept.sum() == 42
    assert slide.kept[7:12, 3:9].all()
    # column by column: the second patch of the first piece is below the first
    half = vectors(42).astype(np.float16)
    assert np.array_equal(slide.grid[0, :, 8, 3], half[1])
    # (9000 − 232) / 256 = 34.25, (700 − 208) / 256 = 1.92
    assert np.array_equal(slide.grid[0, :, 2, 34], half[30])


def test_attributes_of_the_files_of_patches_give_the_slides_size(save, vectors, contour, tmp_path):
    attributes = {
        "patch_size": 256,
        "patch_level": 1,
        "downsample": (4.0, 4.0),
        "downsampled_level_dim": (5000, 3000),
        "level_dim": (5000, 3000),
        "name": "s",
    }
    path = save(
        tmp_path / "s.h5",
        {"features": vectors(12), "coords": contour((2048, 0), 4, 3, step=1024)},
        {"coords": attributes},
    )
    found = read_clam(path, "s")
    assert found.patch == 1024
    assert found.extent == (20000, 12000)
    # whole patches of 1024 px in 20000 × 12000 px
    assert lay_foreign(found, Laying()).grid.shape == (1, 4, 11, 19)
