"""Digests of what a container holds, whatever its bytes are.

Libraries of another version lay out the same values in other bytes; an environment from another
registry carries another HDF5. Names, dtypes, shapes and numbers are what a reader sees.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

BLOCK_BYTES = 1 << 24
"""Values looked at together, so that memory does not grow with the file."""
HEADER_MAX = 100_000_000
"""What safetensors allows for its header."""


def values_digest(path: Path, kind: str | None = None) -> str | None:
    """Digest the values of an HDF5 or a safetensors file.

    Parameters
    ----------
    path : Path
    kind : str or None
        Suffix to go by where ``path`` has another one.

    Returns
    -------
    str or None
        64 hexadecimal digits; None for other kinds of file, and for one that cannot be read.
    """
    write = {".h5": _hdf5, ".safetensors": _safetensors}.get(kind or path.suffix.lower())
    if write is None:
        return None
    digest = hashlib.sha256()
    try:
        for part in write(path):
            digest.update(part)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return digest.hexdigest()


def _head(*parts: Any) -> bytes:
    """Write names and shapes so that no two sequences of them have equal bytes."""
    return json.dumps(parts, ensure_ascii=False).encode() + b"\n"


def _hdf5(path: Path) -> Iterator[bytes]:
    import h5py

    with h5py.File(path, "r", locking=False) as file:
        names: list[str] = []
        file.visit(names.append)
        yield from _attributes("", file.attrs)
        for name in sorted(names):
            node = file[name]
            yield from _attributes(name, node.attrs)
            if isinstance(node, h5py.Dataset):
                yield from _dataset(name, node)


def _attributes(owner: str, attributes: Any) -> Iterator[bytes]:
    for name in sorted(attributes):
        value = np.asarray(attributes[name])
        yield _head("attribute", owner, name, _kind(value.dtype), list(value.shape))
        yield from _content(value)


def _dataset(name: str, dataset: Any) -> Iterator[bytes]:
    yield _head("dataset", name, _kind(dataset.dtype), list(dataset.shape))
    if not dataset.shape:
        yield from _content(np.asarray(dataset[()]))
        return
    row = max(1, dataset.nbytes // max(1, dataset.shape[0]))
    step = max(1, BLOCK_BYTES // row)
    for start in range(0, dataset.shape[0], step):
        yield from _content(dataset[start : start + step])


def _kind(dtype: np.dtype) -> str:
    if dtype.kind in "OSU":
        return "text"
    return str(dtype.descr) if dtype.names else dtype.newbyteorder("<").str


def _content(values: np.ndarray) -> Iterator[bytes]:
    if values.dtype.kind in "OSU":
        for item in values.flat:
            yield _head(item.decode() if isinstance(item, bytes) else str(item))
        return
    plain = values if values.dtype.names else values.astype(values.dtype.newbyteorder("<"))
    yield np.ascontiguousarray(plain).tobytes()


def _safetensors(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        if length > HEADER_MAX:
            raise ValueError("no safetensors header")
        header = json.loads(handle.read(length))
        start = 8 + length
        for name in sorted(header):
            entry = header[name]
            if name == "__metadata__":
                yield _head(name, sorted(entry.items()))
                continue
            first, last = entry["data_offsets"]
            yield _head(name, entry["dtype"], entry["shape"])
            handle.seek(start + first)
            while first < last:
                block = handle.read(min(BLOCK_BYTES, last - first))
                if not block:
                    raise ValueError(f"tensor '{name}' is cut off")
                first += len(block)
                yield block
