"""Reading and writing HDF5 files that are not ours."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from histopress.errors import SlideFault
from histopress.store import put

STRIDE = "histopress_stride"
SHAPE = "histopress_shape"
"""Attributes that our writers add: stride, and rows and columns of the grid.

Other tools pass over them; with them a grid comes back with its margins.
"""
_CHUNK_ROWS = 512


@contextmanager
def open_foreign(path: Path, slide_id: str) -> Iterator[h5py.File]:
    """Open another tool's file read-only and without locks.

    Raises
    ------
    SlideFault
        It is no HDF5 file, or damaged.
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except OSError as error:
        raise SlideFault(
            f"slide '{slide_id}': {path} cannot be read as HDF5 ({error}); copy or extract it again"
        ) from error


def array(file: h5py.File, name: str, slide_id: str) -> np.ndarray:
    """Read one dataset whole.

    Raises
    ------
    SlideFault
        There is no such dataset; tells those that there are.
    """
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise SlideFault(
            f"slide '{slide_id}': {file.filename} has no dataset '{name}'; it holds {listed(file)}"
        )
    values: np.ndarray = found[()]
    return values


def listed(file: h5py.Group) -> str:
    """Name what a group holds, with shapes."""
    shown = [
        f"{name} {value.shape}" if isinstance(value, h5py.Dataset) else f"group {name}"
        for name, value in sorted(file.items())
    ]
    return ", ".join(shown) or "nothing"


def number(attributes: Mapping[str, Any], name: str, *, least: float = 0) -> float | None:
    """Read a number; None if it is missing, below ``least`` or none (TRIDENT writes "None")."""
    value = attributes.get(name)
    if value is None:
        return None
    try:
        found = float(np.asarray(value, np.float64).reshape(-1)[0])
    except (ValueError, TypeError, IndexError):
        return None
    return found if np.isfinite(found) and found >= least else None


def text(attributes: Mapping[str, Any], name: str) -> str | None:
    """Read a text attribute; None if it is missing."""
    value = attributes.get(name)
    return value.decode() if isinstance(value, bytes) else None if value is None else str(value)


def pair(attributes: Mapping[str, Any], name: str) -> tuple[float, float] | None:
    """Read two numbers; None if they are missing."""
    value = attributes.get(name)
    if value is None or np.size(value) != 2:
        return None
    first, second = np.asarray(value, np.float64).reshape(-1)
    return float(first), float(second)


def written_shape(attributes: Mapping[str, Any]) -> tuple[int, int] | None:
    """Rows and columns that one of our writers left; None in files of others."""
    found = pair(attributes, SHAPE)
    return None if found is None else (int(found[0]), int(found[1]))


@contextmanager
def create_foreign(path: Path) -> Iterator[h5py.File]:
    """Open a new file; equal contents give equal bytes."""
    with h5py.File(path, "w", libver="earliest", locking=False) as file:
        yield file


def store(group: h5py.Group, name: str, values: np.ndarray) -> h5py.Dataset:
    """Write a dataset in chunks of rows."""
    rows = min(_CHUNK_ROWS, len(values))
    return put(group, name, values, chunks=(rows, *values.shape[1:]) if rows else None)


def describe(target: Any, attributes: Mapping[str, Any]) -> None:
    """Write attributes, in order of name; unknown ones are left out."""
    for name, value in sorted(attributes.items()):
        if value is not None:
            target.attrs[name] = value
