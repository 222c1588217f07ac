"""TRIDENT's features, of several versions."""

import numpy as np
import pytest

from histopress.compress.neighbours.lay import Laying, lay_foreign
from histopress.compress.neighbours.trident import read_trident

ATTRIBUTES = {
    "patch_size": 256,
    "patch_size_level0": 512,
    "level0_magnification": 40,
    "target_magnification": 20,
    "overlap": 0,
    "name": "s",
    "savetodir": "out",
    "level0_width": 5000,
    "level0_height": 3000,
}


def test_patches_and_their_geometry(save, vectors, contour, tmp_path):
    path = save(
        tmp_path / "s.h5",
        {"features": vectors(6), "coords": contour((512, 1024), 3, 2, step=512).astype(np.int64)},
        {"coords": ATTRIBUTES, "features": {"name": "s", "savetodir": "out"}},
    )
    found = read_trident(path, "s")
    assert (found.stride, found.patch, found.extent) == (512, 512, (5000, 3000))
    assert (found.spacing_um, found.spacing0_um) == (0.5, 0.25)
    slide = lay_foreign(found, Laying())
    assert slide.grid.shape == (1, 4, 5, 9)
    assert slide.kept[2:4, 1:4].all()
    assert slide.kept.sum() == 6
    # 3 · 256² / 4
    assert slide.attributes["element_ratio"] == 49152


def test_a_leading_axis_and_missing_sizes_of_older_files(save, vectors, contour, tmp_path):
    old = {key: value for key, value in ATTRIBUTES.items() if "level0_" not in key}
    old |= {"level0_magnification": 40, "custom_downsample": "None"}
    path = save(
        tmp_path / "s.h5",
        {"features": vectors(6)[None], "coords": contour((0, 0), 3, 2, step=512)},
        {"coords": old},
    )
    found = read_trident(path, "s")
    assert found.vectors.shape == (6, 4)
    # 256 px at 20× are 512 px at 40×
    assert found.stride == 512
    assert lay_foreign(found, Laying()).grid.shape == (1, 4, 2, 3)


def test_overlapping_patches_with_the_first_column_a_patch_before_the_second(
    save, vectors, tmp_path
):
    # WSIPatcher: x = column · 512 − 128 · max(column − 1, 0)
    x = np.array([0, 512, 896, 1280])
    coords = np.array([(left, top) for left in x for top in x[1:]])
    path = save(
        tmp_path / "s.h5",
        {"features": vectors(12), "coords": coords},
        {"coords": ATTRIBUTES | {"overlap": 64}},
    )
    found = read_trident(path, "s")
    assert found.stride == 384
    slide = lay_foreign(found, Laying())
    assert slide.kept.sum() == 12
    assert slide.attributes["origin"] == pytest.approx([128, 128])
    assert slide.kept[1:4, 0:4].all()
    assert slide.attributes["stride"] == pytest.approx(384)
