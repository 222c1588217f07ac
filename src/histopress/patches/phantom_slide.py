"""A slide to cut patches from: blocks of it are drawn when a patch needs them."""

from functools import cached_property

import cv2
import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from histopress.pictures import read_picture
from histopress.simulate.anatomy.tissue import Anatomy
from histopress.simulate.drawing.canvas import Canvas, cell_pixels
from histopress.simulate.phantom import draw_anatomy, prepare_canvas
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.phantom_slides import PhantomSlide

Corners = Int64[np.ndarray, "N 2"]
"""Top-left pixels (x, y) of patches."""
PURITY = 0.65
"""A patch shows a class, or tissue at all, if so much of its area on the class map does."""


class PatchSlide:
    """One slide's class map and, block by block, its pixels.

    Parameters
    ----------
    slide : PhantomSlide
        What to draw.
    settings : PhantomSettings
        How to draw it.
    seed : int
        The run's seed.
    tile_px : int
        Side of a patch in pixels.
    """

    def __init__(
        self, slide: PhantomSlide, *, settings: PhantomSettings, seed: int, tile_px: int
    ) -> None:
        self.slide, self.settings, self.seed, self.tile_px = slide, settings, seed, tile_px
        self.cell_px = cell_pixels(settings.spacing_um)
        self.anatomy: Anatomy = draw_anatomy(slide, settings=settings, seed=seed)

    @cached_property
    def canvas(self) -> Canvas:
        """What draws the blocks; slower to prepare than the class map."""
        return prepare_canvas(self.anatomy, self.slide, settings=self.settings, seed=self.seed)

    def lattice(self, rng: np.random.Generator) -> Corners:
        """Lay patches over the slide, each half over its neighbours, from a random start."""
        step = self.tile_px // 2
        last = self.settings.size_px - self.tile_px
        x, y = (np.arange(start, last + 1, step) for start in rng.integers(0, step, 2))
        return np.stack([np.tile(x, len(y)), np.repeat(y, len(x))], axis=1).astype(np.int64)

    def inside(self, corners: Corners) -> Bool[np.ndarray, "N"]:
        """Which patches lie wholly on the slide."""
        last = self.settings.size_px - self.tile_px
        return np.asarray(((corners >= 0) & (corners <= last)).all(axis=1))

    def shares(
        self, mask: Bool[np.ndarray, "rows cols"], corners: Corners, *, margin_px: int = 0
    ) -> Float64[np.ndarray, "N"]:
        """Measure which share of each patch, widened by a margin, marked cells cover.

        Exact at whatever pixel a patch starts.
        """
        return measure_shares(
            mask,
            (corners - margin_px) / self.cell_px,
            side=(self.tile_px + 2 * margin_px) / self.cell_px,
        )

    def cut(self, corners: Corners) -> UInt8[np.ndarray, "N h h 3"]:
        """Draw patches: the blocks under them, less what the JPEG of a slide loses.

        A block's side is a multiple of 16 px, the unit of JPEG: a block alone loses what it loses
        on the slide, but for colour along the borders of the slide's tiles.
        """
        side, block = self.tile_px, self.canvas.block_px
        images = np.empty((len(corners), side, side, 3), np.uint8)
        drawn: dict[tuple[int, int], UInt8[np.ndarray, "H W 3"]] = {}
        for image, (left, top) in zip(images, corners.tolist(), strict=True):
            for row in range(top // block, (top + side - 1) // block + 1):
                for col in range(left // block, (left + side - 1) // block + 1):
                    if (row, col) not in drawn:
                        drawn[row, col] = self._block(row, col)
                    _overlay(image, drawn[row, col], (col * block - left, row * block - top))
        return images

    def _block(self, row: int, col: int) -> UInt8[np.ndarray, "H W 3"]:
        """Draw a block and pass it through JPEG."""
        picture = self.canvas.block(row, col)[..., ::-1]
        quality = [cv2.IMWRITE_JPEG_QUALITY, self.settings.quality]
        data = cv2.imencode(".jpg", picture, quality)[1]
        return read_picture(data.tobytes(), self.slide.slide_id)


def measure_shares(
    mask: Bool[np.ndarray, "rows cols"], corners: Float64[np.ndarray, "N 2"], *, side: float
) -> Float64[np.ndarray, "N"]:
    """Measure which share of each square marked cells cover; the mask ends in nothing.

    Parameters
    ----------
    mask : bool ndarray (rows, cols)
        Marked cells.
    corners : float64 ndarray (N, 2)
        Corners (x, y) of the squares in cells.
    side : float
        Their side in cells.

    Examples
    --------
    >>> measure_shares(np.eye(2, dtype=bool), np.array([[0.0, 0.0], [1.5, 0.0]]), side=1.0)
    array([1., 0.])
    """
    area = np.pad(mask.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))

    def under(points: Float64[np.ndarray, "N 2"]) -> Float64[np.ndarray, "N"]:
        """Sum the marked area above and left of points: linear in each coordinate in a cell."""
        x, y = (points[:, axis].clip(0, mask.shape[1 - axis]) for axis in (0, 1))
        col = np.minimum(x.astype(np.int64), mask.shape[1] - 1)
        row = np.minimum(y.astype(np.int64), mask.shape[0] - 1)
        right, down = x - col, y - row
        upper = area[row, col] * (1 - right) + area[row, col + 1] * right
        lower = area[row + 1, col] * (1 - right) + area[row + 1, col + 1] * right
        return upper * (1 - down) + lower * down

    across, along = np.array([side, 0.0]), np.array([0.0, side])
    covered = (
        under(corners + across + along)
        - under(corners + across)
        - under(corners + along)
        + under(corners)
    )
    return covered / side**2


def _overlay(
    image: UInt8[np.ndarray, "h h 3"],
    block: UInt8[np.ndarray, "H W 3"],
    at: tuple[int, int],
) -> None:
    """Lay a block whose corner is at (x, y) of ``image`` over it, in place."""
    x, y = at
    left, top = max(x, 0), max(y, 0)
    right = min(x + block.shape[1], image.shape[1])
    bottom = min(y + block.shape[0], image.shape[0])
    image[top:bottom, left:right] = block[top - y : bottom - y, left - x : right - x]
