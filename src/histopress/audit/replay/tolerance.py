"""How far numbers may be apart that were computed twice: stated here, and nowhere else.

Two honest runs of one recipe give equal bytes on one instruction set and thread layout. Elsewhere,
on a GPU or with other libraries, sums are taken in another order and rounded otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

RELATIVE = {2: 2.0**-9, 4: 1e-4, 8: 1e-4}
"""Largest difference by a number's width in bytes, in units of its scale: the larger of the two
numbers, or the root mean square of their array where that is larger, because a sum is as exact as
what it is summed from, and not as its result.

float16: 2 units in the last place, for a sum that was rounded differently may fall on either side
of a boundary. float32: 1e-4, what some 10,000 additions in another order come to, through a few
layers (each rounds by 6e-8). float64, and numbers in text: as float32, whose results they are."""
FLOOR = 1e-6
"""Added for float64 and for numbers in text: probabilities and figures of size 1, among which one
that should be 0 has no scale of its own."""
GREY_LEVELS = 2
"""Largest difference of a pixel: decoders and interpolation round to one level up or down each."""
BLOCK = 1 << 21
"""Numbers looked at together, so that memory does not grow with the file."""


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """The largest difference that was found, measured by what is allowed there.

    Attributes
    ----------
    where : str
        Dataset, tensor, key or column.
    difference, allowed : float
        Of the two numbers; infinite where one of them is no number.
    """

    where: str
    difference: float
    allowed: float

    @property
    def ratio(self) -> float:
        """Difference in units of what is allowed; above 1 is too far."""
        return self.difference / self.allowed if self.allowed else float("inf")


def is_picture(values: np.ndarray) -> bool:
    """Whether an array holds pixels: bytes, in three or four colours, in two dimensions or more."""
    return values.dtype == np.uint8 and values.ndim >= 3 and values.shape[-1] in (3, 4)


def is_inexact(values: np.ndarray) -> bool:
    """Whether an array holds numbers that a second run may round otherwise."""
    return values.dtype.kind == "f" or is_picture(values)


def deviation(first: np.ndarray, second: np.ndarray, *, where: str) -> Deviation | None:
    """Find the largest difference between two arrays of equal dtype and shape.

    Parameters
    ----------
    first, second : ndarray
        Floating-point numbers, or pictures (:func:`is_inexact`). NaN agrees with NaN, and an
        infinity with its like.
    where : str
        For the answer.

    Returns
    -------
    Deviation or None
        None where nothing differs. The same whichever array comes first.
    """
    left, right = first.reshape(-1), second.reshape(-1)
    scale = 0.0 if is_picture(first) else max(_root_mean_square(left), _root_mean_square(right))
    worst: Deviation | None = None
    for start in range(0, left.size, BLOCK):
        blocks = left[start : start + BLOCK], right[start : start + BLOCK]
        found = _block_deviation(*blocks, scale=scale, where=where)
        if found is not None and (worst is None or found.ratio > worst.ratio):
            worst = found
    return worst


def _block_deviation(
    first: np.ndarray, second: np.ndarray, *, scale: float, where: str
) -> Deviation | None:
    left, right = first.astype(np.float64), second.astype(np.float64)
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    if same.all():
        return None
    with np.errstate(invalid="ignore"):
        difference = np.where(same, 0.0, np.abs(left - right))
    difference[~np.isfinite(difference)] = np.inf
    if first.dtype.kind == "f":
        # An infinite number must not allow everything.
        size = np.fmax(np.abs(left), np.abs(right))
        allowed = RELATIVE[min(first.dtype.itemsize, 8)] * np.fmax(
            np.where(np.isfinite(size), size, 0), scale
        )
        allowed += FLOOR if first.dtype.itemsize >= 8 else 0.0
    else:
        allowed = np.full(left.shape, float(GREY_LEVELS))
    with np.errstate(divide="ignore", invalid="ignore"):
        place = int(np.argmax(np.where(same, 0.0, difference / allowed)))
    return Deviation(
        where=where, difference=float(difference[place]), allowed=float(allowed[place])
    )


def _root_mean_square(values: np.ndarray) -> float:
    """Root mean square of the finite numbers, which no square overflows."""
    peak, total, count = 0.0, 0.0, 0
    for block in _finite_blocks(values):
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
    for block in _finite_blocks(values) if peak else ():
        total, count = total + float(np.square(block / peak).sum()), count + block.size
    return peak * float(np.sqrt(total / count)) if count else 0.0


def _finite_blocks(values: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, values.size, BLOCK):
        block = values[start : start + BLOCK].astype(np.float64)
        yield block[np.isfinite(block)]
