"""Glands of a phantom slide: columnar epithelium with goblet cells around a lumen."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, UInt8

from histopress.simulate.drawing.chance import place_keys
from histopress.simulate.drawing.kinds import NucleusKind
from histopress.simulate.drawing.scatter import Box, Points, join

EPITHELIUM_UM = 28.0
BASE_UM = 4.6
"""Mean distance of the nuclei from the gland's outline in µm."""
CELL_UM = 6.4
"""Mean width of an epithelial cell in µm."""
EDGE_UM = 0.6
HOME_UM = 256.0
"""Glands are looked up by squares of this side."""
REACH_UM = 20.0
"""A gland's nuclei and soft edge stay within this of its outline."""

Plane = Float32[np.ndarray, "H W"]
Ring = Float64[np.ndarray, "V 2"]


Fixed = Int32[np.ndarray, "..."]
"""Coordinates (x, y) in eighths of a level-0 pixel, as OpenCV draws them."""


@dataclass(frozen=True, kw_only=True)
class Cover:
    """A rectangle of a box, and how far each of its pixels lies in parts of glands, 0 to 1."""

    rows: slice
    cols: slice
    whole: Plane
    lumen: Plane
    goblets: Plane
    walls: Plane


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One gland: its outlines, the walls between its cells, its drops of mucin, its nuclei."""

    base: Fixed
    lumen: Fixed
    walls: Fixed
    goblets: Fixed
    nuclei: Points


class Glands:
    """All glands of a slide.

    Parameters
    ----------
    places : float64 ndarray (N, 5)
        x, y, mean radius (level-0 pixels), axis ratio, angle (radians).
    spacing_um : float
        µm/px.
    root : int
        Seeds each gland's own generators.
    """

    def __init__(self, places: Float64[np.ndarray, "N 5"], spacing_um: float, root: int) -> None:
        self.places, self.spacing_um, self.root = places, spacing_um, root
        self.shape = lru_cache(maxsize=512)(self._shape)
        self.home_px = HOME_UM / spacing_um
        self.homes: dict[tuple[int, int], list[int]] = {}
        for index, home in enumerate(np.floor(places[:, :2] / self.home_px).astype(int).tolist()):
            self.homes.setdefault((home[0], home[1]), []).append(index)
        self.reach_px = 1.5 * float(places[:, 2].max(initial=0)) + REACH_UM / spacing_um

    def cover(self, box: Box) -> Cover | None:
        """Draw the glands of a box; None where there are none."""
        shapes = [self.shape(index) for index in self._near(box)]
        if not shapes:
            return None
        rims = np.concatenate([shape.base for shape in shapes]) / 8 - (box.left, box.top)
        size = (box.right - box.left, box.bottom - box.top)
        margin = int(3 * EDGE_UM / self.spacing_um) + 3
        left, top = np.clip(rims.min(0).astype(int) - margin, 0, size).tolist()
        right, bottom = np.clip(rims.max(0).astype(int) + margin, 0, size).tolist()
        if right <= left or bottom <= top:
            return None
        corner = 8 * np.array([box.left + left, box.top + top], np.int32)
        planes = np.zeros((4, bottom - top, right - left), np.uint8)
        for shape in shapes:
            _fill(planes[0], [shape.base - corner])
            _fill(planes[1], [shape.lumen - corner])
            if len(shape.goblets):
                _fill(planes[2], list(shape.goblets - corner))
            walls = list(shape.walls - corner)
            cv2.polylines(planes[3], walls, False, 255, 1, cv2.LINE_AA, 3)
        sigma = max(EDGE_UM / self.spacing_um, 0.4)
        soft = [cv2.GaussianBlur(plane, (0, 0), sigma).astype(np.float32) for plane in planes]
        for plane in soft:
            plane *= np.float32(1 / 255)
        rows, cols = slice(top, bottom), slice(left, right)
        whole, lumen, goblets, walls = soft
        return Cover(rows=rows, cols=cols, whole=whole, lumen=lumen, goblets=goblets, walls=walls)

    def lay(self, box: Box, grain: Plane, haematoxylin: Plane, eosin: Plane) -> None:
        """Lay the glands of a box over its planes, in place.

        ``grain`` has mean 0 and standard deviation 1 and makes cytoplasm and mucin uneven.
        """
        cover = self.cover(box)
        if cover is None:
            return
        grain = grain[cover.rows, cover.cols]
        mucin = 0.9 * cover.goblets
        for plane, (cell, wall, drop) in (
            (haematoxylin, (0.2, 0.1, 0.15)),
            (eosin, (0.42, 0.12, 0.05)),
        ):
            inside = cell + 0.14 * cell * grain
            inside += wall * cover.walls
            inside += (drop + 0.25 * drop * grain - inside) * mucin
            inside *= 1 - 0.94 * cover.lumen
            below = plane[cover.rows, cover.cols]
            below += (inside - below) * cover.whole

    def nuclei(self, box: Box) -> Points:
        """Nuclei at the base of the epithelium, each pointing to its gland's middle."""
        points = join([self.shape(index).nuclei for index in self._near(box)])
        return points.keep(box.holds(points.at))

    def holds(self, at: Float64[np.ndarray, "N 2"], box: Box) -> Bool[np.ndarray, "N"]:
        """Which points of a box lie in a gland."""
        inside = np.zeros(len(at), bool)
        for index in self._near(box):
            x, y, radius, ratio, angle = self.places[index]
            near = np.flatnonzero(np.abs(at - (x, y)).max(axis=1) < 2 * radius)
            dx, dy = (at[near] - (x, y)).T
            along = (dx * np.cos(angle) + dy * np.sin(angle)) / (radius * ratio)
            across = (dy * np.cos(angle) - dx * np.sin(angle)) / (radius / ratio)
            inside[near] |= np.hypot(along, across) < 1.05
        return inside

    def _near(self, box: Box) -> list[int]:
        """Glands that may reach into a box, in ascending order."""
        edges = np.array([box.left, box.top, box.right, box.bottom], float)
        edges += np.array([-1, -1, 1, 1]) * self.reach_px
        left, top, right, bottom = np.floor(edges / self.home_px).astype(int).tolist()
        found = []
        for row in range(top, bottom + 1):
            for col in range(left, right + 1):
                found += self.homes.get((col, row), [])
        return sorted(found)

    def _shape(self, index: int) -> Shape:
        """One gland's rings in level-0 pixels."""
        radius, ratio, angle = self.places[index, 2:]
        rng = np.random.default_rng([self.root, 2, index])
        count = max(round(2 * np.pi * radius * self.spacing_um / CELL_UM), 6)
        turn = np.arange(count) * 2 * np.pi / count
        uneven, folds = np.ones(count), np.ones(count)
        for order in (2, 3, 5):
            uneven += 0.035 * np.cos(order * turn + rng.uniform(0, 2 * np.pi))
            folds += 0.1 * np.cos(order * turn + rng.uniform(0, 2 * np.pi))
        cosine, sine = np.cos(angle), np.sin(angle)
        ellipse = np.stack([np.cos(turn) * ratio, np.sin(turn) / ratio], axis=1) * radius
        outer = ellipse @ np.array([[cosine, sine], [-sine, cosine]]) * uneven[:, None]
        radius_um = radius * self.spacing_um
        full = rng.uniform(0.75, 1.2)
        hollow = max(1 - full * EPITHELIUM_UM / radius_um, 0.1) * folds
        mucous = rng.uniform(0.2, 1.0) ** 0.7
        deep = rng.normal(BASE_UM - 1.2 * mucous, 0.5 + 0.9 * (1 - mucous), count) / radius_um
        goblet = rng.random(count) < mucous
        middle = self.places[index, :2]
        # Nuclei under a goblet cell are pressed flat against the base.
        flat = np.where(goblet & (rng.random(count) < 0.5), np.pi / 2, 0.0)
        inward = np.arctan2(-outer[:, 1], -outer[:, 0]) + flat + rng.normal(0, 0.15, count)
        keys = place_keys(self.root, 60, np.arange(count), np.full(count, index))
        base, lumen = middle + outer, middle + outer * hollow[:, None]
        return Shape(
            base=_fixed(base),
            lumen=_fixed(lumen),
            walls=_fixed(np.stack([base, lumen], axis=1)),
            goblets=_fixed(
                middle + _goblets(rng, outer, hollow=hollow, chosen=goblet, radius_um=radius_um)
            ),
            nuclei=Points(
                at=middle + outer * (1 - deep[:, None]),
                kind=np.full(count, NucleusKind.EPITHELIAL, np.uint8),
                angle=inward,
                key=keys,
            ),
        )


