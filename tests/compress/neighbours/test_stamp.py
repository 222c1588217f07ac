"""STAMP's features, of three generations."""

import h5py
import numpy as np
import pytest

from histopress.compress.neighbours.lay import Laying, lay_foreign
from histopress.compress.neighbours.stamp import read_stamp
from histopress.errors import SlideFault


def write(path, coords, feats, **attributes):
    with h5py.File(path, "w") as file:
        file["coords"], file["feats"] = coords, feats
        file.attrs.update(attributes)
    return path


def supertiles(mpp, columns, rows, tile_um=256.0):
    """Coordinates as STAMP's tiling gives them: whole pixels a supertile, µm within it."""
    side_px = int(np.ceil(tile_um / mpp))
    inside = max(int(1024 * mpp // tile_um), 1)

    def axis(count):
        index = np.arange(count)
        return index // inside * side_px * inside * mpp + index % inside * tile_um

    return np.array([(x, y) for y in axis(rows) for x in axis(columns)], np.float32)


@pytest.mark.parametrize("mpp", [0.25, 0.2527, 0.4991, 0.5025])
def test_tiles_find_their_cells_at_any_spacing(vectors, tmp_path, mpp):
    columns, rows = 150, 4
    feats = vectors(columns * rows, dtype=np.float16)
    path = write(
        tmp_path / "s.h5", supertiles(mpp, columns, rows), feats, unit="um", tile_size_um=256.0,
        tile_size_px=224, stamp_version="2.3.0", extractor="ctranspath", feat_type="tile",
    )  # fmt: skip
    found = read_stamp(path, "s")
    assert found.encoder == "ctranspath"
    assert found.spacing_um == pytest.approx(256 / 224)
    slide = lay_foreign(found, Laying())
    assert np.array_equal(slide.grid[0], feats.reshape(rows, columns, 4).transpose(2, 0, 1))


def test_the_second_generation_names_the_tile_size_otherwise(vectors, tmp_path):
    path = write(tmp_path / "s.h5", supertiles(0.5, 4, 3), vectors(12), unit="um", tile_size=256.0)
    assert lay_foreign(read_stamp(path, "s"), Laying()).kept.shape == (3, 4)


def test_the_first_generation_has_pixels_of_tiles_of_224(vectors, contour, tmp_path):
    path = write(tmp_path / "s.h5", contour((0, 0), 4, 3, step=224), vectors(12))
    found = read_stamp(path, "s")
    assert found.coords.max() == pytest.approx(3 * 256)
    assert lay_foreign(found, Laying()).kept.shape == (3, 4)


def test_coordinates_without_unit_are_refused(vectors, contour, tmp_path):
    path = write(tmp_path / "s.h5", contour((0, 0), 4, 3, step=512), vectors(12))
    with pytest.raises(SlideFault, match="no unit and tiles lie 512 apart"):
        read_stamp(path, "s")


def test_features_of_whole_slides_are_refused(vectors, tmp_path):
    path = write(tmp_path / "s.h5", np.zeros((1, 2)), vectors(1), feat_type="slide")
    with pytest.raises(SlideFault, match="of a whole slide; give those of tiles"):
        read_stamp(path, "s")
