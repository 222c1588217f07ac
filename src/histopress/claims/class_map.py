"""From a class map to the cells of a grid of tiles."""

from collections.abc import Collection

import numpy as np
from jaxtyping import Float64, UInt8


def cover_cells(
    classes: UInt8[np.ndarray, "rows cols"],
    codes: Collection[int],
    *,
    cell_um: float,
    tile_um: float,
    stride_um: float,
    shape: tuple[int, int],
) -> Float64[np.ndarray, "H W"]:
    """Share of each tile's area that is of some classes.

    Map and grid both begin at the slide's top-left corner.

    Parameters
    ----------
    classes : uint8 ndarray (rows, cols)
    codes : collection of int
        The classes that count.
    cell_um, tile_um, stride_um : float
        Sides of a cell of the map and of a tile, and distance of neighbouring tiles, in µm.
    shape : tuple of int
        Of the grid.

    Examples
    --------
    >>> classes = np.array([[4, 4, 1], [4, 1, 1]], np.uint8)
    >>> cover_cells(classes, [4], cell_um=16, tile_um=32, stride_um=32, shape=(1, 2))
    array([[0.75, 0.  ]])
    """
    mask = np.isin(classes, list(codes)).astype(np.float64)
    down, across = (
        _overlaps(cells, tiles, cell_um=cell_um, tile_um=tile_um, stride_um=stride_um)
        for cells, tiles in zip(classes.shape, shape, strict=True)
    )
    return np.asarray(down @ mask @ across.T) / tile_um**2


def _overlaps(
    cells: int, tiles: int, *, cell_um: float, tile_um: float, stride_um: float
) -> Float64[np.ndarray, "tiles cells"]:
    """Length in µm that each tile and each cell share along one axis."""
    starts = np.arange(tiles)[:, None] * stride_um
    lows = np.arange(cells)[None, :] * cell_um
    ends = np.minimum(starts + tile_um, lows + cell_um)
    return np.clip(ends - np.maximum(starts, lows), 0, None)
