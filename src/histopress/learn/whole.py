"""The whole grid at once: every window of a lattice, in one pass of the convolutions.

The convolutions have no padding, so a grid larger than a crop gives a map of outputs, one for
each window whose corner lies on a lattice of the strides' product. Passing the grid once costs
far less than passing these windows one by one, and gives the same.
"""

import numpy as np
import torch
from jaxtyping import Bool, Int64

from histopress.compress.slide import CompressedSlide
from histopress.learn.crops import tissue_bounds
from histopress.learn.fitted import Seen
from histopress.learn.network import NicCnn
from histopress.slide.views import orient

VALUES_MAX = 2**28
"""Values of a grid (rows · columns · channels) that are passed at once: 1 GiB as float32, and a
few times that with the first layers' maps."""


def fits_whole(slide: CompressedSlide, crop: int, step: int) -> bool:
    """Tell whether the tissue's box, widened to the lattice, is small enough for one pass."""
    rows, columns = (last - first for first, last in whole_box(slide.kept, crop, step))
    return rows * columns * slide.grid.shape[1] <= VALUES_MAX


def whole_box(
    kept: Bool[np.ndarray, "H W"], crop: int, step: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Widen the box of tissue to one crop plus a whole number of steps, evenly on both sides.

    Returns
    -------
    tuple of (first, past the last) for rows and columns
        On the upright grid, in cells; may leave the grid. Every kept cell is inside, and the
        last window of the lattice ends where the box ends.
    """
    axes = []
    for first, last in tissue_bounds(kept):
        side = crop + step * max(-(-(last - first - crop) // step), 0)
        start = first - (side - (last - first)) // 2
        axes.append((start, start + side))
    return axes[0], axes[1]


def whole_corners(
    kept: Bool[np.ndarray, "H W"], crop: int, step: int
) -> Int64[np.ndarray, "crops 2"]:
    """Give the corners of all windows of the lattice that hold tissue, on the upright grid."""
    box = whole_box(kept, crop, step)
    rows, columns = (np.arange(first, last - crop + 1, step) for first, last in box)
    corners = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    return corners[kept_counts(_cut(kept, box), crop, step).ravel() > 0]


def kept_counts(
    kept: Bool[np.ndarray, "H W"], crop: int, step: int
) -> Int64[np.ndarray, "down across"]:
    """Count the kept cells of each window of the lattice.

    Examples
    --------
    >>> kept_counts(np.array([[True, True, False, False]] * 2), 2, 1).tolist()
    [[4, 2, 0]]
    """
    sums = np.pad(kept.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    counts = sums[crop:, crop:] - sums[:-crop, crop:] - sums[crop:, :-crop] + sums[:-crop, :-crop]
    return counts[::step, ::step]


def look_at_whole(network: NicCnn, slide: CompressedSlide, *, views: int) -> Seen:
    """Pass the whole grid in each of the first ``views`` stored views.

    Windows weigh by their kept cells, views alike; windows without tissue are left out.
    """
    crop, step, device = network.crop, network.step, network.mean.device
    box = whole_box(slide.kept, crop, step)
    outputs, weights = [], []
    for entry in range(views):
        view = slide.views[entry]
        grid = np.ascontiguousarray(orient(_cut(slide.grid[entry], box), view))
        kept = np.ascontiguousarray(orient(_cut(slide.kept, box), view))
        found = network.lattice(
            torch.from_numpy(grid)[None].to(device), torch.from_numpy(kept)[None, None].to(device)
        )[0]
        counts = kept_counts(kept, crop, step)
        outputs.append(found.double().cpu().numpy()[:, counts > 0].T)
        weights.append(counts[counts > 0] / (counts.sum() * views))
    return Seen(np.concatenate(outputs), np.concatenate(weights))


def _cut(array: np.ndarray, box: tuple[tuple[int, int], tuple[int, int]]) -> np.ndarray:
    """Cut a box out of the last two axes; zero where it leaves the array."""
    inside, margins = [], []
    for (first, last), length in zip(box, array.shape[-2:], strict=True):
        inside.append(slice(max(first, 0), min(last, length)))
        margins.append((max(-first, 0), max(last - length, 0)))
    cut = array[..., inside[0], inside[1]]
    return np.pad(cut, ((0, 0),) * (array.ndim - 2) + tuple(margins))
