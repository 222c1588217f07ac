"""The ladder of a replay: its laws, and each rung for each kind of file."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image
from safetensors.numpy import save_file

from histopress.audit.replay.contents import read_contents
from histopress.audit.replay.levels import Level, compare_contents, compare_files
from histopress.audit.replay.tolerance import FLOOR, GREY_LEVELS, RELATIVE
from histopress.store import create_h5, put, write_csv, write_json

FLOATS = st.sampled_from([np.float16, np.float32, np.float64])


@st.composite
def numbers(draw):
    """An array of numbers as a file holds them: finite, of one size or of several."""
    dtype = draw(FLOATS)
    elements = st.floats(-1000, 1000, width=16, allow_subnormal=False)
    values = draw(arrays(np.float64, array_shapes(max_dims=2, max_side=5), elements=elements))
    return values.astype(dtype)


def level(first, second):
    return compare_contents({"x": first}, {"x": second}).level


@given(numbers())
def test_equal_numbers_have_equal_values(values):
    assert level(values, values.copy()) is Level.VALUES


@given(numbers(), numbers())
def test_the_ladder_is_symmetric(first, second):
    one = compare_contents({"x": first}, {"x": second})
    other = compare_contents({"x": second}, {"x": first})
    assert one == other


@given(numbers(), st.data())
def test_a_number_beyond_the_tolerance_never_reaches_it(values, data):
    place = data.draw(st.integers(0, values.size - 1))
    changed = values.astype(np.float64).copy()
    scale = max(abs(changed).max(), 1e-3)
    width = values.dtype.itemsize
    allowed = 1.01 * RELATIVE[width] * 2 * scale + (FLOOR if width == 8 else 0)
    changed.flat[place] += data.draw(st.floats(3 * allowed, 1e4)) * data.draw(
        st.sampled_from((1, -1))
    )
    assert level(values, changed.astype(values.dtype)) is Level.DIFFERS


@given(numbers(), st.floats(0.0, 1.0), st.floats(1.0, 1e6))
def test_more_noise_never_reaches_a_higher_level(values, share, factor):
    noise = np.linspace(-1, 1, values.size).reshape(values.shape) * share
    small, large = (
        (values + noise * RELATIVE[values.dtype.itemsize] * size).astype(values.dtype)
        for size in (1.0, factor)
    )
    apart = [np.abs(other - values.astype(np.float64)).max() for other in (small, large)]
    if apart[0] <= apart[1]:
        assert level(values, large) <= level(values, small)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("share", "reached"), [(0.9, Level.TOLERANCE), (2.1, Level.DIFFERS)])
def test_the_tolerance_is_where_it_is_said_to_be(dtype, share, reached):
    values = np.full((4, 4), 0.75, dtype)
    changed = values.copy()
    changed[1, 2] += dtype(share * RELATIVE[values.dtype.itemsize] * 0.75)
    assert level(values, changed) is reached


@pytest.mark.parametrize(("steps", "reached"), [(2, Level.TOLERANCE), (3, Level.DIFFERS)])
def test_half_precision_may_be_two_units_in_the_last_place_apart(steps, reached):
    values = np.array([1.0, -1.0], np.float16)
    changed = values.copy()
    for _ in range(steps):
        changed[0] = np.nextafter(changed[0], np.float16(2))
    assert level(values, changed) is reached


def test_a_small_number_is_as_exact_as_what_it_was_summed_from():
    values = np.array([1.0, -1.0, 1.0, 0.0], np.float32)
    assert level(values, values + np.float32([0, 0, 0, 5e-5])) is Level.TOLERANCE
    assert level(values / 1e6, values / 1e6 + np.float32([0, 0, 0, 5e-5])) is Level.DIFFERS


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_agrees_with_its_like_alone(odd):
    values = np.array([1.0, odd])
    assert level(values, values.copy()) is Level.VALUES
    for other in (0.0, 1e300, np.nan, np.inf, -np.inf):
        if not np.array_equal([odd], [other], equal_nan=True):
            assert level(values, np.array([1.0, other])) is Level.DIFFERS


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool_, object])
def test_what_is_counted_or_named_has_no_tolerance(dtype):
    first, second = np.array([0, 1, 1]).astype(dtype), np.array([0, 1, 0]).astype(dtype)
    assert level(first, second) is Level.DIFFERS


def container(folder, name, **changes):
    """Write one HDF5 file; ``layout`` changes its bytes and no value."""
    values = {"grid": np.linspace(0, 3, 12, dtype=np.float16).reshape(3, 4), "ids": np.arange(3)}
    values |= {key: value for key, value in changes.items() if key in values}
    path = folder / f"{name}.h5"
    attributes = {"schema_of": "x", "spacing_um": changes.get("spacing", 0.5)}
    with create_h5(path, schema=changes.get("schema", "test/1"), attributes=attributes) as file:
        for key, array in values.items():
            put(file, key, array, chunks=True if changes.get("layout") else None)
    return path


def test_hdf5_climbs_the_ladder_rung_by_rung(tmp_path):
    first = container(tmp_path, "first")
    grid = read_contents(first)["grid"]
    assert compare_files(first, container(tmp_path, "same")).level is Level.BYTES
    assert compare_files(first, container(tmp_path, "layout", layout=True)).level is Level.VALUES
    near = grid.copy()
    near[0, 1] = np.nextafter(near[0, 1], np.float16(9))
    found = compare_files(first, container(tmp_path, "near", grid=near))
    assert found.level is Level.TOLERANCE
    assert found.deviation.where == "grid"
    assert 0 < found.deviation.difference < found.deviation.allowed
    far = compare_files(first, container(tmp_path, "far", grid=grid + np.float16(0.1)))
    assert far.level is Level.DIFFERS
    assert far.deviation.difference == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ids": np.array([0, 1, 3])}, "ids: 1 of 3 entries differ"),
        ({"ids": np.arange(4)}, "ids: shapes (3,) and (4,)"),
        ({"ids": np.arange(3.0)}, "ids: kinds float64 and int64"),
        ({"schema": "test/2"}, "@schema: 'test/1' and 'test/2'"),
        ({"spacing": 0.51}, "numbers beyond tolerance"),
    ],
)
def test_hdf5_says_what_differs(tmp_path, changes, told):
    first, second = container(tmp_path, "first"), container(tmp_path, "second", **changes)
    for pair in ((first, second), (second, first)):
        found = compare_files(*pair)
        assert (found.level, found.detail) == (Level.DIFFERS, told)


def test_safetensors_count_tensors_and_header(tmp_path):
    def write(name, shift=0.0, **header):
        path = tmp_path / f"{name}.safetensors"
        save_file({"w": np.linspace(1, 2, 6, dtype=np.float32) + np.float32(shift)}, path, header)
        return path

    first = write("first", info='{"classes": ["a"], "scale": 0.5}')
    assert compare_files(first, write("a", info='{"classes":["a"],"scale":0.5}')).level is (
        Level.TOLERANCE
    )
    assert compare_files(
        first, write("b", 5e-5, info='{"classes": ["a"], "scale": 0.5}')
    ).level is (Level.TOLERANCE)
    assert compare_files(first, write("c", info='{"classes": ["b"], "scale": 0.5}')).level is (
        Level.DIFFERS
    )


def test_json_counts_what_it_says_and_not_how_it_is_laid_out(tmp_path):
    value = {"auc": 0.75, "n": 3, "note": None, "folds": [{"auc": 1.0}, {"auc": 0.5}]}

    def write(name, changed, **layout):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(changed, **layout))
        return path

    first = tmp_path / "first.json"
    write_json(first, value)
    assert compare_files(first, write("a", value)).level is Level.VALUES
    assert compare_files(first, write("b", value | {"auc": 0.75001})).level is Level.TOLERANCE
    for changes in ({"auc": 0.76}, {"n": 4}, {"n": 3.0}, {"note": "x"}, {"folds": []}, {"m": 1}):
        assert compare_files(first, write("c", value | changes)).level is Level.DIFFERS


def test_tables_count_by_cell(tmp_path):
    rows = [{"slide_id": "a", "fold": 1, "score": 0.25}, {"slide_id": "b", "fold": 2, "score": 1.5}]

    def write(name, changed):
        path = tmp_path / f"{name}.csv"
        write_csv(path, changed, list(changed[0]))
        return path

    def change(**cells):
        return write("changed", [rows[0] | cells, rows[1]])

    first = write("first", rows)
    quoted = tmp_path / "quoted.csv"
    quoted.write_text(first.read_text().replace("a,", '"a",'))
    assert compare_files(first, quoted).level is Level.VALUES
    assert compare_files(first, change(score=0.25001)).level is Level.TOLERANCE
    for cells in ({"score": 0.26}, {"score": ""}, {"score": 1}, {"fold": 2}, {"slide_id": "c"}):
        assert compare_files(first, change(**cells)).level is Level.DIFFERS
    assert compare_files(first, write("fewer", rows[:1])).level is Level.DIFFERS


def test_pictures_count_by_pixel(tmp_path):
    pixels = np.full((6, 7, 3), 100, np.uint8)

    def write(name, value=100, **options):
        changed = pixels.copy()
        changed[2, 3, 1] = value
        path = tmp_path / f"{name}.png"
        Image.fromarray(changed).save(path, **options)
        return path

    first = write("first")
    assert compare_files(first, write("packed", compress_level=0)).level is Level.VALUES
    assert compare_files(first, write("near", 100 + GREY_LEVELS)).level is Level.TOLERANCE
    assert compare_files(first, write("far", 101 + GREY_LEVELS)).level is Level.DIFFERS


def test_text_knows_bytes_only(tmp_path):
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    first.write_text("<svg/>")
    shutil.copy(first, second)
    assert compare_files(first, second).level is Level.BYTES
    second.write_text("<svg />")
    assert compare_files(first, second).level is Level.DIFFERS


def test_a_file_that_is_none_of_its_kind_differs(tmp_path):
    for suffix in (".h5", ".json", ".png", ".safetensors", ".csv"):
        first, second = (tmp_path / f"{name}{suffix}" for name in "ab")
        first.write_bytes(b"\xff\xfe\x00")
        second.write_bytes(b"\xff\xfe\x00\x01")
        found = compare_files(first, second)
        assert (found.level, "cannot be read" in found.detail) == (Level.DIFFERS, True)


def test_a_renamed_file_goes_by_the_suffix_that_is_given(tmp_path):
    first = container(tmp_path, "first")
    moved = Path(shutil.move(container(tmp_path, "layout", layout=True), tmp_path / "blob"))
    assert compare_files(first, moved).level is Level.VALUES
    assert compare_files(moved, first, ".h5").level is Level.VALUES


def test_a_group_that_is_missing_is_told(tmp_path):
    first = container(tmp_path, "first")
    second = Path(shutil.copy(first, tmp_path / "second.h5"))
    with h5py.File(second, "a") as file:
        del file["ids"]
    assert compare_files(first, second).detail == "ids: in one of the two only"
