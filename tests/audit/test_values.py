import json

import h5py
import numpy as np
import pytest
from safetensors.numpy import save_file

from histopress.audit.values import values_digest


def write(path, *, order=("a", "b"), value=1.0, dtype="<f4", chunks=None, note="x"):
    """Write the same two datasets in another order, layout or precision."""
    with h5py.File(path, "w") as file:
        for name in order:
            data = np.full((5, 3), value, dtype)
            file.create_dataset(f"group/{name}", data=data, chunks=chunks)
        file.create_dataset("names", data=["é", "b"], dtype=h5py.string_dtype())
        file.create_dataset("one", data=3)
        file.attrs["note"] = note
    return values_digest(path)


def test_the_layout_of_a_file_does_not_count(tmp_path):
    first = write(tmp_path / "a.h5")
    assert first is not None
    assert first == write(tmp_path / "b.h5", order=("b", "a"), chunks=(2, 3))
    assert (tmp_path / "a.h5").read_bytes() != (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize(
    "change", [{"value": 1.5}, {"dtype": "<f8"}, {"note": "y"}, {"order": ("a", "c")}]
)
def test_a_value_a_dtype_an_attribute_or_a_name_counts(tmp_path, change):
    assert write(tmp_path / "a.h5") != write(tmp_path / "b.h5", **change)


def test_the_byte_order_of_numbers_does_not_count(tmp_path):
    assert write(tmp_path / "a.h5") == write(tmp_path / "b.h5", dtype=">f4")


def test_the_shape_counts(tmp_path):
    found = set()
    for number, shape in enumerate([(6,), (2, 3), (3, 2), (6, 1)]):
        path = tmp_path / f"{number}.h5"
        with h5py.File(path, "w") as file:
            file["a"] = np.arange(6).reshape(shape)
        found.add(values_digest(path))
    assert len(found) == 4


def test_reading_in_blocks_does_not_count(tmp_path, monkeypatch):
    whole = write(tmp_path / "a.h5")
    monkeypatch.setattr("histopress.audit.values.BLOCK_BYTES", 24)
    assert write(tmp_path / "b.h5") == whole


def test_tensors_count_and_their_order_does_not(tmp_path):
    one, two = np.ones((2, 2), np.float32), np.zeros(3, np.int64)
    save_file({"a": one, "b": two}, tmp_path / "a.safetensors", metadata={"k": "v"})
    data = (tmp_path / "a.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    head, rest = json.loads(data[8 : 8 + length]), data[8 + length :]
    # The same tensors, laid out the other way round.
    first, second = (rest[slice(*head[name]["data_offsets"])] for name in "ab")
    head["b"]["data_offsets"] = [0, len(second)]
    head["a"]["data_offsets"] = [len(second), len(second) + len(first)]
    text = json.dumps(head).encode()
    other = tmp_path / "b.safetensors"
    other.write_bytes(len(text).to_bytes(8, "little") + text + second + first)
    assert values_digest(other) == values_digest(tmp_path / "a.safetensors") is not None
    save_file({"a": one, "b": two + 1}, tmp_path / "c.safetensors", metadata={"k": "v"})
    save_file({"a": one, "b": two}, tmp_path / "d.safetensors", metadata={"k": "w"})
    digests = {values_digest(tmp_path / f"{name}.safetensors") for name in "acd"}
    assert len(digests) == 3


@pytest.mark.parametrize("name", ["a.h5", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"no container at all", bytes(8)])
def test_a_damaged_container_has_no_values(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert values_digest(tmp_path / name) is None


def test_a_cut_container_has_no_values(tmp_path):
    path = tmp_path / "a.safetensors"
    save_file({"a": np.ones(100, np.float32)}, path)
    path.write_bytes(path.read_bytes()[:-8])
    assert values_digest(path) is None


def test_other_files_are_their_bytes_alone(tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    assert values_digest(tmp_path / "a.csv") is None
