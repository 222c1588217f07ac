"""Windows on a slide's grid: drawn for training, covering the tissue for prediction.

A window is named by its corner, the grid cell of its first row and column, which may lie outside
the grid: for even sizes a centre would lie between cells. Outside the grid all is zero.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float32, Int64

ArrayT = TypeVar("ArrayT", bound=np.ndarray)


@dataclass(frozen=True)
class TestCrops:
    """Windows to predict on.

    Attributes
    ----------
    corners : int64 ndarray (crops, 2)
        Row and column of each window's corner.
    drawn_coverage : float
        Share of tissue cells in the windows drawn from the distance map.
    tiled : bool
        Whether that was too little, so that ``corners`` is a lattice over the tissue.
    """

    __test__ = False

    corners: Int64[np.ndarray, "crops 2"]
    drawn_coverage: float
    tiled: bool


def take_crop(array: ArrayT, corner: tuple[int, int], size: int) -> ArrayT:
    """Cut a square window; zero where it leaves the grid.

    Parameters
    ----------
    array : ndarray (..., H, W)
        A grid or a mask.
    corner : tuple of int
        Row and column of the window's first cell, in cells; may be negative.
    size : int
        Side of the window in cells.

    Returns
    -------
    ndarray (..., size, size)
        A new array.

    Examples
    --------
    >>> take_crop(np.array([[1, 2], [3, 4]]), (-1, 0), 3)
    array([[0, 0, 0],
           [1, 2, 0],
           [3, 4, 0]])
    """
    crop = np.zeros((*array.shape[:-2], size, size), array.dtype)
    source, target = [], []
    for start, length in zip(corner, array.shape[-2:], strict=True):
        first, last = max(start, 0), max(min(start + size, length), max(start, 0))
        source.append(slice(first, last))
        target.append(slice(first - start, last - start))
    crop[..., target[0], target[1]] = array[..., source[0], source[1]]
    return crop  # type: ignore[return-value]


def tissue_bounds(kept: Bool[np.ndarray, "H W"]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Bound the kept cells: first and past-the-last row, then column.

    Examples
    --------
    >>> tissue_bounds(np.array([[False, False, False], [False, True, True]]))
    ((1, 2), (1, 3))
    """
    rows, columns = np.flatnonzero(kept.any(1)), np.flatnonzero(kept.any(0))
    return (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)


def draw_corner(
    distance: Float32[np.ndarray, "H W"], size: int, rng: np.random.Generator
) -> tuple[int, int]:
    """Draw a window whose centre cell follows the distance map.

    Along an axis on which the whole tissue fits into the window, the window's place is drawn
    evenly from all that hold it instead, so that a small slide is seen whole and yet in many
    places: seen in one place only, 20 slides are learnt by heart within two epochs.

    Parameters
    ----------
    distance : float32 ndarray (H, W)
        Weights of the centres; at least one is positive.
    size : int
        Side of the window in cells.
    rng : numpy Generator
        Advanced by three draws, whatever the slide.
    """
    cells = np.flatnonzero(distance)
    cumulated = np.cumsum(distance.ravel()[cells], dtype=np.float64)
    share, *shifts = rng.random(3)
    drawn = np.searchsorted(cumulated, share * cumulated[-1], side="right")
    centre = np.unravel_index(cells[min(int(drawn), cells.size - 1)], distance.shape)
    row, column = (
        last - size + int(shift * (size - last + first + 1))
        if last - first <= size
        else int(place) - size // 2
        for place, shift, (first, last) in zip(
            centre, shifts, tissue_bounds(distance > 0), strict=True
        )
    )
    return row, column


def covered_share(
    kept: Bool[np.ndarray, "H W"], corners: Int64[np.ndarray, "crops 2"], size: int
) -> float:
    """Share of kept cells that lie in at least one window, 0 to 1."""
    seen = np.zeros(kept.shape, bool)
    for row, column in corners:
        seen[max(row, 0) : max(row + size, 0), max(column, 0) : max(column + size, 0)] = True
    return float((seen & kept).sum() / kept.sum())


def tile_corners(kept: Bool[np.ndarray, "H W"], size: int) -> Int64[np.ndarray, "crops 2"]:
    """Lay a regular lattice of as few windows as cover the tissue's bounding box.

    Windows overlap evenly and none leaves the box, save along an axis on which one window holds
    it; windows without tissue are left out. So every kept cell is covered.
    """
    axes = []
    for first, last in tissue_bounds(kept):
        count = -(-(last - first) // size)
        ends = (first, last - size) if count > 1 else ((first + last - size) // 2,) * 2
        axes.append(np.linspace(*ends, count).round().astype(np.int64))
    corners = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    filled = [take_crop(kept, (int(row), int(column)), size).any() for row, column in corners]
    return corners[np.asarray(filled)]


def place_test_crops(
    distance: Float32[np.ndarray, "H W"],
    size: int,
    *,
    crops: int,
    min_coverage: float,
    rng: np.random.Generator,
) -> TestCrops:
    """Choose the windows to predict on.

    ``crops`` windows are drawn as in training. If they hold less than ``min_coverage`` of the
    tissue cells, a lattice takes their place (see :func:`tile_corners`).
    """
    kept = distance > 0
    drawn = np.asarray([draw_corner(distance, size, rng) for _ in range(crops)], np.int64)
    share = covered_share(kept, drawn, size)
    tiled = share < min_coverage
    return TestCrops(tile_corners(kept, size) if tiled else drawn, share, tiled)
