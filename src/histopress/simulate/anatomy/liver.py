"""A section of liver with a metastasis in one of three growth patterns."""

import numpy as np
from jaxtyping import UInt8

from histopress.simulate.anatomy.borders import disperse, fibrous_rim, fibrous_septa, infiltrate
from histopress.simulate.anatomy.fields import Mask, distance_to, streams
from histopress.simulate.anatomy.glands import NO_GLANDS, Ellipses, rasterise
from histopress.simulate.anatomy.holes import tear
from histopress.simulate.anatomy.lobules import Lobules, draw_tracts, draw_veins, lay_lobules
from histopress.simulate.anatomy.metastasis import Metastasis, grow_metastasis
from histopress.simulate.anatomy.outline import draw_outline
from histopress.simulate.anatomy.scene import Composition, Scene
from histopress.simulate.anatomy.tissue import Anatomy, Tissue
from histopress.simulate.phantom_settings import Pattern

INFLAMED = 0.35
"""A liver holds this share of the lymphocytes that a composition asks for."""
BESIDE = 0.6
"""Lymphocytes beside rim or septa: at most this share of all, and this area per area of these."""
RIM_CELLS = (5.6, 10.0)
"""Thickness of rim and septa: 90 to 160 µm."""
ZONE_CELLS = (6.25, 18.75)
"""Width of the zone in which tumour grows dispersed: 100 to 300 µm."""
CLEAR_CELLS = 28.0
"""Tracts and veins keep this far from the metastasis, in all patterns."""
EDGE_CELLS = 5.0
"""And this far from the edge of the tissue."""

Classes = UInt8[np.ndarray, "rows cols"]


def lay_liver(rng: np.random.Generator, cells: int, scene: Scene) -> Anatomy:
    """Lay out liver: parenchyma in lobules, and a metastasis.

    The three patterns take the same area of every class: where there is no rim, as much fibrous
    tissue with its lymphocytes lies along borders of lobules away from tumour; dispersed tumour
    is taken from the core. Without a pattern there is no metastasis.
    """
    outlining, growing, tearing, laying, border = streams(rng, 5)
    tissue = draw_outline(outlining, cells).tissue
    total = int(np.count_nonzero(tissue))
    thickness, zone = growing.uniform(*RIM_CELLS), growing.uniform(*ZONE_CELLS)
    metastasis = grow_metastasis(
        growing,
        tissue,
        tumour=round(scene.composition.tumour * total) if scene.pattern else 0,
        necrosis=round(scene.composition.necrosis * total) if scene.pattern else 0,
        zone=zone,
    )
    clear = distance_to(metastasis.whole) > CLEAR_CELLS
    if scene.holes:
        tissue = tissue & ~tear(tearing, tissue, spared=~clear)
    classes = np.where(tissue, np.uint8(Tissue.PARENCHYMA), np.uint8(Tissue.GLASS))
    lobules = lay_lobules(laying, cells)
    ducts = _lay_lobules(laying, classes, lobules, clear=clear, composition=scene.composition)
    _lay_border(
        border,
        classes,
        metastasis,
        lobules=lobules,
        pattern=scene.pattern,
        thickness=thickness,
        zone=zone,
        lymphocytes=round(INFLAMED * scene.composition.lymphocytes * total),
    )
    return Anatomy(classes=classes, glands=ducts)


def _lay_lobules(
    rng: np.random.Generator,
    classes: Classes,
    lobules: Lobules,
    *,
    clear: Mask,
    composition: Composition,
) -> Ellipses:
    """Lay portal tracts and central veins where it is clear of tumour; give the ducts."""
    parenchyma = classes == Tissue.PARENCHYMA
    allowed = clear & (distance_to(~parenchyma) > EDGE_CELLS)
    tracts = draw_tracts(rng, lobules, allowed=allowed)
    for ellipses, tissue in (
        (tracts.islands, Tissue.STROMA),
        (tracts.vessels, Tissue.BLOOD),
        (tracts.ducts, Tissue.GLAND),
    ):
        classes[rasterise(ellipses, classes.shape) & parenchyma] = tissue
    blood = composition.blood * np.count_nonzero(parenchyma)
    blood -= np.count_nonzero(classes == Tissue.BLOOD)
    veins = draw_veins(rng, lobules, allowed=allowed, count=max(round(blood), 0))
    classes[rasterise(veins, classes.shape) & (classes == Tissue.PARENCHYMA)] = Tissue.BLOOD
    return tracts.ducts if len(tracts.ducts) else NO_GLANDS


def _lay_border(
    rng: np.random.Generator,
    classes: Classes,
    metastasis: Metastasis,
    *,
    lobules: Lobules,
    pattern: Pattern | None,
    thickness: float,
    zone: float,
    lymphocytes: int,
) -> None:
    """Lay tumour and the fibrous tissue of the pattern, each as much as in the other patterns."""
    rims, spreading, laying, inflaming = streams(rng, 4)
    free = classes == Tissue.PARENCHYMA
    tracts = classes == Tissue.STROMA
    fibrous = fibrous_rim(rims, metastasis, tissue=free, thickness=thickness)
    tumour = metastasis.whole
    if pattern == "replacement":
        tumour = disperse(spreading, metastasis, free=free, zone=zone)
    classes[tumour] = Tissue.TUMOUR
    classes[metastasis.strands] = Tissue.STROMA
    classes[metastasis.necrosis] = Tissue.NECROSIS
    if pattern != "desmoplastic":
        count = int(np.count_nonzero(fibrous))
        free &= ~tumour
        fibrous = fibrous_septa(
            laying, lobules, free=free, tumour=tumour, count=count, thickness=thickness
        )
    classes[fibrous] = Tissue.STROMA
    _inflame(inflaming, classes, fibrous, tracts=tracts, count=lymphocytes)


def _inflame(
    rng: np.random.Generator, classes: Classes, fibrous: Mask, *, tracts: Mask, count: int
) -> None:
    """Lay lymphocytes around portal tracts, where there are any, and beside rim or septa."""
    portal, beside = streams(rng, 2)
    free = classes == Tissue.PARENCHYMA
    if tracts.any():
        rest = round(BESIDE * min(count, int(fibrous.sum())))
        around = infiltrate(portal, tracts, free=free, count=count - rest)
        classes[around] = Tissue.LYMPHOCYTES
        free &= ~around
        count = rest
    classes[infiltrate(beside, fibrous, free=free, count=count)] = Tissue.LYMPHOCYTES
