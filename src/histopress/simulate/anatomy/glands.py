"""Glands, ducts and vessels: ellipses on the class map."""

import numpy as np
from jaxtyping import Float64

from histopress.simulate.anatomy.fields import Field, Mask, depth_in, smooth_noise
from histopress.simulate.anatomy.tissue import CELL_UM

GLAND_PITCH_UM = 122.0
NO_GLANDS = np.zeros((0, 5))
_AT_A_TIME = 500_000
"""Cells of the windows that are worked on at a time; bounds the memory."""

Ellipses = Float64[np.ndarray, "N 5"]
"""x, y, mean radius (cells), axis ratio, angle (radians) of each; axes radius × and ÷ ratio."""


def rasterise(ellipses: Ellipses, shape: tuple[int, int]) -> Mask:
    """Mark the cells whose middle lies in an ellipse.

    Examples
    --------
    >>> rasterise(np.array([[2.0, 1.5, 1.2, 1.0, 0.0]]), (3, 4)).astype(int).tolist()
    [[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0]]
    """
    mask = np.zeros(shape, bool)
    if not len(ellipses):
        return mask
    reach = int((ellipses[:, 2] * np.maximum(ellipses[:, 3], 1 / ellipses[:, 3])).max()) + 1
    steps = np.arange(-reach, reach + 1)
    group = max(_AT_A_TIME // len(steps) ** 2, 1)
    for start in range(0, len(ellipses), group):
        x, y, radius, ratio, angle = ellipses[start : start + group].T[:, :, None, None]
        rows = np.floor(y).astype(np.int64) + steps[:, None]
        cols = np.floor(x).astype(np.int64) + steps[None, :]
        dx, dy = cols + 0.5 - x, rows + 0.5 - y
        along = (dx * np.cos(angle) + dy * np.sin(angle)) / (radius * ratio)
        across = (dy * np.cos(angle) - dx * np.sin(angle)) / (radius / ratio)
        inside = along**2 + across**2 <= 1.0
        inside &= (rows >= 0) & (rows < shape[0]) & (cols >= 0) & (cols < shape[1])
        where = np.nonzero(inside)
        mask[rows[where[0], where[1], 0], cols[where[0], 0, where[2]]] = True
    return mask


def place_glands(
    rng: np.random.Generator,
    allowed: Mask,
    *,
    count: int,
    layer: Field,
    pull: float,
) -> Ellipses:
    """Glands in groups on a jittered lattice, each whole inside ``allowed``, up to ``count`` cells.

    They come first where ``pull`` × ``layer``, added to a noise of standard deviation 1, is high.
    """
    pitch = GLAND_PITCH_UM / CELL_UM
    steps = max(int(len(allowed) / pitch), 1)
    rows, cols = (part.ravel() for part in np.mgrid[0:steps, 0:steps])
    jitter = rng.uniform(-0.2, 0.2, (2, rows.size))
    x = (cols + 0.5 + 0.25 * (rows % 2 * 2 - 1) + jitter[0]) * pitch
    y = (rows + 0.5 + jitter[1]) * pitch
    radius = rng.uniform(2.0, 3.1, rows.size)
    ratio = rng.uniform(1.0, 1.2, rows.size)
    angle = rng.uniform(0.0, np.pi, rows.size)
    at = (np.clip(y, 0, len(allowed) - 1).astype(int), np.clip(x, 0, len(allowed) - 1).astype(int))
    fits = depth_in(allowed)[at] > radius * ratio + 1.2
    groups = smooth_noise(rng, allowed.shape, 9.0)[at] + pull * layer[at]
    order = np.argsort(-groups, kind="stable")
    order = order[fits[order]]
    kept = order[np.cumsum(np.pi * radius[order] ** 2) <= count]
    return np.stack([x, y, radius, ratio, angle], axis=1)[np.sort(kept)]
