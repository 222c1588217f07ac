"""The lattice that patches lie on, found from their coordinates alone."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from histopress.errors import SlideFault

EVEN = 0.05
"""Share of a stride by which rounding may move a patch."""
AGREEING = 0.75
"""Share of the distances in a row or column that must be multiples of a stride found from them.

Not all are where each piece of tissue has a lattice of its own and two of them share a row.
"""
_WINDOW = 0.02
_LEAST_GAPS = 20


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """A square lattice and where on it patches lie.

    Attributes
    ----------
    stride : float
        Distance of neighbouring cells.
    origin : (float, float)
        (x, y) of the cell in column 0, row 0.
    cells : int64 ndarray (N, 2)
        (column, row) of each patch, not negative.
    moved : float64 ndarray (N,)
        How far a patch lies from its cell, in strides, along the worse axis.
    """

    stride: float
    origin: tuple[float, float]
    cells: Int64[np.ndarray, "N 2"]
    moved: Float64[np.ndarray, " N"]


def fit_lattice(coords: Float64[np.ndarray, "N 2"], stride: float) -> Lattice:
    """Assign each patch to its nearest cell.

    Cells start at the slide's corner if all patches do within :data:`EVEN`, else at the offset
    that most patches share, along each axis.

    Parameters
    ----------
    coords : float64 ndarray (N, 2)
        (x, y) of each patch.
    stride : float
        Distance of neighbouring patches, correct to 2 %; it is refined where all patches lie on
        one lattice, because a rounded stride would add up over hundreds of columns.

    Examples
    --------
    >>> fit = fit_lattice(np.array([[0.0, 0.0], [257.0, 0.0], [515.0, 257.0]]), 257)
    >>> fit.stride, fit.cells.tolist()
    (257.3333333333333, [[0, 0], [1, 0], [2, 1]])
    """
    stride = _refined(coords, stride)
    origin = np.array([_offset(axis / stride) * stride for axis in coords.T])
    exact = (coords - origin) / stride
    cells = np.rint(exact).astype(np.int64)
    moved = np.abs(exact - cells).max(axis=1)
    before = np.minimum(cells.min(axis=0), 0)
    x, y = origin + before * stride
    return Lattice(stride=stride, origin=(float(x), float(y)), cells=cells - before, moved=moved)


def _refined(coords: np.ndarray, stride: float) -> float:
    gaps = np.concatenate([np.diff(np.unique(axis)) for axis in coords.T])
    near = gaps[np.abs(gaps / stride - 1) <= EVEN]
    if not near.size:
        return stride
    finer = float(near.mean())
    finer = finer if abs(finer / stride - 1) <= _WINDOW else stride
    steps = np.rint(gaps / finer)
    if steps.sum() and (np.abs(gaps / finer - steps) <= EVEN).all():
        return float(gaps.sum() / steps.sum())
    return stride


def _offset(position: np.ndarray) -> float:
    """Fraction of a stride that most positions, in strides, have in common."""
    part = np.sort(position % 1)
    if np.minimum(part, 1 - part).max() <= EVEN:
        return 0.0
    twice = np.concatenate([part, part + 1])
    ends = np.searchsorted(twice, part + _WINDOW, side="right")
    counts = ends - np.arange(part.size)
    start = int(counts.argmax())
    return float(twice[start : ends[start]].mean() % 1)


def neighbour_gaps(coords: Float64[np.ndarray, "N 2"]) -> Float64[np.ndarray, " gaps"]:
    """Distances of successive patches of one row, and of one column."""
    found = []
    for along, across in ((0, 1), (1, 0)):
        order = np.lexsort((coords[:, along], coords[:, across]))
        steps = np.diff(coords[order], axis=0)
        found.append(steps[steps[:, across] == 0, along])
    return np.concatenate(found)


def infer_stride(coords: Float64[np.ndarray, "N 2"], *, slide_id: str, unit: str) -> float:
    """Find the stride as the distance that most neighbours in a row or column have.

    Raises
    ------
    SlideFault
        No two patches share a row or column, or their distances are no multiples of one stride.
    """
    gaps = np.round(neighbour_gaps(np.round(coords, 3)), 3)
    if not gaps.size:
        raise SlideFault(
            f"slide '{slide_id}': {len(coords)} patches, no two of them in one row or column, so "
            f"that their stride cannot be seen; give the setting stride, in {unit}"
        )
    values, counts = np.unique(gaps, return_counts=True)
    common = values[np.argsort(-counts, kind="stable")]
    stride = float(gaps[np.abs(gaps / common[0] - 1) <= _WINDOW].mean())
    steps = np.rint(gaps / stride)
    agree = (steps >= 1) & (np.abs(gaps / stride - steps) <= EVEN * np.maximum(steps, 1))
    if agree.mean() < AGREEING:
        listed = ", ".join(f"{value:g}" for value in common[:3])
        raise SlideFault(
            f"slide '{slide_id}': patches lie {listed} {unit} apart, which are no multiples of one "
            f"stride; give the setting stride, in {unit}"
        )
    return stride


def check_stride(
    coords: Float64[np.ndarray, "N 2"], stride: float, *, slide_id: str, unit: str
) -> None:
    """Compare a stride that a file claims with its patches.

    Raises
    ------
    SlideFault
        Neighbours never lie that near each other; the grid would be all holes.
    """
    gaps = neighbour_gaps(coords)
    if gaps.size < _LEAST_GAPS or gaps.min() <= 1.5 * stride:
        return
    # Scattered tissue has no near neighbours either, but distances of all kinds.
    steps = gaps / gaps.min()
    if (np.abs(steps - np.rint(steps)) <= EVEN).all():
        raise SlideFault(
            f"slide '{slide_id}': the stride is {stride:g} {unit}, but no two patches lie nearer "
            f"than {gaps.min():g} {unit}; give the setting stride, in {unit}"
        )
