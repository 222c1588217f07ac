"""Artefacts of a slide in coarse coordinates, and which pixels each covers."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from histopress.simulate.drawing.fields import PER_CELL, SPAN, Fields

Kind = Literal["fold", "pen", "dust", "blur"]
Plane = Float32[np.ndarray, "side side"]
Ring = Float64[np.ndarray, "V 2"]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One artefact.

    Attributes
    ----------
    kind : "fold", "pen", "dust" or "blur"
        What it is.
    parts : tuple of float64 ndarray (V, 2)
        Polygons (x, y) in cells of the class map that together cover it.
    density : tuple of float
        Optical density in red, green and blue of pen and dust; of a fold, how much more tissue
        there is; of an area out of focus, its blur's standard deviation in µm. The latter two
        stand three times.
    feather : float
        Standard deviation of its soft edge in cells, at most 1.
    """

    kind: Kind
    parts: tuple[Ring, ...]
    density: tuple[float, float, float]
    feather: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in cells, with the soft edge."""
        points = np.concatenate(self.parts)
        low, high = points.min(0) - 3 * self.feather, points.max(0) + 3 * self.feather
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


@dataclass(frozen=True)
class Artefacts:
    """All artefacts of a slide."""

    marks: tuple[Mark, ...] = ()

    def near(self, fields: Fields) -> "Artefacts":
        """Those that may touch a block or the pixels around it."""
        if not self.marks:
            return self
        top, left = fields.first_cell
        span = SPAN / PER_CELL
        chosen = []
        for mark in self.marks:
            low_x, low_y, high_x, high_y = mark.bounds
            if low_x < left + span and high_x > left and low_y < top + span and high_y > top:
                chosen.append(mark)
        return Artefacts(tuple(chosen))

    def of(self, kind: Kind) -> list[Mark]:
        """Those of one kind."""
        return [mark for mark in self.marks if mark.kind == kind]


def cover(mark: Mark, fields: Fields) -> Plane:
    """How far a mark covers each sample of the fields, 0 to 1."""
    mask = np.zeros((SPAN, SPAN), np.uint8)
    corner = np.array(fields.first_cell[::-1])
    for part in mark.parts:
        fixed = np.round(((part - corner) * PER_CELL - 0.5) * 8).astype(np.int32)
        cv2.fillPoly(mask, [fixed], 255, lineType=cv2.LINE_AA, shift=3)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), mark.feather * PER_CELL)
    return np.asarray(soft * np.float32(1 / 255))
