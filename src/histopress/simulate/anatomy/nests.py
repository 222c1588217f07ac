"""Tumour nests, and the beds that are kept free for them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from histopress.simulate.anatomy.fields import (
    FAR,
    Field,
    Mask,
    add_noise,
    cells_at,
    distance_to,
    pick_cells,
    shrink,
    smooth_noise,
    streams,
    top_cells,
    top_pieces,
)
from histopress.simulate.anatomy.outline import ONE_PIECE_CELLS

BED_SHARE = 0.25
"""Share of the tissue that is kept free for nests, with tumour or without."""
MIN_NEST_CELLS = 8
NEST_CELLS = 24.0
"""Mean radius of a bed at most, so that large slides have more nests, not larger ones."""
REGION_CELLS = 120.0
"""Wavelength of the regions in which the nests of a large slide lie."""
DEAD_SHARE = 1 / 7
"""Share of the beds that is necrosis at most."""
EDGE_CELLS = 2
"""Layers at the edge of the tissue that are free of tumour."""


@dataclass(frozen=True, kw_only=True)
class Nests:
    """Tumour nests in beds that are the same with tumour and without.

    Attributes
    ----------
    beds : bool ndarray (rows, cols)
        Where nests may grow; without tumour they are of stroma. Nothing else but ``dead`` grows
        here.
    dead : bool ndarray (rows, cols)
        Necrosis in the middles of beds, the same with tumour and without.
    tumour : bool ndarray (rows, cols)
        The nests, around ``dead``.
    """

    beds: Mask
    dead: Mask
    tumour: Mask


def grow_nests(rng: np.random.Generator, tissue: Mask, *, tumour: float, necrosis: float) -> Nests:
    """Grow nests of tumour with necrosis in their middles; both are shares of the tissue.

    Beds take a fixed share of the tissue, or the tumour's where that is more.
    """
    scattering, dying, growing = streams(rng, 3)
    inside = shrink(tissue, EDGE_CELLS)
    total = int(np.count_nonzero(tissue))
    wanted = round(max(BED_SHARE, tumour) * total)
    depth = _depth_in_beds(scattering, inside, wanted)
    beds = top_cells(depth, inside, wanted)
    score = depth.copy()
    add_noise(score, dying, sigma=2.5, weight=0.08)
    dead = top_cells(score, beds, round(min(necrosis * total, DEAD_SHARE * wanted)))
    del score
    nests = np.zeros_like(beds)
    count = round(tumour * total)
    if count >= MIN_NEST_CELLS:
        # Small nests have small teeth.
        ragged = 0.16 * min(float(np.sqrt(tumour / BED_SHARE)), 1.0)
        add_noise(depth, growing, sigma=3.0, weight=ragged)
        add_noise(depth, growing, sigma=1.0, weight=0.5 * ragged)
        nests = top_pieces(depth, beds & ~dead, count, least=MIN_NEST_CELLS)
    # What lies between a bed and the edge of the tissue is part of the bed.
    beds |= tissue & ~inside & (distance_to(beds) <= EDGE_CELLS + 1)
    return Nests(beds=beds, dead=dead, tumour=nests)


def _depth_in_beds(rng: np.random.Generator, inside: Mask, wanted: int) -> Field:
    """Lay beds of ``wanted`` cells: 0 in their middles, and falling as a share of their radius."""
    count = max(int(rng.integers(2, 6)), round(wanted / (np.pi * NEST_CELLS**2)))
    centres = _scatter(rng, inside, count)
    radius = max(float(np.sqrt(wanted / max(len(centres), 1) / np.pi)), 1.0)
    depth = np.full(inside.shape, -FAR, np.float32)
    for row, col in centres.tolist():
        own = radius * rng.uniform(0.6, 1.4)
        reach = int(4 * own) + 8
        part = (slice(max(row - reach, 0), row + reach), slice(max(col - reach, 0), col + reach))
        rows, cols = (
            np.arange(side.start, min(side.stop, size), dtype=np.float32)
            for side, size in zip(part, inside.shape, strict=True)
        )
        distance = np.hypot(rows[:, None] - np.float32(row), cols[None, :] - np.float32(col))
        np.maximum(depth[part], -distance / np.float32(own), out=depth[part])
    add_noise(depth, rng, sigma=max(0.4 * radius, 1.0), weight=0.2)
    return depth


def _scatter(rng: np.random.Generator, inside: Mask, count: int) -> Int64[np.ndarray, "N 2"]:
    """Place about ``count`` beds (row, column): anywhere, in large slides apart within regions."""
    if max(inside.shape) <= ONE_PIECE_CELLS:
        return pick_cells(rng, inside, count)
    home = inside & (smooth_noise(rng, inside.shape, REGION_CELLS) > 0.2)
    pitch = float(np.sqrt(max(int(home.sum()), 1) / count))
    down, right = (np.arange(int(side / pitch) + 1) + 0.5 for side in inside.shape)
    lattice = np.stack(np.meshgrid(down, right, indexing="ij"), axis=-1).reshape(-1, 2)
    lattice += rng.uniform(-0.35, 0.35, lattice.shape)
    points = lattice * pitch
    return points[cells_at(points[:, ::-1], home)].astype(np.int64)
