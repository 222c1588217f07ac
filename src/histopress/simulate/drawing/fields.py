"""What lies where around one block, in samples of an eighth of a cell: made from a window."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8

from histopress.simulate.anatomy.tissue import CELL_UM, Tissue
from histopress.simulate.drawing.chance import smooth_window

BLOCK_CELLS = 16
MARGIN_CELLS = 3
"""The fields reach so far beyond the block."""
PER_CELL = 8
"""Samples along a cell's side."""
LUMEN = 100
"""Code of the hollows that gland-like tumours form; a sample is of this or a tissue code."""

SPAN = (BLOCK_CELLS + 2 * MARGIN_CELLS) * PER_CELL
_SPARE_CELLS = 2
"""Borders are bent: the class map's window is this much wider than the fields."""

Plane = Float32[np.ndarray, "side side"]


@dataclass(frozen=True, kw_only=True)
class Lie:
    """Where a block lies, and how its slide's fields run.

    Attributes
    ----------
    root : int
        Seeds the slide's endless fields.
    row, col : int
        Of the block.
    cell_px : int
        Side of a cell in level-0 pixels.
    spacing_um : float
        µm/px.
    slant : float
        Mean direction of fibres in radians.
    period_um : float
        The fibres' texture repeats after this.
    """

    root: int
    row: int
    col: int
    cell_px: int
    spacing_um: float
    slant: float
    period_um: float


