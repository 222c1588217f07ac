"""The levels of a pyramid: halved and encoded while the rows come, top to bottom."""

from collections.abc import Iterable, Iterator, Sequence
from typing import IO

import cv2
import imagecodecs
import numpy as np
from jaxtyping import UInt8

from histopress.errors import ConfigError

Band = UInt8[np.ndarray, "rows width 3"]


def halve(image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H//2 W//2 3"]:
    """Average blocks of 2 × 2 pixels, halves rounded up; an odd last row or column is left out.

    Examples
    --------
    >>> halve(np.array([[[0, 0, 0], [1, 2, 4]], [[0, 0, 0], [1, 2, 4]]], np.uint8))
    array([[[1, 1, 2]]], dtype=uint8)
    """
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    if not rows or not columns:
        return np.empty((rows, columns, 3), np.uint8)
    even = image[: 2 * rows, : 2 * columns]
    return np.asarray(cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA))


class Level:
    """One level on the way down: rows come in, whole strips of tiles go on.

    Parameters
    ----------
    size : tuple of int
        Height and width in pixels.
    tile_px : int
        Side of the tiles, and height of the strips, in pixels.
    quality : int
        JPEG quality, 1 to 100.
    spool : binary file or None
        Where the encoded tiles wait; None if nobody reads them back.
    kept : bool
        Whether the pixels stay in memory, for :meth:`picture`.

    Notes
    -----
    Memory: one strip, and the pixels if they are kept.
    """

    def __init__(
        self,
        size: tuple[int, int],
        *,
        tile_px: int,
        quality: int,
        spool: IO[bytes] | None = None,
        kept: bool = False,
    ) -> None:
        self.size, self.tile_px, self.quality = size, tile_px, quality
        self.kept, self._spool = kept, spool
        self._lengths: list[int] = []
        self._pieces: list[Band] = []
        self._strip: Band | None = None
        self._filled = 0

    def strips(self, bands: Iterable[Band]) -> Iterator[Band]:
        """Cut all bands of the level into strips; each is valid until the next is asked for."""
        for rows in bands:
            yield from self.push(rows)
            del rows
        yield from self.rest()

    def push(self, rows: Band) -> Iterator[Band]:
        """Take the next rows; each strip they fill is valid until the next is asked for."""
        start = 0
        while start < len(rows):
            take = min(self.tile_px - self._filled, len(rows) - start)
            part = rows[start : start + take]
            start += take
            if take == self.tile_px:
                yield part
                continue
            if self._strip is None:
                self._strip = np.empty((self.tile_px, self.size[1], 3), np.uint8)
            self._strip[self._filled : self._filled + take] = part
            self._filled += take
            if self._filled == self.tile_px:
                self._filled = 0
                yield self._strip

    def rest(self) -> Iterator[Band]:
        """Yield the last rows if they fill no strip, and let the memory go."""
        if self._strip is not None and self._filled:
            yield self._strip[: self._filled]
        self._strip = None

    def keep(self, strip: Band) -> None:
        """Encode the tiles of a strip into the spool, keep its pixels: as far as is asked for."""
        if self._spool is not None:
            for tile in self.encode(strip):
                self._lengths.append(self._spool.write(tile))
        if self.kept:
            self._pieces.append(strip.copy())

    def encode(self, strip: Band) -> Iterator[bytes]:
        """Yield the tiles of a strip from left to right as JPEG files (YCbCr, 4:2:0)."""
        for left in range(0, strip.shape[1], self.tile_px):
            tile = _fill(strip[:, left : left + self.tile_px], self.tile_px)
            code = imagecodecs.jpeg8_encode(
                tile, self.quality, colorspace="RGB", outcolorspace="YCBCR", subsampling=(2, 2)
            )
            yield bytes(code)

    def tiles(self) -> Iterator[bytes]:
        """Read the encoded tiles back, row by row."""
        if self._spool is not None:
            self._spool.seek(0)
            for length in self._lengths:
                yield self._spool.read(length)

    def picture(self) -> UInt8[np.ndarray, "H W 3"]:
        """Join the pixels that were kept."""
        return np.concatenate(self._pieces)


def encode_levels(bands: Iterable[Band], levels: Sequence[Level]) -> Iterator[bytes]:
    """Yield the tiles of the first level; those of the levels below go to their spools.

    Parameters
    ----------
    bands : iterable of uint8 ndarray (rows, width, 3)
        The first level from top to bottom, any number of rows each.
    levels : sequence of Level
        Each half the size of the one before.

    Raises
    ------
    ConfigError
        The bands do not fit the first level.
    """
    first = levels[0]
    ready: list[bytes] = []
    for strip in first.strips(_checked(bands, first.size)):
        yield from ready
        ready = list(first.encode(strip))
        _go_down(strip, levels)
        del strip  # it may be a view that keeps a whole band alive while the next is drawn
    for depth in range(1, len(levels)):
        for strip in levels[depth].rest():
            _go_down(strip, levels[depth:])
    # Who takes the last tile never asks for another: all else is done by then.
    yield from ready


def _go_down(strip: Band, levels: Sequence[Level]) -> None:
    """Keep a strip of the first of ``levels``, and what it adds to those below."""
    levels[0].keep(strip)
    if len(levels) > 1:
        for below in levels[1].push(halve(strip)):
            _go_down(below, levels[1:])


def _fill(tile: Band, side: int) -> Band:
    """Extend a tile of the border to its full size."""
    rows, columns = tile.shape[:2]
    if (rows, columns) == (side, side):
        return tile
    # The edge is repeated: black padding would ring into the last blocks of the picture.
    return np.pad(tile, ((0, side - rows), (0, side - columns), (0, 0)), mode="edge")


def _checked(bands: Iterable[Band], size: tuple[int, int]) -> Iterator[Band]:
    """Pass bands on as long as they fit a level of ``size``."""
    height, width = size
    done = 0
    for band in bands:
        if band.dtype != np.uint8 or band.shape[1:] != (width, 3):
            raise ConfigError(
                f"a band from row {done} is {band.dtype} {band.shape}; the slide takes uint8 "
                f"(rows, {width}, 3)"
            )
        done += len(band)
        if done > height:
            raise ConfigError(f"the bands hold {done} rows or more; the slide has {height}")
        yield band
        del band
    if done != height:
        raise ConfigError(f"the bands hold {done} rows; the slide has {height}")
