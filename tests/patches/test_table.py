import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.errors import ConfigError, StoreError
from histopress.patches.table import PARTS, PatchTable, read_patches, write_patches


def make_table(groups, seed=0, **changes):
    rng = np.random.default_rng(seed)
    count = len(groups)
    values = {
        "images": rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8),
        "labels": rng.integers(0, 2, count),
        "classes": ("stroma", "Krebs-Nést"),
        "groups": tuple(groups),
        "spacing_um": 0.5,
    }
    return PatchTable(**(values | changes))


@pytest.fixture
def full():
    """A table that uses every field."""
    return make_table(
        ["T1", "T2", "T2", "T10"],
        centers=("A", "", "Zürich", "A"),
        parts=np.array([0, 1, 1, 2], np.uint8),
        neighbours=np.array([-1, 2, 1, -1]),
        input_px=6,
        facts={"task": "t", "warnings": ["µ"], "counts": {"a": 1}},
    )


def test_what_is_written_is_read(tmp_path, full):
    write_patches(tmp_path / "a.h5", full)
    found = read_patches(tmp_path / "a.h5")
    for name in ("images", "labels", "parts", "neighbours"):
        assert np.array_equal(getattr(found, name), getattr(full, name)), name
    for name in ("classes", "groups", "centers", "input_px", "spacing_um", "facts"):
        assert getattr(found, name) == getattr(full, name), name
    assert found.labels.dtype == np.int64


def test_images_are_mapped_and_cannot_be_written(tmp_path, full):
    write_patches(tmp_path / "a.h5", full)
    images = read_patches(tmp_path / "a.h5").images
    assert isinstance(images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0


def test_an_unknown_spacing_stays_unknown(tmp_path):
    write_patches(tmp_path / "a.h5", make_table(["T1"], spacing_um=float("nan")))
    assert np.isnan(read_patches(tmp_path / "a.h5").spacing_um)


def test_equal_tables_are_equal_bytes(tmp_path):
    for name in "ab":
        write_patches(tmp_path / name, make_table(["T1", "T2"]))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_other_files_are_refused(tmp_path):
    with pytest.raises(StoreError, match="cannot be read as HDF5"):
        read_patches(tmp_path / "none.h5")


def test_parts_and_central_crops(full):
    assert [full.indices(part).tolist() for part in PARTS] == [[0], [1, 2], [3]]
    assert full.margin_px == 1
    assert np.array_equal(full.cropped(np.array([3, 0])), full.images[[3, 0], 1:7, 1:7])


def test_what_is_left_out_has_its_default():
    table = make_table(["A", "B"])
    assert (table.input_px, table.margin_px) == (8, 0)
    assert table.centers == ("", "")
    assert table.indices("training").tolist() == [0, 1]
    assert table.neighbours.tolist() == [-1, -1]


@given(st.permutations(range(6)), st.integers(0, 6))
def test_selected_patches_keep_their_neighbours(order, count):
    table = make_table("ABCDEF", neighbours=np.array([1, 0, 3, 2, -1, 4]))
    kept = np.array(order[:count], np.int64)
    found = table.select(kept)
    assert found.groups == tuple("ABCDEF"[index] for index in kept)
    assert np.array_equal(found.images, table.images[kept])
    for place, index in enumerate(kept):
        wanted = table.neighbours[index]
        is_kept = wanted in kept and wanted >= 0
        assert found.neighbours[place] == (list(kept).index(wanted) if is_kept else -1)


@pytest.mark.parametrize(
    ("labels", "message"),
    [([0], "2 images, 1 labels, 2 groups"), ([0, 5], "run from 0 to 5; 2 classes")],
)
def test_parts_that_do_not_fit_are_refused(labels, message):
    with pytest.raises(ConfigError, match=message):
        make_table("AB", labels=np.array(labels))


def test_facts_without_json_are_refused(tmp_path):
    table = make_table(["A"], facts={"spacing": float("nan")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_patches(tmp_path / "a.h5", table)
