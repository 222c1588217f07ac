"""The features file of one slide: an embedding a tile and view.

Names follow what readers of CLAM and TRIDENT files expect: ``features`` and ``coords``, with the
patch geometry as attributes of ``coords``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from jaxtyping import Float16, Int64

from histopress.errors import StoreError
from histopress.store import create_h5, open_h5, put

SCHEMA = "features/1"
CHUNK_ROWS = 512


@dataclass(frozen=True, kw_only=True)
class Features:
    """Embeddings of one slide.

    Attributes
    ----------
    slide_id : str
        As in the manifest.
    vectors : float16 ndarray (V, N, D)
        One embedding a view and tile.
    coords : int64 ndarray (N, 2)
        Top-left of each tile, (x, y) in level-0 pixels.
    views : tuple of int
        The dihedral view of each entry of the first axis.
    reason : str or None
        Why the slide was excluded; None if it was not.
    attributes : mapping
        What else stands in the file.
    """

    slide_id: str
    vectors: Float16[np.ndarray, "V N D"]
    coords: Int64[np.ndarray, "N 2"]
    views: tuple[int, ...]
    reason: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FeaturesHeader:
    """What is known before the first tile is encoded."""

    slide_id: str
    coords: Int64[np.ndarray, "N 2"]
    channels: int
    views: tuple[int, ...]
    reason: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    patch: Mapping[str, Any] = field(default_factory=dict)


def write_features(
    path: Path, header: FeaturesHeader, batches: Iterable[tuple[int, np.ndarray]]
) -> None:
    """Write embeddings as they come; memory holds one batch.

    Parameters
    ----------
    path : Path
        The file.
    header : FeaturesHeader
        Slide, coordinates, views and attributes.
    batches : iterable of (int, float ndarray (V, B, D))
        Index of the first tile, embeddings; stored as float16.

    Raises
    ------
    StoreError
        An embedding is not finite or beyond the range of float16.
    """
    attributes = {
        **header.attributes,
        "slide": header.slide_id,
        "status": "excluded" if header.reason else "ok",
        "reason": header.reason,
        "views": np.asarray(header.views, np.int64),
    }
    total = len(header.coords)
    with create_h5(path, schema=SCHEMA, attributes=attributes) as file:
        coords = put(file, "coords", header.coords)
        for name, value in sorted(header.patch.items()):
            coords.attrs[name] = value
        plain = _create(file, "features", (total, header.channels))
        several = len(header.views) > 1
        turned = (
            _create(file, "views", (len(header.views), total, header.channels)) if several else None
        )
        for start, vectors in batches:
            with np.errstate(over="ignore"):
                half = vectors.astype(np.float16)
            if not np.isfinite(half).all():
                raise StoreError(
                    f"slide '{header.slide_id}': embeddings near tile {start} do not fit float16"
                )
            stop = start + half.shape[1]
            plain[start:stop] = half[0]
            if turned is not None:
                turned[:, start:stop] = half


def _create(file: h5py.File, name: str, shape: tuple[int, ...]) -> h5py.Dataset:
    options: dict[str, Any] = {}
    if all(shape):
        options["chunks"] = (*(1,) * (len(shape) - 2), min(CHUNK_ROWS, shape[-2]), shape[-1])
    return file.create_dataset(name, shape, np.float16, track_times=False, **options)


def read_features(path: Path) -> Features:
    """Read a features file.

    Raises
    ------
    StoreError
        The file is missing, damaged or of another schema.
    """
    with open_h5(path, schema=SCHEMA) as file:
        attributes = dict(file.attrs)
        vectors = file["views"][()] if "views" in file else file["features"][()][None]
        return Features(
            slide_id=str(attributes["slide"]),
            vectors=vectors,
            coords=file["coords"][()],
            views=tuple(int(view) for view in attributes["views"]),
            reason=str(attributes["reason"]) if "reason" in attributes else None,
            attributes=attributes,
        )
