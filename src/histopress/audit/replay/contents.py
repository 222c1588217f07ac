"""What a file holds, as named arrays, whatever its format: so that two files can be compared."""

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from histopress.errors import StoreError

Contents = dict[str, np.ndarray]


def read_contents(path: Path, kind: str | None = None) -> Contents | None:
    """Read a file as arrays by name.

    Parameters
    ----------
    path : Path
    kind : str, optional
        Suffix to go by where ``path`` has another one.

    Returns
    -------
    dict or None
        None for kinds of file whose bytes are all there is: pictures in vectors, text, slides.

    Raises
    ------
    StoreError
        The file is none of its kind.
    """
    kind = kind or path.suffix.lower()
    reader = READERS.get(kind)
    if reader is None:
        return None
    try:
        return dict(reader(path))
    # Each library has exceptions of its own for a file that is not what it reads.
    except Exception as error:
        raise StoreError(f"{path}: cannot be read as '{kind}' ({error})") from error


def _hdf5(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    import h5py

    with h5py.File(path, "r", locking=False) as file:
        names: list[str] = []
        file.visit(names.append)
        for name in ["", *names]:
            node = file[name] if name else file
            for key, value in node.attrs.items():
                yield f"{name}@{key}", _texts(np.asarray(value))
            if isinstance(node, h5py.Dataset):
                yield name, _texts(np.asarray(node[()]))


def _safetensors(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        for key, value in (file.metadata() or {}).items():
            yield from _leaves(_parsed(value), f"@{key}")
        for name in file.keys():  # noqa: SIM118
            yield name, file.get_tensor(name)


def _json(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    return _leaves(json.loads(path.read_text(encoding="utf-8")), "")


def _csv(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Give each column twice: its cells with ``#`` for fractions, and these as numbers."""
    with path.open(newline="", encoding="utf-8-sig") as handle:
        rows = list(csv.reader(handle))
    header = rows[0] if rows else []
    yield "columns", _array(header)
    yield "cells of each row", np.array([len(row) for row in rows], np.int64)
    for place, name in enumerate(header):
        cells = [row[place] for row in rows[1:] if place < len(row)]
        numbers = [_fraction(cell) for cell in cells]
        fixed = [
            "#" if number is not None else cell for cell, number in zip(cells, numbers, strict=True)
        ]
        yield f"{name or place} (text)", _array(fixed)
        yield name or str(place), np.array([n for n in numbers if n is not None], np.float64)


def _png(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    from PIL import Image

    with Image.open(path) as image:
        yield "mode", np.asarray(image.mode)
        pixels = image if image.mode in ("RGB", "RGBA") else image.convert("RGBA")
        yield "pixels", np.asarray(pixels)


READERS: Mapping[str, Callable[[Path], Iterator[tuple[str, np.ndarray]]]] = {
    ".h5": _hdf5,
    ".safetensors": _safetensors,
    ".json": _json,
    ".csv": _csv,
    ".png": _png,
}


def _leaves(value: Any, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """Give every value of a JSON document by its path, and the size of each list."""
    if isinstance(value, Mapping):
        yield f"{name}{{}}", _array(sorted(value))
        for key, part in value.items():
            yield from _leaves(part, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        yield f"{name}[]", np.asarray(len(value))
        for place, part in enumerate(value):
            yield from _leaves(part, f"{name}[{place}]")
    else:
        yield name, np.asarray(value, dtype=object if value is None else None)


def _parsed(text: str) -> Any:
    """Read a header's text as JSON where it is a document of its own."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, dict | list) else text


def _texts(values: np.ndarray) -> np.ndarray:
    """Give text as text, whether a library stores it as bytes or as objects."""
    if values.dtype.kind not in "OS":
        return values
    texts = [item.decode() if isinstance(item, bytes) else str(item) for item in values.flat]
    return _array(texts).reshape(values.shape)


def _array(texts: list[str]) -> np.ndarray:
    return np.array(texts, dtype=object)


def _fraction(cell: str) -> float | None:
    """Read a cell as a number with a fraction; counts and ids are text.

    Examples
    --------
    >>> _fraction("0.5"), _fraction("1e-3"), _fraction("12"), _fraction("12a")
    (0.5, 0.001, None, None)
    """
    if not any(sign in cell for sign in ".eEn") or cell.strip() != cell or "_" in cell:
        return None
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) or cell.lower() in ("nan", "inf", "-inf") else None
