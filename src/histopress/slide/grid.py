"""The grid of tiles, and which of them hold tissue."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, Int64

from histopress.slide.geometry import Geometry


@dataclass(frozen=True, kw_only=True)
class TileGrid:
    """Cells of a slide.

    Attributes
    ----------
    coords : int64 ndarray (N, 2)
        Level-0 px (x, y) of each kept tile's top left, ordered by row, then column.
    tile_index : int32 ndarray (H, W)
        Row of ``coords`` that belongs to the cell; −1 if the cell is not kept.
    tissue : float32 ndarray (H, W)
        Fraction of the cell that is tissue.
    """

    coords: Int64[np.ndarray, "tiles 2"]
    tile_index: Int32[np.ndarray, "H W"]
    tissue: Float32[np.ndarray, "H W"]


def lay_grid(
    geometry: Geometry,
    mask: Bool[np.ndarray, "rows columns"],
    *,
    mask_downsample: float,
    min_tissue: float,
) -> TileGrid:
    """Keep the cells whose tissue fraction exceeds ``min_tissue``.

    Parameters
    ----------
    geometry : Geometry
        Where the cells lie.
    mask : bool ndarray (rows, columns)
        Tissue over the whole slide, from level-0 px (0, 0) on.
    mask_downsample : float
        Level-0 px to one px of the mask.
    min_tissue : float
        Fraction, 0 to 1; the comparison is strict and made in float32, as stored.
    """
    x, y = geometry.lefts, geometry.tops
    tissue = cell_fractions(
        mask,
        tops=y / mask_downsample,
        lefts=x / mask_downsample,
        side=geometry.tile_px0 / mask_downsample,
    )
    kept = tissue > np.float32(min_tissue)
    tile_index = np.full(kept.shape, -1, np.int32)
    tile_index[kept] = np.arange(kept.sum(), dtype=np.int32)
    row, column = np.nonzero(kept)
    coords = np.stack([x[column], y[row]], axis=1)
    return TileGrid(coords=coords, tile_index=tile_index, tissue=tissue)


def cell_fractions(
    mask: Bool[np.ndarray, "rows columns"],
    *,
    tops: Float64[np.ndarray, " H"],
    lefts: Float64[np.ndarray, " W"],
    side: float,
) -> Float32[np.ndarray, "H W"]:
    """Measure the tissue fraction of squares, px at their borders by area.

    The integral image of a mask is piecewise bilinear, so reading it between its nodes is exact.
    What of a square lies outside of the mask is left out of the fraction.

    Parameters
    ----------
    mask : bool ndarray (rows, columns)
        Tissue.
    tops, lefts : float64 ndarray
        First row and column of each square, in px of the mask.
    side : float
        Side of the squares in px of the mask.

    Examples
    --------
    >>> mask = np.array([[True, False], [True, False]])
    >>> cell_fractions(mask, tops=np.array([0.0]), lefts=np.array([0.5]), side=1.0)
    array([[0.5]], dtype=float32)
    """
    height, width = mask.shape
    integral = np.zeros((height + 1, width + 1))
    np.cumsum(np.cumsum(mask, axis=0, dtype=np.float64), axis=1, out=integral[1:, 1:])
    top, bottom = np.clip(tops, 0, height), np.clip(tops + side, 0, height)
    left, right = np.clip(lefts, 0, width), np.clip(lefts + side, 0, width)
    over_rows = _between(integral, bottom) - _between(integral, top)
    inside = (_between(over_rows.T, right) - _between(over_rows.T, left)).T
    area = np.outer(bottom - top, right - left)
    fraction = np.divide(inside, area, out=np.zeros_like(inside), where=area > 0)
    return np.clip(fraction, 0, 1).astype(np.float32)


def _between(
    nodes: Float64[np.ndarray, "rows columns"], at: Float64[np.ndarray, " places"]
) -> Float64[np.ndarray, "places columns"]:
    """Interpolate rows linearly."""
    below = np.minimum(np.floor(at).astype(np.int64), nodes.shape[0] - 1)
    above = np.minimum(below + 1, nodes.shape[0] - 1)
    weight = (at - below)[:, None]
    return nodes[below] * (1 - weight) + nodes[above] * weight
