"""The geometry of a pyramid, known before any pixel."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from histopress.errors import ConfigError

Container = Literal["generic", "aperio"]
APERIO_HALVINGS = (0, 2, 4, 5)
"""Aperio's scanners keep the factors 1, 4, 16 and, in large slides, 32."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Size, levels and tiles of a pyramid.

    Attributes
    ----------
    shape : tuple of int
        Height and width of level 0 in pixels.
    halvings : tuple of int
        How often level 0 is halved for each level of the file; begins with 0, rises.
    spacing_um : float
        Spacing of level 0 in µm/px.
    tile_px : int
        Side of the tiles in pixels.
    quality : int
        JPEG quality, 1 to 100.
    """

    shape: tuple[int, int]
    halvings: tuple[int, ...]
    spacing_um: float
    tile_px: int
    quality: int

    def size(self, halving: int) -> tuple[int, int]:
        """Height and width in pixels after so many halvings."""
        return self.shape[0] >> halving, self.shape[1] >> halving

    def tags(self, halving: int) -> dict[str, Any]:
        """Arguments of ``TiffWriter.write`` for a level whose tiles are ready JPEG files.

        ``rgb`` is what was compressed; tifffile writes the tags of YCbCr, 4:2:0, for it.
        """
        per_cm = 1e4 / (self.spacing_um * 2**halving)
        return {
            "shape": (*self.size(halving), 3),
            "dtype": np.uint8,
            "tile": (self.tile_px, self.tile_px),
            "photometric": "rgb",
            "compression": "jpeg",
            "resolution": (per_cm, per_cm),
            "resolutionunit": "CENTIMETER",
        }


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


def choose_halvings(
    shape: tuple[int, int], *, tile_px: int, levels: int | None, container: Container
) -> tuple[int, ...]:
    """Choose the levels of a file.

    Parameters
    ----------
    shape : tuple of int
        Height and width of level 0 in pixels.
    tile_px : int
        Side of the tiles in pixels.
    levels : int or None
        How many; None ends with the first level that fits into one tile.
    container : "generic" or "aperio"
        Which factors are taken: all powers of 2, or :data:`APERIO_HALVINGS`.

    Raises
    ------
    ConfigError
        The tile side is no multiple of 16, or there are not so many levels.

    Examples
    --------
    >>> choose_halvings((60_000, 80_000), tile_px=256, levels=None, container="aperio")
    (0, 2, 4, 5)
    >>> choose_halvings((777, 1001), tile_px=256, levels=None, container="aperio")
    (0, 2)
    """
    if tile_px < 16 or tile_px % 16:
        raise ConfigError(f"tile_px is {tile_px}; a JPEG TIFF takes positive multiples of 16")
    possible = range(max(min(shape), 1).bit_length())
    if container == "aperio":
        offered = tuple(halving for halving in APERIO_HALVINGS if halving in possible)
    else:
        offered = tuple(possible)
    if levels is None:
        least = count_levels(shape, tile_px) - 1
        levels = next((n for n, halving in enumerate(offered, 1) if halving >= least), len(offered))
    if min(shape) < 1 or not 1 <= levels <= len(offered):
        raise ConfigError(
            f"{levels} levels of a slide of {shape[0]} × {shape[1]} px; give from 1 to "
            f"{len(offered)}"
        )
    return offered[:levels]
