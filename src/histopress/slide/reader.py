"""Tiles of a slide as pixels."""

from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from jaxtyping import Int64, UInt8

from histopress.errors import StoreError
from histopress.slide.geometry import Geometry
from histopress.slide.memory import TileMemory
from histopress.slide.source import open_slide, read_rgb


class TileReader:
    """Reads tiles at the working spacing.

    Use one reader a thread: the handle is not shared. Transparent px are laid on the slide's
    background colour. Where the level's downsample is not a whole number, OpenSlide interpolates
    by less than half a px of that level.

    Parameters
    ----------
    path : Path
        The slide's file.
    geometry : Geometry
        As laid by :func:`~histopress.slide.tiling.tile_slide`.
    memory : TileMemory, optional
        Where tiles are kept for the next reader of the same slide.

    Raises
    ------
    SlideMissing, UnreadableSlide
        On opening or, for damaged pixels, on reading.
    StoreError
        The file's level is not of the size that ``geometry`` was laid on.

    Examples
    --------
    >>> with TileReader(path, tiles.geometry) as reader:  # doctest: +SKIP
    ...     batch = reader.read_many(tiles.coords[:32])
    """

    def __init__(self, path: Path, geometry: Geometry, memory: TileMemory | None = None) -> None:
        self._memory = memory
        self._path = path
        self._geometry = geometry
        self._slide = open_slide(path, geometry.slide_id)
        level = geometry.level
        expected = (geometry.level_width, geometry.level_height)
        sizes = self._slide.level_dimensions
        if level >= len(sizes) or sizes[level] != expected:
            self.close()
            raise StoreError(
                f"slide '{geometry.slide_id}': {path} is not the file that the tiles were laid "
                f"on (level {level} should have {expected[0]} × {expected[1]} px); tile it again"
            )

    def __enter__(self) -> "TileReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the slide's file."""
        self._slide.close()

    def read(self, xy: tuple[int, int] | Int64[np.ndarray, "2"]) -> UInt8[np.ndarray, "px px 3"]:
        """Read the tile whose top left is the level-0 px ``xy``, as RGB."""
        place = (int(xy[0]), int(xy[1]))
        if self._memory is None:
            return self._read(place)
        kept = self._memory.get(self._path, self._geometry, place)
        if kept is None:
            kept = self._read(place)
            self._memory.put(self._path, self._geometry, place, kept)
        return kept

    def _read(self, xy: tuple[int, int]) -> UInt8[np.ndarray, "px px 3"]:
        geometry = self._geometry
        side = geometry.region_px
        rgb = read_rgb(
            self._slide,
            path=self._path,
            slide_id=geometry.slide_id,
            xy=xy,
            level=geometry.level,
            size=(side, side),
        )
        if side == geometry.tile_px:
            return rgb
        return cv2.resize(rgb, (geometry.tile_px, geometry.tile_px), interpolation=cv2.INTER_AREA)

    def read_many(
        self,
        coords: Int64[np.ndarray, "tiles 2"],
        out: UInt8[np.ndarray, "tiles px px 3"] | None = None,
    ) -> UInt8[np.ndarray, "tiles px px 3"]:
        """Read tiles into one array; ``out`` is filled and returned if given."""
        side = self._geometry.tile_px
        batch = np.empty((len(coords), side, side, 3), np.uint8) if out is None else out
        for tile, xy in zip(batch, coords, strict=True):
            tile[...] = self.read(xy)
        return batch
