"""Where a liver's metastasis meets the parenchyma: three growth patterns (van Dam et al. 2017).

Desmoplastic: a rim of fibrous tissue with lymphocytes at its outer side. Pushing: a smooth border,
tumour directly against parenchyma. Replacement: tumour grows in cords and clusters among it.
"""

import numpy as np

from histopress.simulate.anatomy.fields import (
    FAR,
    Mask,
    add_noise,
    cells_at,
    distance_to,
    ridges,
    top_cells,
)
from histopress.simulate.anatomy.lobules import PITCH_CELLS, Lobules
from histopress.simulate.anatomy.metastasis import Metastasis

AWAY_CELLS = 19.0
"""Fibrous septa keep 300 µm away from tumour where there is room."""
INFILTRATE_CELLS = 9.0
"""Depth of the lymphocytes beside fibrous tissue."""


def border_band(mask: Mask, width: float) -> Mask:
    """Mark cells outside a mask whose middle is within ``width`` cells of it.

    Examples
    --------
    >>> border_band(np.array([[True, False, False]]), 1.0).tolist()
    [[False, True, False]]
    """
    return np.asarray(~mask & (distance_to(mask) <= width))


def fibrous_rim(
    rng: np.random.Generator, metastasis: Metastasis, *, tissue: Mask, thickness: float
) -> Mask:
    """Lay the rim of the desmoplastic pattern; elsewhere its area tells how much septa to lay."""
    width = distance_to(metastasis.whole)
    add_noise(width, rng, sigma=6.0, weight=0.7)
    return np.asarray((width <= thickness) & tissue & ~metastasis.whole)


def disperse(rng: np.random.Generator, metastasis: Metastasis, *, free: Mask, zone: float) -> Mask:
    """Lay tumour of the replacement pattern: an uneven core, with cords and clusters around.

    Returns
    -------
    bool ndarray (rows, cols)
        As many cells as ``metastasis.whole`` has.
    """
    core = metastasis.core
    cords = ridges(rng, free.shape, 2.2)
    add_noise(cords, rng, sigma=3.5, weight=0.45)
    away = distance_to(core)
    among = free & metastasis.inside & ~core
    # Should the zone be too narrow, the nearest cells beyond it follow.
    beyond = away > zone
    away *= 0.7 / zone
    cords -= away
    away *= FAR
    np.subtract(cords, away, out=cords, where=beyond)
    return core | top_cells(cords, among, metastasis.dispersed)


def fibrous_septa(
    rng: np.random.Generator,
    lobules: Lobules,
    *,
    free: Mask,
    tumour: Mask,
    count: int,
    thickness: float,
) -> Mask:
    """Lay ``count`` cells of fibrous septa along borders of lobules, away from tumour."""
    away = distance_to(tumour)
    far = free & (away >= AWAY_CELLS)
    lines = _draw_lines(rng, lobules, far=far, length=count / thickness)
    score = distance_to(lines)
    np.negative(score, out=score)
    add_noise(score, rng, sigma=5.0, weight=1.0)
    away *= 20.0
    away -= FAR
    np.copyto(score, away, where=~far)
    return top_cells(score, free, count)


def _draw_lines(rng: np.random.Generator, lobules: Lobules, *, far: Mask, length: float) -> Mask:
    """Choose borders of lobules of about a total length; only what lies far away is drawn."""
    along = np.linspace(0, 1, int(1.5 * PITCH_CELLS))[:, None]
    start, stop = lobules.borders[:, 0], lobules.borders[:, 1]
    points = start[:, None] + (stop - start)[:, None] * along
    on = cells_at(points.reshape(-1, 2), far).reshape(points.shape[:2])
    lengths = np.hypot(*(stop - start).T) * on.mean(axis=1)
    order = rng.permutation(len(lengths))
    # Whole borders first, then those that reach away from tumour and glass in part.
    order = order[np.argsort(-np.round(2 * on.mean(axis=1)[order]), kind="stable")]
    chosen = order[: int(np.searchsorted(np.cumsum(lengths[order]), length)) + 1]
    places = np.floor(points[chosen][on[chosen]]).astype(np.int64)
    lines = np.zeros_like(far)
    lines[places[:, 1], places[:, 0]] = True
    return lines


def infiltrate(rng: np.random.Generator, fibrous: Mask, *, free: Mask, count: int) -> Mask:
    """Lay clusters of lymphocytes, ``count`` cells, beside fibrous tissue."""
    score = distance_to(fibrous)
    score *= -2.0 / INFILTRATE_CELLS
    np.maximum(score, -100.0, out=score)
    add_noise(score, rng, sigma=3.0, weight=1.0)
    return top_cells(score, free, count)
