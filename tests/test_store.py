import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress import store
from histopress.errors import StoreError


def test_a_failed_write_leaves_the_former_file_and_nothing_else(tmp_path):
    place = tmp_path / "a.csv"
    place.write_text("before")
    with pytest.raises(RuntimeError), store.atomic(place) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert place.read_text() == "before"
    assert list(tmp_path.iterdir()) == [place]


def test_leftovers_of_a_killed_writer_are_removed_by_the_next(tmp_path):
    place = tmp_path / "a.h5"
    leftover = store.temporary_path(place)
    leftover.write_bytes(b"half")
    other = store.temporary_path(tmp_path / "ba.h5")
    other.write_bytes(b"somebody else's")
    with store.atomic(place) as temporary:
        temporary.write_bytes(b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([place, other])


def test_equal_content_is_equal_bytes(tmp_path):
    for name in ("a", "b"):
        with store.create_h5(tmp_path / name, schema="x/1", attributes={"k": 1, "n": None}) as file:
            store.put(file, "v", np.arange(10.0))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_schema_is_asked_for(tmp_path):
    with store.create_h5(tmp_path / "a", schema="x/1", attributes={}):
        pass
    with (
        pytest.raises(StoreError, match="schema 'x/1'.*reads 'x/2'"),
        store.open_h5(tmp_path / "a", schema="x/2"),
    ):
        pass


@pytest.mark.parametrize("content", [b"", b"no hdf5", b"\x89HDF\r\n\x1a\n" + b"\0" * 40])
def test_damaged_hdf5_is_named(tmp_path, content):
    (tmp_path / "a.h5").write_bytes(content)
    with (
        pytest.raises(StoreError, match=r"a\.h5: cannot be read as HDF5"),
        store.open_h5(tmp_path / "a.h5", schema="x/1"),
    ):
        pass


def test_foreign_hdf5_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["features"] = [1]
    with (
        pytest.raises(StoreError, match="schema 'none'"),
        store.open_h5(tmp_path / "a.h5", schema="x/1"),
    ):
        pass


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.booleans()))
def test_canonical_json_does_not_depend_on_order(values):
    turned = dict(reversed(values.items()))
    assert store.canonical_json(values) == store.canonical_json(turned)


def test_canonical_json_refuses_what_is_no_number():
    with pytest.raises(ValueError, match="JSON compliant"):
        store.canonical_json({"a": float("nan")})


def test_csv_keeps_every_digit(tmp_path):
    store.write_csv(tmp_path / "a.csv", [{"x": 0.1 + 0.2}], ["x"])
    assert float(store.read_csv(tmp_path / "a.csv")[0]["x"]) == 0.1 + 0.2
