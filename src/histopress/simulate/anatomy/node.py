"""A section of a lymph node, with a metastasis or without."""

from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import UInt8

from histopress.simulate.anatomy.fields import (
    Field,
    Mask,
    add_noise,
    depth_in,
    distance_to,
    pick_cells,
    ridges,
    star,
    streams,
    top_cells,
    top_pieces,
)
from histopress.simulate.anatomy.glands import NO_GLANDS, Ellipses, rasterise
from histopress.simulate.anatomy.holes import tear
from histopress.simulate.anatomy.outline import keep_largest
from histopress.simulate.anatomy.scene import Composition, Scene
from histopress.simulate.anatomy.tissue import CELL_UM, Anatomy, Tissue

NODE_CELLS = 1500
"""Slides of larger sides hold several nodes."""
CAPSULE_CELLS = 2.2
CORTEX_CELLS = 30.0
"""Depth of the cortex: 0.5 mm."""
FOLLICLE_CELLS = (6.0, 10.0)
"""Radius of follicles."""
FOLLICLE_STEPS = (27.0, 44.0)
"""Distance of neighbouring follicles' middles."""
SINUSES = 0.3
"""Share of the medulla that is sinuses and trabeculae."""

Classes = UInt8[np.ndarray, "rows cols"]


def lay_node(rng: np.random.Generator, cells: int, scene: Scene) -> Anatomy:
    """Lay out a lymph node, on large slides several.

    Capsule, follicles in the cortex, sinuses and trabeculae in the medulla, vessels and fat at
    the hilum. The metastasis comes last and from a generator of its own: without it, every other
    cell is the same.
    """
    shaping, tearing, metastasis = streams(rng, 3)
    classes = np.zeros((cells, cells), np.uint8)
    many = max(round(cells / NODE_CELLS), 1)
    cuts = np.linspace(0, cells, many + 1).round().astype(int)
    parts = [slice(int(a), int(b)) for a, b in pairwise(cuts)]
    for rows in parts:
        for cols in parts:
            classes[rows, cols] = _lay_one(shaping, classes[rows, cols].shape, scene.composition)
    whole = classes > 0
    if scene.holes:
        classes[tear(tearing, whole, spared=classes == Tissue.FOLLICLE)] = Tissue.GLASS
    if scene.metastasis_um > 0:
        diameter = scene.metastasis_um / CELL_UM
        classes[_metastasis(metastasis, classes, diameter)] = Tissue.TUMOUR
    return Anatomy(classes=classes, glands=NO_GLANDS)


def _lay_one(rng: np.random.Generator, shape: tuple[int, int], composition: Composition) -> Classes:
    """Lay one node near the middle of its part of the slide."""
    outlining, lining, dotting, threading, bleeding = streams(rng, 5)
    turn = outlining.uniform(0, 2 * np.pi)
    ratio = outlining.uniform(1.05, 1.2)
    radius = min(shape) * outlining.uniform(0.39, 0.44) / ratio
    middle = np.array([shape[1], shape[0]]) * outlining.uniform(0.48, 0.52, 2)
    hilum = middle + 0.95 * radius / ratio * np.array([-np.sin(turn), np.cos(turn)])
    oval = star(
        outlining,
        shape,
        centre=(middle[0], middle[1]),
        radius=radius,
        ratio=ratio,
        angle=turn,
        uneven=0.025,
    )
    notch = star(outlining, shape, centre=(hilum[0], hilum[1]), radius=0.3 * radius)
    node = keep_largest((oval < 1) & (notch > 1))
    depth = depth_in(node)
    deepest = float(depth.max())
    classes = np.where(node, np.uint8(Tissue.LYMPHOCYTES), np.uint8(Tissue.GLASS))
    cortex = min(CORTEX_CELLS, 0.55 * deepest)
    medulla = _lay_medulla(threading, classes, depth, notch=notch, cortex=cortex)
    follicles = _place_follicles(dotting, depth, medulla=medulla, cortex=cortex)
    classes[rasterise(follicles, shape) & (depth > 3)] = Tissue.FOLLICLE
    width = depth.copy()
    add_noise(width, lining, sigma=5.0, weight=0.4)
    classes[node & (width <= min(CAPSULE_CELLS, 0.2 * deepest))] = Tissue.STROMA
    _lay_hilum(bleeding, classes, hull=oval < 1, notch=notch, composition=composition)
    return classes


def _lay_medulla(
    rng: np.random.Generator, classes: Classes, depth: Field, *, notch: Field, cortex: float
) -> Mask:
    """Lay sinuses and trabeculae in the medulla: inside, and up to the hilum."""
    score = depth.copy()
    add_noise(score, rng, sigma=8.0, weight=3.0)
    medulla = (score > cortex + 2) & (notch < 3.4)
    medulla |= (depth > 3) & (notch < 1.9)
    # Densest and widest at the hilum, where lymph leaves.
    score = ridges(rng, classes.shape, 4.0)
    score -= 0.12 * notch
    add_noise(score, rng, sigma=15.0, weight=0.15)
    net = top_cells(score, medulla, round(SINUSES * np.count_nonzero(medulla)))
    classes[net] = Tissue.STROMA
    return medulla