def _goblets(
    rng: np.random.Generator,
    outer: Ring,
    *,
    hollow: Float64[np.ndarray, "V"],
    chosen: Bool[np.ndarray, "V"],
    radius_um: float,
) -> Float64[np.ndarray, "G 14 2"]:
    """Give each chosen cell a drop of mucin between nucleus and lumen, broad outside."""
    drops = []
    for index in np.flatnonzero(chosen):
        here = (outer[index - 1] + outer[index]) / 2
        after = (outer[index] + outer[(index + 1) % len(outer)]) / 2
        top = 1 - rng.uniform(7.0, 9.5) / radius_um
        low = hollow[index] + rng.uniform(0.0, 0.25) * (top - hollow[index])
        if top - low < 3.0 / radius_um:
            continue
        steps = np.linspace(0, np.pi, 7)
        depth = low + (top - low) * (1 - np.cos(steps)) / 2
        width = 0.44 * np.sin(steps * 0.93 + 0.12) ** 0.6
        centre, across = (here + after) / 2, after - here
        left = (centre - width[:, None] * across) * depth[:, None]
        right = (centre + width[:, None] * across) * depth[:, None]
        drops.append(np.concatenate([left, right[::-1]]))
    return np.array(drops).reshape(-1, 14, 2)


def _fixed(places: Float64[np.ndarray, "..."]) -> Fixed:
    return np.round(places * 8).astype(np.int32)


def _fill(plane: UInt8[np.ndarray, "H W"], rings: list[Fixed]) -> None:
    cv2.fillPoly(plane, rings, 255, lineType=cv2.LINE_AA, shift=3)
