"""Files: written whole or not at all, and equal content is equal bytes.

HDF5 is written in the earliest format without time stamps, JSON with sorted keys, CSV with fixed
line ends; so two runs over equal inputs leave equal files (the promise stands for one version of
the HDF5 library; across versions compare values).
"""

import csv
import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from histopress.errors import StoreError

TEMPORARY = ".part-"
"""Prefix of files being written; nothing that starts with it is ever a result."""


def temporary_path(path: Path) -> Path:
    """Name a file beside ``path`` for writing; it keeps the suffix, which some writers go by."""
    return path.with_name(f"{TEMPORARY}{uuid.uuid4().hex[:8]}-{path.name}")


def remove_leftovers(path: Path) -> None:
    """Remove what a killed writer of ``path`` left beside it."""
    for leftover in path.parent.glob(f"{TEMPORARY}*"):
        if leftover.name[len(TEMPORARY) + 9 :] == path.name:
            leftover.unlink(missing_ok=True)


def publish(temporary: Path, path: Path) -> None:
    """Flush ``temporary`` to the disk and rename it to ``path`` (atomic on one file system)."""
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    temporary.replace(path)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes ``path`` when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path)
    temporary = temporary_path(path)
    try:
        yield temporary
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """Sha256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def canonical_json(value: Any) -> str:
    """Serialise with sorted keys and no spaces; refuses NaN and infinity.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": "µm"})
    '{"a":"µm","b":1}'
    """
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def write_json(path: Path, value: Any) -> None:
    """Write readable JSON with sorted keys and a final newline."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON; raises :class:`StoreError` naming the file when it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read as JSON ({error})") from error


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write ``rows`` with a header and line feeds; floats keep every digit."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n", extrasaction="raise")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """Read rows as text; raises :class:`StoreError` naming the file when it cannot be read."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            return list(csv.DictReader(handle, delimiter=delimiter))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"{path}: cannot be read as a table ({error})") from error


@contextmanager
def create_h5(path: Path, *, schema: str, attributes: Mapping[str, Any]) -> Iterator[h5py.File]:
    """Open a new HDF5 file of a stage.

    Parameters
    ----------
    path : Path
        Written in place; give a temporary path and publish it when whole.
    schema : str
        Kind and version of the file, such as ``"tiles/1"``; readers ask for it.
    attributes : mapping
        Root attributes; ``None`` values are left out.
    """
    with h5py.File(path, "w", libver="earliest", locking=False) as file:
        file.attrs["schema"] = schema
        for name, value in sorted(attributes.items()):
            if value is not None:
                file.attrs[name] = value
        yield file


@contextmanager
def open_h5(path: Path, *, schema: str) -> Iterator[h5py.File]:
    """Open a stage's file read-only and without locks.

    Raises
    ------
    StoreError
        The file is missing, damaged, or not of ``schema``.
    """
    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read as HDF5 ({error})") from error
    with file:
        found = str(file.attrs.get("schema", "none"))
        if found != schema:
            raise StoreError(
                f"{path}: is of schema '{found}', this version reads '{schema}'; "
                "remove the file and run again"
            )
        yield file


def put(group: h5py.Group, name: str, array: np.ndarray, **options: Any) -> h5py.Dataset:
    """Create a dataset without time stamps."""
    return group.create_dataset(name, data=array, track_times=False, **options)
