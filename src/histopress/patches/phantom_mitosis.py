"""Where patches with and without a mitotic figure lie, by the nuclei that are drawn."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from histopress.patches.phantom_slide import PURITY, Corners, PatchSlide
from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.drawing.kinds import NucleusKind

REACH_UM = 8.0
"""A figure whose middle lies so far outside a patch may still reach into it."""

Points = Float64[np.ndarray, "N 2"]


@dataclass(frozen=True, kw_only=True)
class DarkNuclei:
    """Middles (x, y) of a slide's mitoses and look-alikes in level-0 pixels."""

    mitoses: Points
    lookalikes: Points


def gather_dark(slide: PatchSlide) -> DarkNuclei:
    """Gather the slide's mitoses and look-alikes, block by block."""
    span = slide.canvas.block_px // slide.cell_px
    places, kinds = [np.zeros((0, 2))], [np.zeros(0, np.int64)]
    for row in range(slide.canvas.blocks):
        for col in range(slide.canvas.blocks):
            # A block away from tumour holds none; one beside it may, on the border.
            rows, cols = (slice(max(n * span - 1, 0), (n + 1) * span + 1) for n in (row, col))
            if (slide.anatomy.classes[rows, cols] == Tissue.TUMOUR).any():
                nuclei = slide.canvas.nuclei_of(row, col)
                places.append(np.asarray(nuclei.at, np.float64))
                kinds.append(np.asarray(nuclei.kind, np.int64))
    at, kind = np.concatenate(places), np.concatenate(kinds)
    return DarkNuclei(
        mitoses=at[kind == NucleusKind.MITOSIS], lookalikes=at[kind == NucleusKind.LOOKALIKE]
    )


def find_mitoses(slide: PatchSlide, rng: np.random.Generator) -> list[Corners]:
    """Find tumour patches around a mitosis, around a look-alike, and around neither.

    Each mitosis and each look-alike gives one patch at most, and lies evenly distributed in its
    central half, so that an encoder meets figures wherever a slide's tiles happen to fall. A
    patch around a mitosis may hold more of either kind; one around a look-alike has no mitosis;
    one around neither has no dark nucleus, nor one that reaches in from outside. Every patch is
    tumour by at least :data:`PURITY`.

    Returns
    -------
    list of int64 ndarray (N, 2)
        Corners of the three kinds of patches.
    """
    dark = gather_dark(slide)
    reach = REACH_UM / slide.settings.spacing_um
    around = [
        place_around(anchors, slide.tile_px, rng)
        for anchors in (dark.mitoses, dark.lookalikes, _tumour_points(slide, rng))
    ]
    around = [_on_tumour(slide, corners) for corners in around]
    both = np.concatenate([dark.mitoses, dark.lookalikes])
    return [
        around[0],
        around[1][~_hold(around[1], dark.mitoses, slide.tile_px, reach)],
        around[2][~_hold(around[2], both, slide.tile_px, reach)],
    ]


def place_around(anchors: Points, tile_px: int, rng: np.random.Generator) -> Corners:
    """Place a patch around each anchor, which comes to lie evenly in the central half.

    Examples
    --------
    >>> at = np.array([[100.0, 200.0]])
    >>> corner = place_around(at, 64, np.random.default_rng(1))
    >>> bool(((at - corner >= 16) & (at - corner < 48)).all())
    True
    """
    quarter = tile_px // 4
    inner = rng.integers(quarter, tile_px - quarter, anchors.shape)
    return np.floor(anchors).astype(np.int64) - inner


def _tumour_points(slide: PatchSlide, rng: np.random.Generator) -> Points:
    """Points anywhere in tumour, so many that their patches overlap as those of figures do."""
    cells = np.argwhere(slide.anatomy.classes == Tissue.TUMOUR)[:, ::-1]
    wanted = round(len(cells) * (2 * slide.cell_px / slide.tile_px) ** 2)
    chosen = cells[rng.permutation(len(cells))[:wanted]]
    return (chosen + rng.random(chosen.shape)) * slide.cell_px


def _on_tumour(slide: PatchSlide, corners: Corners) -> Corners:
    """Keep the patches that lie on the slide and show tumour enough."""
    corners = corners[slide.inside(corners)]
    return corners[slide.shares(slide.anatomy.classes == Tissue.TUMOUR, corners) >= PURITY]


def _hold(corners: Corners, points: Points, tile_px: int, reach: float) -> Bool[np.ndarray, "N"]:
    """Which patches hold any of some points, within them or so near that it reaches in."""
    if not len(points):
        return np.zeros(len(corners), bool)
    inner = points[None] - corners[:, None]
    near = (inner > -reach) & (inner < tile_px + reach)
    return np.asarray(near.all(axis=2).any(axis=1))
