"""The liver's lobules: central veins, portal tracts, and the borders between lobules."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.spatial import Voronoi

from histopress.simulate.anatomy.fields import Mask, cells_at
from histopress.simulate.anatomy.glands import Ellipses

PITCH_CELLS = 56.0
"""Distance of neighbouring central veins: 0.9 mm."""


@dataclass(frozen=True, kw_only=True)
class Lobules:
    """A honeycomb of lobules, also beyond the map.

    Attributes
    ----------
    veins : float64 ndarray (N, 2)
        x, y of the central veins in cells.
    corners : float64 ndarray (M, 2)
        x, y of the corners of lobules, where portal tracts lie.
    borders : float64 ndarray (K, 2, 2)
        x, y of both ends of the borders between two lobules.
    """

    veins: Float64[np.ndarray, "N 2"]
    corners: Float64[np.ndarray, "M 2"]
    borders: Float64[np.ndarray, "K 2 2"]


def lay_lobules(rng: np.random.Generator, cells: int) -> Lobules:
    """Draw the middles of lobules on a jittered hexagonal lattice, and what lies between them."""
    steps = int(cells / PITCH_CELLS / 0.85) + 7
    rows, cols = (part.ravel() for part in np.mgrid[0:steps, 0:steps])
    start = rng.uniform(-3, -2, 2)
    jitter = rng.uniform(-0.16, 0.16, (2, rows.size))
    x = (start[0] + cols + 0.5 * (rows % 2) + jitter[0]) * PITCH_CELLS
    y = (start[1] + rows * np.sqrt(3) / 2 + jitter[1]) * PITCH_CELLS
    veins = np.stack([x, y], axis=1)
    diagram = Voronoi(veins)
    ridges = np.asarray([pair for pair in diagram.ridge_vertices if min(pair) >= 0])
    return Lobules(veins=veins, corners=diagram.vertices, borders=diagram.vertices[ridges])


def draw_veins(
    rng: np.random.Generator, lobules: Lobules, *, allowed: Mask, count: int
) -> Ellipses:
    """Central veins that together take about ``count`` cells."""
    radius, ratio = (
        rng.uniform(0.7, 1.3, len(lobules.veins)),
        rng.uniform(1, 1.3, len(lobules.veins)),
    )
    angle = rng.uniform(0, np.pi, len(lobules.veins))
    kept = cells_at(lobules.veins, allowed)
    usual = np.sqrt(count / np.pi / max(int(kept.sum()), 1))
    radius = np.clip(radius * usual, 1.2, 6.0)
    return np.column_stack([lobules.veins, radius, ratio, angle])[kept]


@dataclass(frozen=True, kw_only=True)
class Tracts:
    """Portal tracts: islands of stroma with a vein and a bile duct each.

    Attributes
    ----------
    islands, vessels, ducts : float64 ndarray (N, 5)
        Ellipses; two overlapping islands make a tract.
    """

    islands: Ellipses
    vessels: Ellipses
    ducts: Ellipses


def draw_tracts(rng: np.random.Generator, lobules: Lobules, *, allowed: Mask) -> Tracts:
    """Draw portal tracts at the corners of lobules."""
    corners = lobules.corners
    many = len(corners)
    radius = rng.uniform(4.2, 6.5, many)
    angle = rng.uniform(0, 2 * np.pi, many)
    spread = rng.uniform(1.15, 1.5, (2, many))
    bore = rng.uniform(0.3, 0.4, many)
    duct = rng.uniform(1.3, 1.7, many)
    turn = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    none = np.zeros(many)
    kept = cells_at(corners, allowed)

    def at(offset: np.ndarray, *rest: np.ndarray) -> Ellipses:
        return np.column_stack([corners + turn * offset[:, None], *rest])[kept]

    islands = [
        at(none, radius, spread[0], angle),
        at(0.3 * radius, 0.8 * radius, spread[1], angle + np.pi / 2),
    ]
    return Tracts(
        islands=np.concatenate(islands),
        vessels=at(-0.3 * radius, bore * radius, none + 1.15, angle + np.pi / 2),
        ducts=at(0.45 * radius, duct, none + 1.1, angle),
    )
