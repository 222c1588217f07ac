"""Outlines of the class map as polygons, and as GeoJSON that QuPath opens."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float64, Int32, Int64, UInt8

from histopress.simulate.anatomy.tissue import Tissue

Ring = Float64[np.ndarray, "points 2"]
Polygon = tuple[Tissue, list[Ring]]

COLOURS: dict[Tissue, tuple[int, int, int]] = {
    Tissue.STROMA: (240, 170, 190),
    Tissue.GLAND: (150, 60, 160),
    Tissue.LYMPHOCYTES: (40, 40, 160),
    Tissue.TUMOUR: (20, 120, 20),
    Tissue.MUSCLE: (200, 80, 80),
    Tissue.FAT: (255, 245, 170),
    Tissue.MUCUS: (150, 220, 240),
    Tissue.BLOOD: (220, 0, 0),
    Tissue.NECROSIS: (90, 90, 90),
    Tissue.PARENCHYMA: (205, 150, 120),
    Tissue.FOLLICLE: (130, 150, 230),
}
"""Red, green and blue of each class in QuPath."""

# Sides of a cell clockwise from the top: step to the cell across, step along, corner it starts at.
_ACROSS = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])
_ALONG = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])
_START = np.array([(0, 0), (0, 1), (1, 1), (1, 0)])


def class_polygons(classes: UInt8[np.ndarray, "rows cols"], cell_px: float) -> list[Polygon]:
    """Trace the connected regions (4-neighbours) of every class but glass.

    The outlines run along the edges of cells, so that a polygon's area is exactly that of its
    cells. Cells that touch at a corner only are apart; holes whose corners touch are apart. No
    ring crosses or touches itself, as the Simple Features standard asks.

    Parameters
    ----------
    classes : uint8 ndarray (rows, cols)
        :class:`Tissue` codes.
    cell_px : float
        Side of a cell in level-0 pixels.

    Returns
    -------
    list of (Tissue, list of float64 ndarray (N, 2))
        Class and rings of each region, by class, then from top to bottom. The exterior comes
        first, then the holes. Corners are x, y in level-0 pixels; the first is not repeated.

    Examples
    --------
    >>> ((tissue, rings),) = class_polygons(np.array([[0, 4, 4]], np.uint8), 10)
    >>> tissue.name, rings[0].tolist()
    ('TUMOUR', [[10.0, 0.0], [30.0, 0.0], [30.0, 10.0], [10.0, 10.0]])
    """
    labels, kinds = _label_regions(classes)
    rows, cols, sides, following = _edges(labels)
    places = np.stack([cols, rows], axis=1) + _START[sides][:, ::-1]
    regions: dict[int, list[Ring]] = {}
    # Loops are found from the top: a region's exterior before its holes.
    for loop in _loops(following):
        turns = sides[loop] != sides[np.roll(loop, 1)]
        label = int(labels[rows[loop[0]] + 1, cols[loop[0]] + 1])
        ring = places[loop[turns]].astype(float) * cell_px
        regions.setdefault(label, []).append(ring)
    polygons = [(Tissue(kinds[label - 1]), rings) for label, rings in regions.items()]
    return sorted(polygons, key=lambda polygon: polygon[0])


def ring_area(ring: Ring) -> float:
    """Measure the area within a ring, negative for holes (shoelace formula).

    Examples
    --------
    >>> ring_area(np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 3.0], [0.0, 3.0]]))
    6.0
    """
    x, y = ring.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def as_geojson(polygons: Sequence[Polygon]) -> dict[str, Any]:
    """Lay polygons out as a FeatureCollection: annotations whose class is the tissue's name.

    Examples
    --------
    >>> found = as_geojson(class_polygons(np.array([[0, 4, 4]], np.uint8), 10))
    >>> found["features"][0]["properties"]["classification"]["name"]
    'tumour'
    """
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[*ring.tolist(), ring[0].tolist()] for ring in rings],
                },
                "properties": {
                    "objectType": "annotation",
                    "classification": {
                        "name": tissue.name.lower(),
                        "color": list(COLOURS[tissue]),
                    },
                },
            }
            for tissue, rings in polygons
        ],
    }


def _label_regions(
    classes: UInt8[np.ndarray, "rows cols"],
) -> tuple[Int32[np.ndarray, "rows+2 cols+2"], list[int]]:
    """Give each region of any class a number from 1, on a map with a border of 0; and its class."""
    labels = np.zeros([side + 2 for side in classes.shape], np.int32)
    kinds: list[int] = []
    for code in range(1, int(classes.max(initial=0)) + 1):
        mask = np.pad(classes == code, 1).view(np.uint8)
        count, found = cv2.connectedComponents(mask, connectivity=4)
        if count > 1:
            labels += np.where(found > 0, found + np.int32(len(kinds)), np.int32(0))
            kinds += [code] * (count - 1)
    return labels, kinds


def _edges(
    labels: Int32[np.ndarray, "rows+2 cols+2"],
) -> tuple[
    Int64[np.ndarray, "E"], Int64[np.ndarray, "E"], Int64[np.ndarray, "E"], Int64[np.ndarray, "E"]
]:
    """Find the sides of cells at which a region ends: row, column, side, and the edge after it.

    With the region on the right, the outline turns left wherever the region goes on there. Then
    a hole stays in one ring, and cells of one region that touch at a corner are passed apart.
    """
    own = labels[1:-1, 1:-1]
    across = np.stack(
        [
            labels[1 + down : labels.shape[0] - 1 + down, 1 + right : labels.shape[1] - 1 + right]
            for down, right in _ACROSS
        ],
        axis=-1,
    )
    rows, cols, sides = np.nonzero((own[..., None] > 0) & (across != own[..., None]))
    here = np.stack([rows, cols], axis=1) + 1
    ahead = here + _ALONG[sides]
    beyond = ahead + _ACROSS[sides]
    same = labels[tuple(here.T)]
    left = labels[tuple(beyond.T)] == same
    straight = (labels[tuple(ahead.T)] == same) & ~left
    cell = np.where(left[:, None], beyond, np.where(straight[:, None], ahead, here)) - 1
    side = np.where(left, sides - 1, np.where(straight, sides, sides + 1)) % 4
    numbers = (rows * own.shape[1] + cols) * 4 + sides
    after = (cell[:, 0] * own.shape[1] + cell[:, 1]) * 4 + side
    return rows, cols, sides, np.searchsorted(numbers, after)


def _loops(following: Int64[np.ndarray, "E"]) -> list[Int64[np.ndarray, "N"]]:
    """Follow every edge to the one after it until its loop closes."""
    after = following.tolist()
    seen = bytearray(len(after))
    loops = []
    for start in range(len(after)):
        if seen[start]:
            continue
        loop, edge = [], start
        while not seen[edge]:
            seen[edge] = 1
            loop.append(edge)
            edge = after[edge]
        loops.append(np.array(loop, np.int64))
    return loops
