"""The outline of the tissue on a slide."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from histopress.simulate.anatomy.fields import Field, Mask, add_noise

ONE_PIECE_CELLS = 700
"""Larger slides may hold up to three pieces."""
ROUGH_CELLS = 14.0
"""Wavelength of the outline's fine unevenness where the slide is large."""


@dataclass(frozen=True, kw_only=True)
class Outline:
    """Where tissue lies, and how its pieces are turned.

    Attributes
    ----------
    tissue : bool ndarray (rows, cols)
        Off the slide's border by two cells, without holes.
    pieces : tuple of (slice, slice)
        Rows and columns that each piece keeps to.
    angles : tuple of float
        Direction from the inner to the outer side of each piece, in radians.
    """

    tissue: Mask
    pieces: tuple[tuple[slice, slice], ...]
    angles: tuple[float, ...]

    def across(self) -> Field:
        """Place between the inner (-1) and the outer side (1) of a piece, at each cell."""
        field = np.zeros(self.tissue.shape, np.float32)
        for part, angle in zip(self.pieces, self.angles, strict=True):
            y, x = (_axis(side) for side in part)
            field[part] = x[None, :] * np.float32(np.cos(angle))
            field[part] += y[:, None] * np.float32(np.sin(angle))
        return field


def draw_outline(rng: np.random.Generator, cells: int) -> Outline:
    """Draw one uneven piece of tissue, on large slides up to three side by side."""
    count = int(rng.integers(1, 4)) if cells > ONE_PIECE_CELLS else 1
    upright = bool(rng.random() < 0.5)
    cuts = np.linspace(0, cells, count + 1).round().astype(int)
    strips = [slice(int(a), int(b)) for a, b in pairwise(cuts)]
    whole = slice(0, cells)
    pieces = tuple((whole, strip) if upright else (strip, whole) for strip in strips)
    distance = np.empty((cells, cells), np.float32)
    for part in pieces:
        width, height = rng.uniform(0.8, 0.95, 2)
        y, x = (_axis(side) for side in part)
        np.hypot(
            x[None, :] / np.float32(width), y[:, None] / np.float32(height), out=distance[part]
        )
    add_noise(distance, rng, sigma=max(cells / 9, 1.0), weight=0.09)
    add_noise(distance, rng, sigma=max(cells / 40, 1.0), weight=0.03)
    if cells > ONE_PIECE_CELLS:
        add_noise(distance, rng, sigma=ROUGH_CELLS, weight=6.0 / cells)
    tissue = distance < 0.9
    del distance
    for part in pieces:
        tissue[part] = keep_largest(tissue[part])
    angles = tuple(float(angle) for angle in rng.uniform(0, 2 * np.pi, count))
    return Outline(tissue=tissue, pieces=pieces, angles=angles)


def keep_largest(mask: Mask) -> Mask:
    """Keep the largest connected part off the border by two cells, and fill its holes."""
    inside = np.zeros_like(mask)
    inside[2:-2, 2:-2] = mask[2:-2, 2:-2]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        inside.view(np.uint8), connectivity=4
    )
    if count < 2:
        return inside
    kept = (labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).view(np.uint8)
    cv2.floodFill(kept, None, (0, 0), 2)
    return np.asarray(kept != 2)


def _axis(side: slice) -> np.ndarray:
    """Places of the cells of a side between -1 and 1."""
    length = side.stop - side.start
    return ((np.arange(length) + 0.5) / length * 2 - 1).astype(np.float32)
