"""Tiled pyramidal JPEG TIFFs that OpenSlide opens, written as the pixels come."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

import numpy as np
from jaxtyping import UInt8
from tifffile import TiffWriter

from histopress.errors import ConfigError

SPOOL_BYTES = 64 * 2**20
"""Coarser levels wait in memory up to this size, above it on the disk."""
BIG_TIFF_PIXELS = 2**31
"""From so many level-0 pixels on, 64-bit offsets are used."""

Band = UInt8[np.ndarray, "rows width 3"]


def count_levels(shape: tuple[int, int], tile_px: int) -> int:
    """Count the levels of a pyramid that is halved until a level fits into one tile.

    Examples
    --------
    >>> count_levels((4096, 4096), 256)
    5
    >>> count_levels((200, 1000), 256)
    3
    """
    longest, shortest, levels = max(shape), min(shape), 1
    while longest > tile_px and shortest >= 2:
        longest, shortest, levels = longest // 2, shortest // 2, levels + 1
    return levels


def halve(image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H//2 W//2 3"]:
    """Average blocks of 2 × 2 pixels, halves rounded up; an odd last row or column is left out.

    Examples
    --------
    >>> halve(np.array([[[0, 0, 0], [1, 2, 4]], [[0, 0, 0], [1, 2, 4]]], np.uint8))
    array([[[1, 1, 2]]], dtype=uint8)
    """
    rows, columns = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    even = image[:rows, :columns].astype(np.uint16)
    pairs = even[0::2] + even[1::2]
    return ((pairs[:, 0::2] + pairs[:, 1::2] + 2) >> 2).astype(np.uint8)


def write_pyramid(
    path: Path,
    bands: Iterable[Band],
    *,
    shape: tuple[int, int],
    spacing_um: float,
    tile_px: int = 256,
    levels: int | None = None,
    quality: int = 80,
) -> None:
    """Write a slide from bands of rows, top to bottom.

    Each level halves the one before by area means. The spacing stands in the TIFF's resolution
    (pixels a centimetre), which OpenSlide turns into ``openslide.mpp-x``; it is exact where 10000 /
    spacing is a fraction of small numbers, else right to nine digits. No date and no software
    name are written, so that equal pixels give equal bytes.

    Parameters
    ----------
    path : Path
        Written in place; give a temporary path and publish it when whole.
    bands : iterable of uint8 ndarray (rows, width, 3)
        RGB; any number of rows each, together ``shape[0]``.
    shape : tuple of int
        Height and width of level 0 in pixels.
    spacing_um : float
        Spacing of level 0 in µm/px.
    tile_px : int
        Side of the TIFF's tiles in pixels, a multiple of 16.
    levels : int or None
        Number of levels; None halves until a level fits into one tile.
    quality : int
        JPEG quality, 1 to 100.

    Raises
    ------
    ConfigError
        The tile side is no multiple of 16, the levels are too many, or the bands do not fit
        ``shape``.

    Notes
    -----
    Memory holds one row of tiles and is independent of the slide's height; coarser levels wait
    on the disk once they exceed 64 MiB.
    """
    wanted = count_levels(shape, tile_px) if levels is None else levels
    _check(shape, tile_px=tile_px, levels=wanted)
    big = shape[0] * shape[1] >= BIG_TIFF_PIXELS
    with TiffWriter(path, bigtiff=big) as tiff, ExitStack() as spools:
        for level in range(wanted):
            size = (shape[0] >> level, shape[1] >> level)
            spool: IO[bytes] | None = None
            if level + 1 < wanted:
                spool = spools.enter_context(
                    SpooledTemporaryFile(max_size=SPOOL_BYTES, dir=str(path.parent))
                )
            per_cm = 1e4 / (spacing_um * 2**level)
            strips = _strips(bands, size, tile_px)
            tiff.write(
                _tiles(strips, tile_px, spool),
                shape=(*size, 3),
                dtype=np.uint8,
                tile=(tile_px, tile_px),
                photometric="rgb",
                compression="jpeg",
                compressionargs={"level": quality},
                subfiletype=1 if level else 0,
                resolution=(per_cm, per_cm),
                resolutionunit="CENTIMETER",
                metadata=None,
                software=False,
                maxworkers=1,
            )
            # The writer stops at its last tile; what is left would be rows too many.
            next(strips, None)
            if spool is not None:
                bands = _unspool(spool, size, tile_px)


def _check(shape: tuple[int, int], *, tile_px: int, levels: int) -> None:
    """Refuse a geometry that cannot be written."""
    if tile_px < 16 or tile_px % 16:
        raise ConfigError(f"tile_px is {tile_px}; a JPEG TIFF takes positive multiples of 16")
    if levels < 1 or min(shape) >> (levels - 1) < 1:
        raise ConfigError(
            f"{levels} levels of a slide of {shape[0]} × {shape[1]} px; give from 1 to "
            f"{max(min(shape), 1).bit_length()}"
        )


def _strips(bands: Iterable[Band], size: tuple[int, int], tile_px: int) -> Iterator[Band]:
    """Cut bands of any height into strips of ``tile_px`` rows (the last may have fewer)."""
    height, width = size
    strip = np.empty((tile_px, width, 3), np.uint8)
    filled = done = 0
    for band in bands:
        if band.dtype != np.uint8 or band.shape[1:] != (width, 3):
            raise ConfigError(
                f"a band from row {done} is {band.dtype} {band.shape}; the slide takes uint8 "
                f"(rows, {width}, 3)"
            )
        done += len(band)
        if done > height:
            raise ConfigError(f"the bands hold {done} rows or more; the slide has {height}")
        start = 0
        while start < len(band):
            take = min(tile_px - filled, len(band) - start)
            strip[filled : filled + take] = band[start : start + take]
            filled, start = filled + take, start + take
            if filled == tile_px:
                yield strip
                filled = 0
    if done != height:
        raise ConfigError(f"the bands hold {done} rows; the slide has {height}")
    if filled:
        yield strip[:filled]


def _tiles(
    strips: Iterable[Band], tile_px: int, spool: IO[bytes] | None
) -> Iterator[UInt8[np.ndarray, "tile tile 3"]]:
    """Yield a level's tiles row by row; the next level's pixels go to ``spool`` on the way."""
    for strip in strips:
        if spool is not None:
            spool.write(halve(strip).tobytes())
        rows, width = strip.shape[:2]
        padding = ((0, tile_px - rows), (0, -width % tile_px), (0, 0))
        # The edge is repeated: black padding would ring into the last blocks of the picture.
        padded = np.pad(strip, padding, mode="edge")
        for left in range(0, padded.shape[1], tile_px):
            yield np.ascontiguousarray(padded[:, left : left + tile_px])


def _unspool(spool: IO[bytes], size: tuple[int, int], tile_px: int) -> Iterator[Band]:
    """Read back the level below ``size`` in strips, and drop the spool at the end."""
    height, width = size[0] // 2, size[1] // 2
    with spool:
        spool.seek(0)
        for top in range(0, height, tile_px):
            rows = min(tile_px, height - top)
            data = spool.read(rows * width * 3)
            yield np.frombuffer(data, np.uint8).reshape(rows, width, 3)
