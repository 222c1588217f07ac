"""A section of bowel, with tumour or without."""

import numpy as np
from jaxtyping import UInt8

from histopress.simulate.anatomy.fields import (
    Field,
    Mask,
    add_noise,
    ridges,
    smooth_noise,
    streams,
    top_cells,
)
from histopress.simulate.anatomy.glands import place_glands, rasterise
from histopress.simulate.anatomy.holes import tear
from histopress.simulate.anatomy.nests import grow_nests
from histopress.simulate.anatomy.outline import Outline, draw_outline
from histopress.simulate.anatomy.scene import Composition, Scene
from histopress.simulate.anatomy.tissue import Anatomy, Tissue

MUSCLE_AT = 0.35
"""Where the muscle layer runs between the inner side (-1) and the outer side (1)."""
LAYERED_CELLS = 800.0
"""Sides of slides from which on the wall shows its layers and its patches fully."""
GLAND_PULL = 4.0
IN_NESTS = 0.5
"""Share of the necrosis that lies in the middles of beds."""

Classes = UInt8[np.ndarray, "rows cols"]


def lay_bowel(rng: np.random.Generator, cells: int, scene: Scene) -> Anatomy:
    """Lay out bowel: glands, muscle, fat and the rest in stroma, and tumour in beds kept for it.

    Everything but tumour follows from the generator and its own share alone: a slide differs from
    its twin without tumour only where tumour stands for stroma (up to a tumour share of
    :data:`~histopress.simulate.anatomy.nests.BED_SHARE`; above, beds are larger). Glands keep
    whole and may fall short of their share where there is no room; the map is the truth.
    """
    composition = scene.composition
    outlining, growing, tearing, layers, placing, foci = streams(rng, 6)
    outline = draw_outline(outlining, cells)
    nests = grow_nests(
        growing,
        outline.tissue,
        tumour=composition.tumour,
        necrosis=IN_NESTS * composition.necrosis,
    )
    tissue = outline.tissue
    if scene.holes:
        tissue = tissue & ~tear(tearing, tissue, spared=nests.beds)
    total = int(np.count_nonzero(tissue))
    classes = np.where(tissue, np.uint8(Tissue.STROMA), np.uint8(Tissue.GLASS))
    free = tissue & ~nests.beds
    _lay_wall(layers, classes, outline, free=free, composition=composition, total=total)
    glands = place_glands(
        placing,
        free & (classes == Tissue.STROMA),
        count=round(composition.gland * total),
        layer=outline.across(),
        pull=-GLAND_PULL * min(cells / LAYERED_CELLS, 1.0),
    )
    classes[rasterise(glands, classes.shape)] = Tissue.GLAND
    classes[nests.dead] = Tissue.NECROSIS
    free &= classes == Tissue.STROMA
    _lay_foci(foci, classes, free, composition=composition, total=total)
    classes[nests.tumour] = Tissue.TUMOUR
    return Anatomy(classes=classes, glands=glands)


def _lay_wall(
    rng: np.random.Generator,
    classes: Classes,
    outline: Outline,
    *,
    free: Mask,
    composition: Composition,
    total: int,
) -> None:
    """Lay a band of muscle along the wall, and fat in lobules outside of it."""
    radius = len(classes) / (2 * len(outline.pieces))
    wall = outline.across()
    add_noise(wall, rng, sigma=max(len(classes) / 14, 2.0), weight=0.1)
    wall *= radius
    add_noise(wall, rng, sigma=8.0, weight=2.5)
    fat = top_cells(_lobules(rng, wall), free, round(composition.fat * total))
    classes[fat] = Tissue.FAT
    wall -= MUSCLE_AT * radius
    np.negative(np.abs(wall, out=wall), out=wall)
    muscle = top_cells(wall, free & ~fat, round(composition.muscle * total))
    classes[muscle] = Tissue.MUSCLE


def _lobules(rng: np.random.Generator, wall: Field) -> Field:
    """Prefer the outer side, but for thin septa of stroma between lobules."""
    score = ridges(rng, wall.shape, 7.0)
    np.greater(score, -0.1, out=score)
    score *= -1e3
    score += wall
    return score


def _lay_foci(
    rng: np.random.Generator,
    classes: Classes,
    free: Mask,
    *,
    composition: Composition,
    total: int,
) -> None:
    """Lay pools of mucus, vessels, small necroses, and areas rich in lymphocytes."""
    necrosis = composition.necrosis * total - np.count_nonzero(classes == Tissue.NECROSIS)
    for tissue, sigma, count in (
        (Tissue.MUCUS, 5.0, round(composition.mucus * total)),
        (Tissue.BLOOD, 2.5, round(composition.blood * total)),
        (Tissue.NECROSIS, 4.0, round(necrosis)),
        (Tissue.LYMPHOCYTES, 4.0, round(composition.lymphocytes * total)),
    ):
        chosen = top_cells(_patches(rng, classes.shape, sigma=sigma), free, count)
        classes[chosen] = tissue
        free = free & ~chosen


def _patches(rng: np.random.Generator, shape: tuple[int, int], *, sigma: float) -> Field:
    """Noise that over the millimetres of a large slide is higher here and lower there."""
    score = smooth_noise(rng, shape, sigma)
    add_noise(score, rng, sigma=6 * sigma, weight=0.8 * min(shape[0] / LAYERED_CELLS, 1.0))
    return score
