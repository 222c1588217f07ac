"""Foreign features on the grid: where foreign ones become ours."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float16, Int64

from histopress.compress.distance import distance_map
from histopress.compress.grid import element_ratio
from histopress.compress.neighbours.foreign import ForeignFeatures
from histopress.compress.neighbours.lattice import (
    Lattice,
    check_stride,
    fit_lattice,
    infer_stride,
)
from histopress.compress.slide import CompressedSlide
from histopress.errors import SlideFault

TOLERANCE = 0.1
"""How far a patch may lie from its cell, in strides, where the tool lays one lattice a slide."""
MOST_CELLS = 50_000_000
MOST_BYTES = 16 * 2**30
MOST_LEFT_OUT = 0.1
"""Share of patches that may lose their cell to another."""
_LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True, kw_only=True)
class Laying:
    """How patches find their cells.

    Attributes
    ----------
    stride : float or None
        Distance of neighbouring patches in the file's unit; None takes the file's, or infers it.
    tolerance : float or None
        How far a patch may lie from its cell, in strides along an axis; None is
        :data:`TOLERANCE`, and 0.5 where the tool lays several lattices.
    scale : float
        Each value is multiplied by it.
    """

    stride: float | None = None
    tolerance: float | None = None
    scale: float = 1.0


def lay_foreign(features: ForeignFeatures, laying: Laying) -> CompressedSlide:
    """Lay foreign features on a grid that starts at the slide's corner.

    Tissue is 1 where a patch lies. Where two patches fall into one cell, the nearer one is kept
    and the other counted in ``patches_left_out``.

    Raises
    ------
    SlideFault
        Patches lie on no lattice, the grid would be too large, or a value is beyond float16.
    """
    name = features.slide_id
    vectors = to_half(features.vectors, scale=laying.scale, slide_id=name)
    lattice = fit_lattice(features.coords, _stride(features, laying))
    _check_moved(features, lattice, laying)
    rows, columns = _shape(features, lattice)
    _check_size(features, lattice, (rows, columns))
    chosen = _one_a_cell(lattice, columns)
    left_out = len(vectors) - len(chosen)
    if left_out > MOST_LEFT_OUT * len(vectors):
        raise SlideFault(
            f"slide '{name}': with a stride of {lattice.stride:g} {features.unit}, {left_out} of "
            f"{len(vectors)} patches share a cell with another; give the setting stride"
        )
    grid = np.zeros((1, vectors.shape[1], rows, columns), np.float16)
    column, row = lattice.cells[chosen].T
    grid[0, :, row, column] = vectors[chosen]
    kept = np.zeros((rows, columns), bool)
    kept[row, column] = True
    return CompressedSlide(
        slide_id=name,
        grid=grid,
        tissue=kept.astype(np.float32),
        distance=distance_map(kept),
        attributes=_attributes(features, lattice, left_out),
    )


def to_half(
    vectors: Float[np.ndarray, "N D"], *, scale: float, slide_id: str
) -> Float16[np.ndarray, "N D"]:
    """Convert to float16, which keeps 11 bits of a value.

    Raises
    ------
    SlideFault
        A value is beyond ±65504; proposes a scale.
    """
    largest = np.unravel_index(np.argmax(np.abs(vectors)), vectors.shape)
    value = float(vectors[largest]) * scale
    if abs(value) > _LARGEST:
        proposed = 10.0 ** -np.ceil(np.log10(abs(value) / scale) - 2)
        raise SlideFault(
            f"slide '{slide_id}': the embedding of patch {largest[0]} is {value:g} in column "
            f"{largest[1]}, beyond float16's {_LARGEST:g}; give the setting scale, such as "
            f"{proposed:g}"
        )
    return (vectors * scale if scale != 1 else vectors).astype(np.float16)


def _stride(features: ForeignFeatures, laying: Laying) -> float:
    given = laying.stride or features.stride
    if given is None:
        return infer_stride(features.coords, slide_id=features.slide_id, unit=features.unit)
    if laying.stride is None and features.unit != "cell":
        check_stride(features.coords, given, slide_id=features.slide_id, unit=features.unit)
    return given


def _check_moved(features: ForeignFeatures, lattice: Lattice, laying: Laying) -> None:
    usual = 0.5 if features.several_lattices else TOLERANCE
    tolerance = laying.tolerance if laying.tolerance is not None else usual
    # Half a stride is exact only up to rounding.
    off = np.flatnonzero(lattice.moved > tolerance + 1e-9)
    if not off.size or tolerance >= 0.5:
        return
    x, y = features.coords[off[0]]
    raise SlideFault(
        f"slide '{features.slide_id}': {off.size} of {len(features.coords)} patches lie off a "
        f"lattice of stride {lattice.stride:g} {features.unit} by up to "
        f"{lattice.moved.max():.2f} strides, allowed are {tolerance:g}; the first is patch "
        f"{off[0]} at ({x:g}, {y:g}); correct the setting stride, or set tolerance to 0.5 to take "
        "the nearest cell"
    )


def _shape(features: ForeignFeatures, lattice: Lattice) -> tuple[int, int]:
    """Rows and columns: all that a patch lies in, and all that a whole patch fits in."""
    columns, rows = (int(most) + 1 for most in lattice.cells.max(axis=0))
    if features.shape is not None:
        return max(rows, features.shape[0]), max(columns, features.shape[1])
    if features.extent is None:
        return rows, columns
    patch = features.patch or lattice.stride
    fits = [
        int((size - patch - start) / lattice.stride + 0.01) + 1
        for size, start in zip(features.extent, lattice.origin, strict=True)
    ]
    return max(rows, fits[1]), max(columns, fits[0])


def _check_size(features: ForeignFeatures, lattice: Lattice, shape: tuple[int, int]) -> None:
    rows, columns = shape
    cells, channels = rows * columns, features.vectors.shape[1]
    if cells <= MOST_CELLS and cells * channels * 2 <= MOST_BYTES:
        return
    raise SlideFault(
        f"slide '{features.slide_id}': {len(features.coords)} patches would lie on {rows} × "
        f"{columns} cells of {lattice.stride:g} {features.unit} with {channels} channels, "
        f"{cells * channels * 2 / 2**30:.1f} GiB; allowed are {MOST_CELLS} cells and "
        f"{MOST_BYTES >> 30} GiB; correct the setting stride, or the coordinates' unit"
    )


def _one_a_cell(lattice: Lattice, columns: int) -> Int64[np.ndarray, " kept"]:
    """Patches that keep their cells: the nearest of each, the first in the file if they tie."""
    cell = lattice.cells[:, 1] * columns + lattice.cells[:, 0]
    order = np.lexsort((lattice.moved, cell))
    first = np.r_[True, np.diff(cell[order]) > 0]
    return np.sort(order[first])


def _attributes(features: ForeignFeatures, lattice: Lattice, left_out: int) -> dict[str, Any]:
    known = dict(features.attributes)
    if "stride_px" in known:
        known["element_ratio"] = element_ratio(
            stride_px=known["stride_px"], channels=features.vectors.shape[1]
        )
    return {
        **known,
        "convention": features.convention,
        "foreign_encoder": features.encoder,
        "unit": features.unit,
        "stride": lattice.stride,
        "patch": features.patch,
        "origin": np.asarray(lattice.origin, np.float64),
        "extent": None if features.extent is None else np.asarray(features.extent, np.float64),
        "spacing_um": features.spacing_um,
        "spacing0_um": features.spacing0_um,
        "patches": len(features.vectors),
        "patches_left_out": left_out,
        "moved_most": float(lattice.moved.max()),
    }
