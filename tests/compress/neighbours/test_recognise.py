"""Telling conventions apart."""

import h5py
import numpy as np
import pytest

from histopress.compress.neighbours.recognise import read_foreign, recognise
from histopress.errors import SlideFault

TRIDENT = {"coords": {"patch_size": 256, "patch_size_level0": 256, "target_magnification": 20}}
CLAM = {"coords": {"patch_size": 256, "patch_level": 0}}


@pytest.mark.parametrize(
    ("datasets", "attributes", "expected"),
    [
        (("features", "coords"), {}, "clam"),
        (("features", "coords"), CLAM, "clam"),
        (("features", "coords"), TRIDENT, "trident"),
        (("features/uni", "coords"), TRIDENT, "atlaspatch"),
        (("feats", "coords"), {}, "stamp"),
    ],
)
def test_each_layout_is_recognised(save, tmp_path, datasets, attributes, expected):
    path = save(tmp_path / "s.h5", {name: np.zeros((3, 2)) for name in datasets}, attributes)
    assert recognise(path, "s") == expected


def test_vectors_without_places_are_refused(tmp_path, save):
    with pytest.raises(SlideFault, match=r"without places.*h5_files/"):
        recognise(tmp_path / "pt_files" / "s.pt", "s")
    with pytest.raises(SlideFault, match=r"without places.*h5_files/"):
        read_foreign(tmp_path / "pt_files" / "s.pt", "s", convention="clam")
    path = save(tmp_path / "s.h5", {"features": np.zeros((1, 768))})
    with pytest.raises(SlideFault, match=r"holds features \(1, 768\); read are"):
        recognise(path, "s")


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "s.h5").write_bytes(b"\x89HDF\r\n\x1a\n half")
    with pytest.raises(SlideFault, match=r"s\.h5 cannot be read as HDF5"):
        recognise(tmp_path / "s.h5", "s")


def test_a_named_convention_is_not_questioned(save, vectors, contour, tmp_path):
    datasets = {"features": vectors(6), "coords": contour((0, 0), 3, 2)}
    path = save(tmp_path / "s.h5", datasets, TRIDENT)
    assert read_foreign(path, "s").convention == "trident"
    assert read_foreign(path, "s", convention="clam").convention == "clam"
    with pytest.raises(SlideFault, match="has no dataset 'feats'; it holds coords"):
        read_foreign(path, "s", convention="stamp")
    with h5py.File(path, "r+") as file:
        del file["coords"]
    with pytest.raises(SlideFault, match="has no dataset 'coords'"):
        read_foreign(path, "s", convention="clam")
