"""Regions that were drawn on a slide, and the patches that lie in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, Num

from histopress.errors import ConfigError
from histopress.slide.grid import cell_fractions

CELLS = 32
"""Cells along a patch's side: regions are drawn on a map of such cells, not of pixels."""
_BLOCK = 32
"""Rows and columns of the lattice that are worked on at a time; bounds the memory."""

Ring = Float64[np.ndarray, "points 2"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Region:
    """One outline of one class.

    Attributes
    ----------
    label : str
        As the file spells it.
    exterior : float64 ndarray (N, 2)
        Corners (x, y) in level-0 px, the first not repeated. Where the outline crosses itself,
        the even-odd rule tells inside from outside.
    holes : tuple of float64 ndarray (M, 2)
        Outlines of what is cut out.
    """

    label: str
    exterior: Ring
    holes: tuple[Ring, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What one annotation file holds.

    Attributes
    ----------
    regions : tuple of Region
        In the order of the file.
    skipped : mapping of str to int
        Why shapes were left out, and how many.
    """

    regions: tuple[Region, ...]
    skipped: Mapping[str, int] = field(default_factory=dict)


def make_ring(points: Any, where: str) -> Ring:
    """Check an outline and drop a last point that repeats the first.

    Parameters
    ----------
    points : sequence
        Pairs (x, y) in level-0 px; what follows y is dropped.
    where : str
        File and shape, for messages.

    Raises
    ------
    ConfigError
        Not a list of finite points, or fewer than three.
    """
    try:
        ring = np.asarray([(point[0], point[1]) for point in points], np.float64).reshape(-1, 2)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise ConfigError(
            f"{where}: its outline is not a list of points (x, y) in px; draw or export it again"
        ) from error
    if not np.isfinite(ring).all():
        raise ConfigError(f"{where}: a corner is not a finite number; draw or export it again")
    if len(ring) > 1 and (ring[0] == ring[-1]).all():
        ring = ring[:-1]
    if len(np.unique(ring, axis=0)) < 3:
        raise ConfigError(
            f"{where}: has {len(np.unique(ring, axis=0))} different corners; an area needs 3 or "
            "more; draw it again or remove it"
        )
    return ring


def find_patches(
    regions: Sequence[Region],
    *,
    tops: Num[np.ndarray, " H"],
    lefts: Num[np.ndarray, " W"],
    side: float,
    purity: float,
) -> dict[str, Int64[np.ndarray, "N 2"]]:
    """Find the patches of a lattice that show one class.

    A patch shows a class if at least ``purity`` of its area lies in regions of that class alone
    and no other class has as much or more; so no other covers more than ``1 - purity``, and no
    patch shows two. Regions of one class are united. What regions of two classes claim counts for
    neither, whichever was drawn first: cut a hole instead of drawing a class upon another, and
    leave outlines that merely enclose others unnamed.

    Shares are measured on cells of 1/32 of a patch: a cell belongs to a region if its centre does.
    The share of a rectangle is off by less than 1/16, that of one straight edge by 1/64.

    Parameters
    ----------
    regions : sequence of Region
        Of one slide.
    tops, lefts : ndarray
        Level-0 px at which the rows and columns of the lattice begin, ascending.
    side : float
        Side of a patch in level-0 px.
    purity : float
        Over 0, at most 1.

    Returns
    -------
    dict of str to int64 ndarray (N, 2)
        For each label of ``regions``, rows and columns of the lattice, ordered by row, then
        column.

    Notes
    -----
    Memory is bounded, whatever the slide: 32 × 32 places at a time, some 20 MB and half a MB a
    class if the lattice steps by half a patch. Time grows with the area of the blocks that regions
    lie in.
    """
    labels = sorted({region.label for region in regions})
    found: dict[str, list[np.ndarray]] = {label: [] for label in labels}
    boxes = np.array([_box(region) for region in regions]).reshape(-1, 4)
    for rows, columns in _blocks(len(tops), len(lefts)):
        top, left = tops[rows], lefts[columns]
        near = (boxes[:, 0] < left[-1] + side) & (boxes[:, 2] > left[0])
        near &= (boxes[:, 1] < top[-1] + side) & (boxes[:, 3] > top[0])
        if not near.any():
            continue
        here = [region for region, is_near in zip(regions, near, strict=True) if is_near]
        for label, kept in _pure(here, tops=top, lefts=left, side=side, purity=purity):
            found[label].append(np.argwhere(kept) + np.array([rows.start, columns.start]))
    return {label: _ordered(places) for label, places in found.items()}


def class_shares(
    regions: Sequence[Region],
    *,
    tops: Num[np.ndarray, " H"],
    lefts: Num[np.ndarray, " W"],
    side: float,
) -> dict[str, Float32[np.ndarray, "H W"]]:
    """Measure which share of each square lies in regions of one class alone; see `find_patches`.

    Memory grows with the area that the squares span.
    """
    cell = side / CELLS
    origin = np.array([lefts[0], tops[0]], np.float64)
    shape = (
        int(np.ceil((tops[-1] - tops[0]) / cell)) + CELLS,
        int(np.ceil((lefts[-1] - lefts[0]) / cell)) + CELLS,
    )
    masks: dict[str, np.ndarray] = {}
    for region in sorted(regions, key=lambda region: region.label):
        mask = masks.setdefault(region.label, np.zeros(shape, bool))
        _paint(mask, [(ring - origin) / cell for ring in (region.exterior, *region.holes)])
    claims = np.zeros(shape, np.int16)
    for mask in masks.values():
        claims += mask
    y, x = (tops - origin[1]) / cell, (lefts - origin[0]) / cell
    shares = {}
    for label, mask in masks.items():
        alone = mask & (claims == 1)
        shares[label] = (
            cell_fractions(alone, tops=y, lefts=x, side=float(CELLS))
            if alone.any()
            else np.zeros((len(y), len(x)), np.float32)
        )
    return shares


def _pure(
    regions: Sequence[Region], *, tops: np.ndarray, lefts: np.ndarray, side: float, purity: float
) -> Iterator[tuple[str, Bool[np.ndarray, "H W"]]]:
    """Say for each label which squares show it."""
    shares = class_shares(regions, tops=tops, lefts=lefts, side=side)
    for label, share in shares.items():
        kept = share >= np.float32(purity)
        for other, rival in shares.items():
            if other != label:
                kept &= share > rival
        yield label, kept


def _paint(mask: Bool[np.ndarray, "rows columns"], rings: Sequence[Ring]) -> None:
    """Add an outline less its holes, looking only at the cells around it; corners in cells."""
    left, top = np.clip(np.floor(rings[0].min(axis=0)), 0, mask.shape[::-1]).astype(np.int64)
    right, bottom = np.clip(np.ceil(rings[0].max(axis=0)), 0, mask.shape[::-1]).astype(np.int64)
    window = (slice(top, max(top, bottom)), slice(left, max(left, right)))
    inside = _inside(rings[0], *window)
    for hole in rings[1:]:
        inside &= ~_inside(hole, *window)
    mask[window] |= inside


def _inside(ring: Ring, rows: slice, columns: slice) -> Bool[np.ndarray, "rows columns"]:
    """Tell by the even-odd rule which cells of a window have their centre inside.

    Every edge is walked from its upper end, so that regions which share an edge neither overlap
    nor leave a gap.
    """
    following = np.roll(ring, -1, axis=0)
    falls = (ring[:, 1] <= following[:, 1])[:, None]
    upper, lower = np.where(falls, ring, following), np.where(falls, following, ring)
    first = np.clip(np.ceil(upper[:, 1] - 0.5), rows.start, rows.stop).astype(np.int64)
    past = np.clip(np.ceil(lower[:, 1] - 0.5), rows.start, rows.stop).astype(np.int64)
    count = past - first
    edge = np.repeat(np.arange(len(ring)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    start, run = upper[edge], (lower - upper)[edge]
    x = start[:, 0] + (row + 0.5 - start[:, 1]) / run[:, 1] * run[:, 0]
    # A crossing turns what lies right of it; those right of the window turn a column more.
    column = np.clip(np.ceil(x - 0.5), columns.start, columns.stop).astype(np.int64)
    height, width = rows.stop - rows.start, columns.stop - columns.start + 1
    places = (row - rows.start) * width + column - columns.start
    turns = np.bincount(places, minlength=height * width).reshape(height, width) % 2 == 1
    return np.logical_xor.accumulate(turns[:, :-1], axis=1)


def _box(region: Region) -> tuple[float, ...]:
    return (*region.exterior.min(axis=0), *region.exterior.max(axis=0))


def _blocks(rows: int, columns: int) -> Iterable[tuple[slice, slice]]:
    for row in range(0, rows, _BLOCK):
        for column in range(0, columns, _BLOCK):
            yield (
                slice(row, min(row + _BLOCK, rows)),
                slice(column, min(column + _BLOCK, columns)),
            )


def _ordered(places: list[np.ndarray]) -> Int64[np.ndarray, "N 2"]:
    joined = np.concatenate([np.zeros((0, 2), np.int64), *places])
    return joined[np.lexsort((joined[:, 1], joined[:, 0]))]