class Fields:
    """Tissue and the run of its fibres in and around a block.

    Parameters
    ----------
    classes : uint8 ndarray (rows, cols)
        The slide's class map; beyond it there is glass.
    lie : Lie
        Which block.
    """

    def __init__(self, classes: UInt8[np.ndarray, "rows cols"], lie: Lie) -> None:
        self.lie = lie
        self.first_cell = (
            lie.row * BLOCK_CELLS - MARGIN_CELLS,
            lie.col * BLOCK_CELLS - MARGIN_CELLS,
        )
        self.window = cut_window(classes, lie.row, lie.col)

    @property
    def empty(self) -> bool:
        """Whether there is glass alone, in the block and around it."""
        return not self.window.any()

    @cached_property
    def codes(self) -> UInt8[np.ndarray, "side side"]:
        """Tissue code of each sample; deep tumour has thin septa of stroma, and lumina."""
        if not self.deep.any():
            return self._plain
        codes = self._plain.copy()
        septa = np.abs(self.noise(7, 6.5) + 0.25 * self.noise(8, 1.6)) < 0.09
        lumina = self.noise(9, 3.0) + 0.3 * self.noise(10, 0.9) > 1.75
        codes[self.deep & lumina] = LUMEN
        codes[self.deep & septa] = Tissue.STROMA
        return codes

    @cached_property
    def deep(self) -> Bool[np.ndarray, "side side"]:
        """Samples that have tumour all around them: small nests keep whole."""
        tumour = (self.window == Tissue.TUMOUR).astype(np.uint8)
        inner = cv2.erode(tumour, np.ones((3, 3), np.uint8)) > 0
        spare = slice(_SPARE_CELLS * PER_CELL, -_SPARE_CELLS * PER_CELL)
        return np.asarray(self._enlarge(inner)[spare, spare] > 0.5)

    @cached_property
    def _plain(self) -> UInt8[np.ndarray, "side side"]:
        """The class map's codes, cells joined along bent borders."""
        kinds = np.unique(self.window)
        if len(kinds) == 1:
            return np.full((SPAN, SPAN), kinds[0], np.uint8)
        wide = self._bend([self._enlarge(self.window == kind) for kind in kinds])
        return kinds[np.argmax(wide, axis=0)].astype(np.uint8)

    @cached_property
    def kinds(self) -> list[int]:
        """Codes of the samples, in ascending order."""
        return [int(kind) for kind in np.unique(self.codes)]

    @cached_property
    def bundle_um(self) -> tuple[Plane, Plane]:
        """Coordinates along and across the fibres in µm, from the slide's corner."""
        um = CELL_UM / PER_CELL
        line = (np.arange(SPAN) + 0.5) * um
        top, left = (cell * CELL_UM for cell in self.first_cell)
        cosine, sine = np.cos(self.lie.slant), np.sin(self.lie.slant)
        # A large common part is taken off in double precision; textures repeat after it.
        start = np.array([left * cosine + top * sine, top * cosine - left * sine])
        start = np.mod(start, self.lie.period_um)
        x, y = line[None, :], line[:, None]
        along = start[0] + x * cosine + y * sine
        across = start[1] + y * cosine - x * sine
        bend = 34.0 * self.noise(1, 8.0) + 7.0 * self.noise(2, 2.3)
        return along.astype(np.float32), (across + bend).astype(np.float32)

    @cached_property
    def angle(self) -> Plane:
        """Direction of the fibres, on which the coordinate across them is constant."""
        down, right = np.gradient(self.bundle_um[1])
        return np.arctan2(-right, down).astype(np.float32)

    def noise(self, stream: int, pitch: float) -> Plane:
        """Smooth noise of the slide, its knots ``pitch`` cells apart."""
        return smooth_window(
            self.lie.root,
            stream,
            pitch=pitch,
            left=self.first_cell[1] + 0.5 / PER_CELL,
            top=self.first_cell[0] + 0.5 / PER_CELL,
            step=1 / PER_CELL,
            count=SPAN,
        )

    def magnify(self, plane: Plane, pad: int) -> Float32[np.ndarray, "height width"]:
        """Magnify the block of a field with ``pad`` pixels (less than a cell) around it."""
        keep = (MARGIN_CELLS - 1) * PER_CELL
        cell_px = self.lie.cell_px
        side = (BLOCK_CELLS + 2) * cell_px
        inner = np.ascontiguousarray(plane[keep:-keep, keep:-keep], np.float32)
        cut = slice(cell_px - pad, side - cell_px + pad)
        return np.asarray(cv2.resize(inner, (side, side))[cut, cut])

    def mask(self, codes: tuple[int, ...]) -> Plane:
        """How far each sample is of some codes, 0 to 1, with soft borders."""
        chosen = np.isin(self.codes, codes).astype(np.float32)
        return np.asarray(cv2.GaussianBlur(chosen, (0, 0), 0.6))

    def at(self, plane: np.ndarray, places: Float64[np.ndarray, "N 2"]) -> np.ndarray:
        """Read a field at points (x, y) in level-0 pixels: the nearest samples."""
        corner = np.array(self.first_cell[::-1])
        samples = np.floor((places / self.lie.cell_px - corner) * PER_CELL).astype(np.int64)
        col, row = samples.clip(0, SPAN - 1).T
        return np.asarray(plane[row, col])

    def class_at(self, places: Float64[np.ndarray, "N 2"]) -> UInt8[np.ndarray, "N"]:
        """Code of the class map's cell at points (x, y) in level-0 pixels, its border unbent."""
        spare = np.array(self.first_cell[::-1]) - _SPARE_CELLS
        col, row = (np.floor(places / self.lie.cell_px).astype(np.int64) - spare).T
        last = len(self.window) - 1
        return np.asarray(self.window[row.clip(0, last), col.clip(0, last)])

    def _enlarge(self, chosen: Bool[np.ndarray, "C C"]) -> Plane:
        side = len(chosen) * PER_CELL
        smooth = cv2.resize(chosen.astype(np.float32), (side, side))
        return np.asarray(cv2.GaussianBlur(smooth, (0, 0), 1.5))

    def _bend(self, planes: list[Plane]) -> Float32[np.ndarray, "K side side"]:
        """Cut the fields' part out of wider planes, along bent lines."""
        spare = _SPARE_CELLS * PER_CELL
        line = np.arange(spare, spare + SPAN, dtype=np.float32)
        x = line[None, :] + 2.2 * self.noise(3, 1.4) + 0.8 * self.noise(5, 0.5)
        y = line[:, None] + 2.2 * self.noise(4, 1.4) + 0.8 * self.noise(6, 0.5)
        return np.stack([cv2.remap(plane, x, y, cv2.INTER_LINEAR) for plane in planes])


def cut_window(
    classes: UInt8[np.ndarray, "rows cols"], row: int, col: int
) -> UInt8[np.ndarray, "side side"]:
    """Cells in and around a block; glass beyond the map."""
    wide = MARGIN_CELLS + _SPARE_CELLS
    side = BLOCK_CELLS + 2 * wide
    window = np.zeros((side, side), np.uint8)
    top, left = row * BLOCK_CELLS - wide, col * BLOCK_CELLS - wide
    part = classes[max(top, 0) : top + side, max(left, 0) : left + side]
    down, right = max(-top, 0), max(-left, 0)
    window[down : down + part.shape[0], right : right + part.shape[1]] = part
    return window
