"""Tiled pyramidal JPEG TIFFs that OpenSlide opens, written as the pixels come."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tifffile import TiffWriter

from histopress.simulate.pyramid_aperio import OVERVIEW_PX, aperio_directories
from histopress.simulate.pyramid_layout import Container, Layout, choose_halvings
from histopress.simulate.pyramid_levels import Band, Level, encode_levels

BIG_TIFF_PIXELS = 2**30
"""From so many level-0 pixels on, 64-bit offsets are used: no JPEG takes 3 bytes a pixel."""


def write_pyramid(
    path: Path,
    bands: Iterable[Band],
    *,
    shape: tuple[int, int],
    spacing_um: float,
    tile_px: int = 256,
    levels: int | None = None,
    quality: int = 80,
    container: Container = "generic",
) -> None:
    """Write a slide from bands of rows, top to bottom.

    Every level is made of level 0 by halving with area means, again and again. No date and no
    software name are written, and tiles are cut alike whatever the bands, so that equal pixels
    give equal bytes.

    Parameters
    ----------
    path : Path
        Written in place; give a temporary path and publish it when whole. An error removes it.
    bands : iterable of uint8 ndarray (rows, width, 3)
        RGB; any number of rows each, together ``shape[0]``.
    shape : tuple of int
        Height and width of level 0 in pixels.
    spacing_um : float
        Spacing of level 0 in µm/px.
    tile_px : int
        Side of the TIFF's tiles in pixels, a multiple of 16.
    levels : int or None
        Number of levels; None ends with the first that fits into one tile.
    quality : int
        JPEG quality, 1 to 100.
    container : "generic" or "aperio"
        Generic: factors 1, 2, 4, …; the spacing stands in the resolution (pixels a centimetre),
        exact where 10000 / spacing is a fraction of small numbers, else right to nine digits.
        Aperio: factors 1, 4, 16, 32 at most; spacing and magnification stand in the
        descriptions; a thumbnail, an empty label and a drawn macro image go with it.

    Raises
    ------
    ConfigError
        The tile side is no multiple of 16, the levels are too many, or the bands do not fit
        ``shape``.

    Notes
    -----
    Memory, besides the band: a strip of tiles of each level, whatever the slide's height; below
    200 MB at a width of 100,000 px. The encoded tiles of all levels but the first wait on the
    disk, in files without a name in the folder of ``path``.
    """
    layout = Layout(
        shape=shape,
        halvings=choose_halvings(shape, tile_px=tile_px, levels=levels, container=container),
        spacing_um=spacing_um,
        tile_px=tile_px,
        quality=quality,
    )
    big = shape[0] * shape[1] >= BIG_TIFF_PIXELS
    aperio = container == "aperio"
    try:
        with ExitStack() as spools, TiffWriter(path, bigtiff=big) as tiff:
            ladder = _ladder(layout, path.parent, spools, overview=aperio)
            directories = aperio_directories if aperio else generic_directories
            tiles = encode_levels(bands, ladder)
            for directory in directories(layout, ladder, tiles):
                tiff.write(**directory, metadata=None, software=False, maxworkers=1)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def generic_directories(
    layout: Layout, ladder: Sequence[Level], tiles: Iterator[bytes]
) -> Iterator[dict[str, Any]]:
    """Yield the arguments of ``TiffWriter.write``, a level each; the first takes ``tiles``."""
    for halving in layout.halvings:
        yield layout.tags(halving) | {
            "data": ladder[halving].tiles() if halving else tiles,
            "subfiletype": 1 if halving else 0,
        }


def _ladder(layout: Layout, folder: Path, spools: ExitStack, *, overview: bool) -> list[Level]:
    """Make the levels from 0 to the last; one keeps its pixels if an overview is asked for."""
    deepest = min(layout.shape).bit_length() - 1
    seen = next((n for n in range(deepest) if max(layout.size(n)) <= OVERVIEW_PX), deepest)
    last = max(layout.halvings[-1], seen if overview else 0)
    return [
        Level(
            layout.size(halving),
            tile_px=layout.tile_px,
            quality=layout.quality,
            spool=(
                spools.enter_context(TemporaryFile(dir=folder))
                if halving and halving in layout.halvings
                else None
            ),
            kept=overview and halving == seen,
        )
        for halving in range(last + 1)
    ]
