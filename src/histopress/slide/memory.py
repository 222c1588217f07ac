"""Tiles of one slide kept for those who read it next."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from histopress.slide.geometry import Geometry

Key = tuple[Path, Geometry]


class TileMemory:
    """Keeps the tiles of the slide that was read last, so that several encoders read it once.

    Parameters
    ----------
    limit_bytes : int
        Tiles beyond it are read anew each time.

    Notes
    -----
    For one process and one thread at a time. A slide must not change while it is kept; reading
    another one, or the same on another grid, forgets it.
    """

    def __init__(self, limit_bytes: int = 512 * 2**20) -> None:
        self._limit = limit_bytes
        self._of: Key | None = None
        self._tiles: dict[tuple[int, int], UInt8[np.ndarray, "px px 3"]] = {}
        self._bytes = 0

    def get(
        self, path: Path, geometry: Geometry, xy: tuple[int, int]
    ) -> UInt8[np.ndarray, "px px 3"] | None:
        """Give a tile that was kept; None if it was not."""
        return self._tiles.get(xy) if self._of == (path, geometry) else None

    def put(
        self,
        path: Path,
        geometry: Geometry,
        xy: tuple[int, int],
        tile: UInt8[np.ndarray, "px px 3"],
    ) -> None:
        """Keep a tile while there is room."""
        if self._of != (path, geometry):
            self._of, self._tiles, self._bytes = (path, geometry), {}, 0
        if self._bytes + tile.nbytes <= self._limit:
            self._tiles[xy] = tile
            self._bytes += tile.nbytes
