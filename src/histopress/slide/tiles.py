"""The tiles of a slide, in memory and on disk."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32, Int64

from histopress.slide.geometry import Geometry
from histopress.slide.settings import GridSettings
from histopress.store import create_h5, open_h5, put

SCHEMA = "tiles/1"
_CHUNK_ROWS = 1024
_NAMES = {
    "slide_id": "slide",
    "width": "level0_width",
    "height": "level0_height",
    "asked_um": "spacing_asked_um",
    "read_um": "spacing_read_um",
}
"""Attributes of the file that are called otherwise than the fields of Geometry."""


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """Which tiles of a slide are used.

    Attributes
    ----------
    slide_id : str
        As in the manifest.
    geometry : Geometry or None
        How to read them; None where the slide could not be opened or has no spacing.
    coords : int64 ndarray (N, 2)
        Level-0 px (x, y) of each tile's top left, ordered by row, then column.
    tile_index : int32 ndarray (H, W)
        Row of ``coords`` that belongs to a cell; −1 = not kept.
    tissue : float32 ndarray (H, W)
        Tissue fraction of a cell.
    reason : str or None
        Why the slide is excluded; None if it is not. An excluded slide has no tiles.
    """

    slide_id: str
    geometry: Geometry | None
    coords: Int64[np.ndarray, "tiles 2"]
    tile_index: Int32[np.ndarray, "H W"]
    tissue: Float32[np.ndarray, "H W"]
    reason: str | None = None

    @property
    def excluded(self) -> bool:
        """Whether the slide takes no part in what follows."""
        return self.reason is not None


def no_tiles(slide_id: str, reason: str, geometry: Geometry | None = None) -> Tiles:
    """Make the entry of an excluded slide: zero tiles; cells only if the geometry is known."""
    shape = geometry.shape if geometry else (0, 0)
    return Tiles(
        slide_id=slide_id,
        geometry=geometry,
        coords=np.zeros((0, 2), np.int64),
        tile_index=np.full(shape, -1, np.int32),
        tissue=np.zeros(shape, np.float32),
        reason=reason,
    )


def write_tiles(path: Path, tiles: Tiles, settings: GridSettings) -> None:
    """Write one file a slide; equal tiles and settings give equal bytes.

    Parameters
    ----------
    path : Path
        Written in place; give a temporary path and publish it when whole.
    tiles : Tiles
        What to write.
    settings : GridSettings
        What it was made with, for the record.
    """
    with create_h5(path, schema=SCHEMA, attributes=_attributes(tiles, settings)) as file:
        rows = len(tiles.coords)
        chunks = (min(_CHUNK_ROWS, rows), 2) if rows else None
        put(file, "coords", tiles.coords, chunks=chunks)
        put(file, "tile_index", tiles.tile_index)
        put(file, "tissue", tiles.tissue)


def read_tiles(path: Path) -> Tiles:
    """Read the tiles of a slide.

    Raises
    ------
    StoreError
        The file is missing, damaged or of another schema.
    """
    with open_h5(path, schema=SCHEMA) as file:
        found = dict(file.attrs)
        return Tiles(
            slide_id=str(found["slide"]),
            geometry=_geometry(found),
            coords=file["coords"][()],
            tile_index=file["tile_index"][()],
            tissue=file["tissue"][()],
            reason=str(found["reason"]) if "reason" in found else None,
        )


def _attributes(tiles: Tiles, settings: GridSettings) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "slide": tiles.slide_id,
        "status": "excluded" if tiles.excluded else "ok",
        "reason": tiles.reason,
        "min_tissue": settings.min_tissue,
        "cells": tiles.tile_index.size,
        "tiles": len(tiles.coords),
        **{f"tissue_{name}": value for name, value in asdict(settings.tissue).items()},
    }
    geometry = tiles.geometry
    if geometry is not None:
        values = asdict(geometry)
        attributes |= {_NAMES.get(name, name): value for name, value in values.items()}
        attributes["origin"] = np.zeros(2, np.int64)
        attributes["tile_px_level0"] = geometry.tile_px0
        attributes["stride_px_level0"] = geometry.stride_px0
    return attributes


def _geometry(found: dict[str, Any]) -> Geometry | None:
    if "downsample" not in found:
        return None
    names = {field.name: _NAMES.get(field.name, field.name) for field in fields(Geometry)}
    return Geometry(**{name: _plain(found[stored]) for name, stored in names.items()})


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
