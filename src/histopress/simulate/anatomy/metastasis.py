"""Metastases of a liver: where they lie, and what they are made of."""

from dataclasses import dataclass

import numpy as np

from histopress.simulate.anatomy.fields import (
    FAR,
    Field,
    Mask,
    add_noise,
    depth_in,
    distance_to,
    pick_cells,
    shrink,
    smooth_noise,
    star,
    top_cells,
)

TWO_FROM_CELLS = 20_000
"""Tissues of so many cells may hold two metastases."""
DISPERSED = 0.4
"""Share of the tumour that grows among the parenchyma in the replacement pattern."""
DENSITY = 0.35
"""Share of the border zone that dispersed tumour takes at most."""
STRANDS = 0.12
"""Stroma within a metastasis, as a share of its tumour."""
SKIN_CELLS = 3
"""Layers of tumour at the border of a metastasis that neither stroma nor necrosis reaches."""
RAGGED_CELLS = 1.2
"""How far an uneven border strays."""
ROOM_CELLS = 16.0
"""Room that is looked for around a metastasis."""


@dataclass(frozen=True, kw_only=True)
class Metastasis:
    """All metastases of a slide, before they take a growth pattern.

    Attributes
    ----------
    inside : bool ndarray (rows, cols)
        Where tumour may lie: tissue but for its two outermost layers.
    whole : bool ndarray (rows, cols)
        Everything within a smooth and round border.
    core : bool ndarray (rows, cols)
        Everything within an uneven border; smaller, for what is dispersed around it.
    strands, necrosis : bool ndarray (rows, cols)
        Stroma and necrosis, deep in both.
    """

    inside: Mask
    whole: Mask
    core: Mask
    strands: Mask
    necrosis: Mask

    @property
    def dispersed(self) -> int:
        """Number of cells between ``core`` and ``whole``."""
        return int(np.count_nonzero(self.whole)) - int(np.count_nonzero(self.core))


def grow_metastasis(
    rng: np.random.Generator, tissue: Mask, *, tumour: int, necrosis: int, zone: float
) -> Metastasis:
    """Grow one metastasis or two.

    Parameters
    ----------
    rng : Generator
        Random generator.
    tissue : bool ndarray (rows, cols)
        The section.
    tumour, necrosis : int
        Cells to aim for. Necrosis falls short where metastases are small.
    zone : float
        Width in cells of the zone in which tumour may grow dispersed.
    """
    inside = shrink(tissue, 2)
    depth = _middles(rng, inside, tumour)
    bare = top_cells(depth, inside, tumour)
    around = distance_to(bare)
    room = int(np.count_nonzero(inside & ~bare & (around <= zone)))
    dispersed = min(round(DISPERSED * tumour), round(DENSITY * room))
    deep = int(np.count_nonzero(shrink(top_cells(depth, inside, tumour - dispersed), SKIN_CELLS)))
    strands = min(round(STRANDS * tumour), round(0.3 * deep))
    necrosis = min(necrosis, round(0.45 * deep))
    count = tumour + strands + necrosis
    whole = top_cells(depth, inside, count)
    core = top_cells(depth, inside, count - dispersed)
    uneven = smooth_noise(rng, tissue.shape, 5.0)
    fibres, dead = _fill(depth, uneven, shrink(core, SKIN_CELLS), strands, necrosis)
    firm = shrink(core, SKIN_CELLS - 1)
    radius = max(float(np.sqrt(count / np.pi)), 1.0)
    add_noise(depth, rng, sigma=1.5, weight=RAGGED_CELLS / radius)
    depth[firm] = FAR
    core = top_cells(depth, inside, count - dispersed)
    return Metastasis(inside=inside, whole=whole, core=core, strands=fibres, necrosis=dead)


def _fill(
    depth: Field, uneven: Field, deep: Mask, strands: int, necrosis: int
) -> tuple[Mask, Mask]:
    """Choose strands of stroma, and necrosis in the middle."""
    uneven *= 0.12
    dead = top_cells(depth + uneven, deep, necrosis)
    np.negative(np.abs(uneven, out=uneven), out=uneven)
    return top_cells(uneven, deep & ~dead, strands), dead


def _middles(rng: np.random.Generator, inside: Mask, tumour: int) -> Field:
    """Lay one round shape or two, with room around where there is some."""
    two = bool(rng.random() < 0.4) and np.count_nonzero(inside) > TWO_FROM_CELLS
    share = rng.uniform(0.2, 0.45) if two else 0.0
    room = depth_in(inside)
    depth = np.full(inside.shape, -FAR, np.float32)
    for part in (1 - share, share)[: 1 + two]:
        radius = max(np.sqrt(part * tumour / np.pi), 0.6)
        free = inside & (room >= min(radius + ROOM_CELLS, 0.8 * float(room.max())))
        places = pick_cells(rng, free, 1)
        if len(places):
            row, col = places[0]
            outward = star(rng, inside.shape, centre=(col + 0.5, row + 0.5), radius=radius)
            np.maximum(depth, -outward, out=depth)
            if two:
                room = np.minimum(room, depth_in(outward > 1.0))
    return depth