def _place_follicles(
    rng: np.random.Generator, depth: Field, *, medulla: Mask, cortex: float
) -> Ellipses:
    """Place follicles in a row under the capsule, but for the hilum."""
    level = cortex * 0.5
    contours, _ = cv2.findContours(
        (depth > level).view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    places = []
    for contour in contours:
        points = contour[:, 0].astype(float)
        steps = np.hypot(*np.diff(points, axis=0, append=points[:1]).T)
        along = np.cumsum(steps)
        stops = np.cumsum(rng.uniform(*FOLLICLE_STEPS, int(along[-1] / FOLLICLE_STEPS[0]) + 1))
        stops = stops[stops < along[-1] - 0.5 * FOLLICLE_STEPS[0]]
        places.append(points[np.searchsorted(along, stops)])
    at = np.concatenate(places) if places else np.zeros((0, 2))
    radius = np.minimum(rng.uniform(*FOLLICLE_CELLS, len(at)), 0.8 * level)
    at = at + rng.uniform(-2.5, 2.5, at.shape) + 0.5
    ratio, angle = rng.uniform(1, 1.15, len(at)), rng.uniform(0, np.pi, len(at))
    rows, cols = np.clip(at[:, ::-1].astype(int), 0, len(depth) - 1).T
    kept = ~medulla[rows, cols]
    return np.column_stack([at, radius, ratio, angle])[kept]


def _lay_hilum(
    rng: np.random.Generator,
    classes: Classes,
    *,
    hull: Mask,
    notch: Field,
    composition: Composition,
) -> None:
    """Lay fat in the hilum and along the capsule, and vessels in the fat and the medulla."""
    node = classes > 0
    total = int(np.count_nonzero(node))
    radius = np.sqrt(total / np.pi)
    score = -distance_to(hull)
    score -= 0.12 * radius * np.minimum(notch, 2.0)
    add_noise(score, rng, sigma=max(0.25 * radius, 2.0), weight=0.05 * radius)
    add_noise(score, rng, sigma=5.0, weight=1.0)
    around = np.zeros_like(node)
    around[2:-2, 2:-2] = ~node[2:-2, 2:-2]
    fat = top_cells(score, around, round((0.04 + composition.fat) * total))
    septa = ridges(rng, classes.shape, 7.0) > -0.07
    classes[fat] = Tissue.FAT
    classes[fat & septa] = Tissue.STROMA
    places = (fat & (notch < 1.3)) | (node & (notch < 1.8))
    vessels = _place_vessels(rng, places, area=max(composition.blood, 0.003) * total)
    classes[rasterise(vessels, classes.shape) & (classes > 0)] = Tissue.BLOOD


def _place_vessels(rng: np.random.Generator, places: Mask, *, area: float) -> Ellipses:
    """Place a few vessels that together take about an area in cells."""
    count = 2 + int(np.sqrt(area) / 2)
    centres = pick_cells(rng, places, count)
    many = len(centres)
    radius = np.clip(np.sqrt(area / count / np.pi) * rng.uniform(0.6, 1.3, many), 1.0, 8.0)
    ratio, angle = rng.uniform(1, 1.4, many), rng.uniform(0, np.pi, many)
    return np.column_stack([centres[:, ::-1] + 0.5, radius, ratio, angle])


def _metastasis(rng: np.random.Generator, classes: Classes, diameter: float) -> Mask:
    """Grow a roundish uneven patch in one piece, often under the capsule, away from holes."""
    node = (classes > 0) & (classes != Tissue.FAT)
    depth = depth_in(node)
    free = depth > min(CAPSULE_CELLS, 0.3 * float(depth.max()))
    wanted = 0.35 * diameter + CAPSULE_CELLS if rng.random() < 0.7 else 0.6 * diameter + 12.0
    wanted = min(wanted, 0.9 * float(depth.max()))
    places = free & (depth >= wanted - 1.5) & (depth <= wanted + 1.5)
    del depth
    centre = pick_cells(rng, places if places.any() else free, 1)
    if not len(centre):
        return np.zeros_like(node)
    row, col = centre[0]
    inward = star(
        rng, node.shape, centre=(col + 0.5, row + 0.5), radius=max(diameter / 2, 0.5), uneven=0.09
    )
    count = max(round(np.pi / 4 * diameter**2), 1)
    np.negative(inward, out=inward)
    return top_pieces(inward, free, count, least=count // 2 + 1)
