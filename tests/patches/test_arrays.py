"""Sources whose patches are arrays: HDF5, NPZ and our own tables."""

import h5py
import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.patches.hdf5 import Hdf5Patches
from histopress.patches.npz import NpzPatches
from histopress.patches.settings import Hdf5Source, NpzSource, TableSource
from histopress.patches.stored import StoredPatches
from histopress.patches.table import PatchTable, write_patches


def images(count, seed=0, shape=(8, 8, 3)):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def put(path, name, array):
    with h5py.File(path, "w") as file:
        file[name] = array


@pytest.fixture
def camelyon(tmp_path):
    """Files as PatchCamelyon ships them, and how they are opened."""
    for part, count in (("", 5), ("validation_", 3)):
        put(tmp_path / f"{part}x.h5", "x", images(count, seed=count))
        put(tmp_path / f"{part}y.h5", "y", (np.arange(count) % 2).reshape(-1, 1, 1, 1))
        rows = "".join(f"{n},True,{part}slide_{n // 2}\n" for n in range(count))
        (tmp_path / f"{part}meta.csv").write_text(f",tumor_patch,wsi\n{rows}")

    def make(*names):
        files = {name: f"{name}.{'csv' if name.endswith('meta') else 'h5'}" for name in names}
        return Hdf5Patches(Hdf5Source(kind="hdf5", **files), root=tmp_path, task="pcam")

    return make


def test_hdf5_gives_labels_slides_and_parts(camelyon):
    found = camelyon("x", "y", "meta", "validation_x", "validation_y", "validation_meta")
    assert [o.label for o in found.origins] == list("01010010")
    assert [o.slide_id for o in found.origins[:3]] == ["slide_0", "slide_0", "slide_1"]
    assert found.origins[5].slide_id == "validation_slide_0"
    assert [o.part for o in found.origins] == ["training"] * 5 + ["validation"] * 3
    assert np.array_equal(found.read(4), images(5, seed=5)[4])
    assert np.array_equal(found.read(5), images(3, seed=3)[0])
    assert len(found.files) == 6


def test_hdf5_without_validation_names_no_part(camelyon):
    found = camelyon("x", "y")
    assert {(o.part, o.slide_id) for o in found.origins} == {("", "")}


def test_hdf5_tells_all_that_does_not_fit(camelyon, tmp_path):
    put(tmp_path / "x.h5", "x", images(5).astype(np.float32))
    put(tmp_path / "validation_y.h5", "y", np.zeros(4, int))
    with pytest.raises(ConfigError) as caught:
        camelyon("x", "y", "validation_x", "validation_y")
    first, second = str(caught.value).splitlines()
    assert "float32 (5, 8, 8, 3); allowed is uint8" in first
    assert "4 labels" in second
    assert "3 images" in second


@pytest.mark.parametrize(
    ("names", "spoil", "message"),
    [
        (("x", "y", "validation_x"), None, "'validation_y' is missing"),
        (("x", "y", "validation_meta"), None, "'validation_meta' without 'validation_x'"),
        (("x", "y"), ("x.h5", b"gzip"), "cannot be read as HDF5"),
        (("x", "y", "meta"), ("meta.csv", b"slide,a\n1,2\n"), "no column 'wsi' or 'slide_id'"),
        (("x", "y", "meta"), ("meta.csv", b"wsi\na\n"), "1 rows, .* has 5 images"),
    ],
)
def test_hdf5_refuses(camelyon, tmp_path, names, spoil, message):
    if spoil:
        (tmp_path / spoil[0]).write_bytes(spoil[1])
    with pytest.raises(ConfigError, match=message):
        camelyon(*names)


def open_npz(tmp_path, save=np.savez, *, validation="val", **changes):
    arrays = {}
    for part, count in (("train", 4), ("val", 2), ("test", 3)):
        arrays[f"{part}_images"] = images(count, seed=count)
        arrays[f"{part}_labels"] = np.arange(count, dtype=np.uint8).reshape(-1, 1)
    arrays = {name: value for name, value in (arrays | changes).items() if value is not None}
    save(tmp_path / "m.npz", **arrays)
    source = NpzSource(kind="npz", path="m.npz", validation=validation)
    return NpzPatches(source, root=tmp_path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_gives_labels_and_parts_stored_or_compressed(tmp_path, save):
    found = open_npz(tmp_path, save)
    assert [(o.label, o.part) for o in found.origins] == [
        *((str(n), "training") for n in range(4)),
        *((str(n), "validation") for n in range(2)),
    ]
    assert np.array_equal(found.read(3), images(4, seed=4)[3])
    assert np.array_equal(found.read(4), images(2, seed=2)[0])
    assert len(open_npz(tmp_path, save, validation="test").origins) == 7
    assert {o.part for o in open_npz(tmp_path, save, validation=None).origins} == {""}


def test_stored_npz_arrays_are_mapped(tmp_path):
    assert isinstance(open_npz(tmp_path)._images[0], np.memmap)


def test_grey_npz_becomes_rgb(tmp_path):
    grey = images(4, shape=(8, 8))
    found = open_npz(tmp_path, train_images=grey, validation=None)
    assert found.read(1).shape == (8, 8, 3)
    assert np.array_equal(found.read(1)[..., 2], grey[1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"val_labels": None}, r"no array 'val_labels'; found: train_images"),
        ({"train_labels": np.zeros((4, 14), int)}, r"'train_labels' is int64 \(4, 14\)"),
        ({"val_images": np.zeros((2, 8, 8))}, r"'val_images' is float64 \(2, 8, 8\)"),
        ({"train_labels": np.zeros(3, int)}, r"4 'train_images' and 3 'train_labels'"),
    ],
)
def test_npz_refuses(tmp_path, changes, message):
    with pytest.raises(ConfigError, match=message):
        open_npz(tmp_path, **changes)


def test_npz_that_is_none_is_refused(tmp_path):
    (tmp_path / "m.npz").write_bytes(b"text")
    with pytest.raises(ConfigError, match="cannot be read as NPZ"):
        NpzPatches(NpzSource(kind="npz", path="m.npz"), root=tmp_path)


@pytest.mark.parametrize(
    ("parts", "spoken"),
    [([0, 0, 1], ["", "", ""]), ([0, 1, 2], ["training", "training", "validation"])],
)
def test_a_table_keeps_groups_spacing_and_validation_part(tmp_path, parts, spoken):
    table = PatchTable(
        images=images(3),
        labels=np.array([0, 1, 1]),
        classes=("a", "b"),
        groups=("p", "q", "q"),
        centers=("x", "", "y"),
        parts=np.array(parts, np.uint8),
        neighbours=np.array([-1, 2, 1]),
        spacing_um=0.5,
        facts={"warnings": ["w"], "grouping": "slide"},
    )
    write_patches(tmp_path / "t.h5", table)
    found = StoredPatches(TableSource(kind="table", path="t.h5"), root=tmp_path)
    assert [(o.label, o.patient_id, o.center) for o in found.origins] == [
        ("a", "p", "x"),
        ("b", "q", ""),
        ("b", "q", "y"),
    ]
    assert [o.part for o in found.origins] == spoken
    assert [o.neighbour for o in found.origins] == [-1, 2, 1]
    assert found.spacing_um == 0.5
    assert (found.warnings, found.facts["grouping"]) == (("w",), "slide")
    assert np.array_equal(found.read(2), table.images[2])
