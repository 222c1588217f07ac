"""A slide at low resolution, read in blocks."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

BLOCK_PX = 2048
"""Side of a block in px of the level read; bounds the memory whatever the slide's size."""

ReadRegion = Callable[[tuple[int, int], int, tuple[int, int]], np.ndarray]
"""Called with level-0 position (x, y), level and size (width, height); gives RGB."""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The whole slide, reduced.

    Attributes
    ----------
    rgb : uint8 ndarray (height, width, 3)
        From level-0 px (0, 0) on; the last row and column may reach beyond the slide.
    downsample : float
        Level-0 px to one px.
    """

    rgb: UInt8[np.ndarray, "height width 3"]
    downsample: float

    def shrink(self, factor: int) -> "Overview":
        """Reduce by a whole factor with box means."""
        return Overview(rgb=box_mean(self.rgb, factor), downsample=self.downsample * factor)

    def fit(self, longest_px: int) -> "Overview":
        """Reduce by area means to at most ``longest_px``; never enlarge."""
        height, width = self.rgb.shape[:2]
        scale = max(height, width) / longest_px
        if scale <= 1:
            return self
        size = (max(1, round(width / scale)), max(1, round(height / scale)))
        rgb = cv2.resize(self.rgb, size, interpolation=cv2.INTER_AREA)
        return Overview(rgb=rgb, downsample=self.downsample * scale)


def read_overview(
    read: ReadRegion,
    *,
    sizes: tuple[tuple[int, int], ...],
    downsamples: tuple[float, ...],
    wanted: float,
) -> Overview:
    """Reduce a slide by about ``wanted``, never by more, from the cheapest level.

    The coarsest level that is fine enough is read in blocks and reduced by a whole factor with
    box means, so time grows with that level and memory with the result only.

    Parameters
    ----------
    read : callable
        Reads a region as RGB.
    sizes : tuple of (int, int)
        Width and height of each level in px.
    downsamples : tuple of float
        Level-0 px to one px of each level.
    wanted : float
        Level-0 px to one px of the result; below 1 counts as 1.
    """
    wanted = max(wanted, 1.0)
    level = max(
        (index for index, each in enumerate(downsamples) if each <= wanted * 1.001),
        key=lambda index: downsamples[index],
    )
    factor = max(1, math.floor(wanted / downsamples[level] + 1e-3))
    width, height = sizes[level]
    result = np.empty((-(-height // factor), -(-width // factor), 3), np.uint8)
    step = max(factor, BLOCK_PX // factor * factor)
    for x, y in _corners(width, height, step):
        size = (min(step, width - x), min(step, height - y))
        corner = (round(x * downsamples[level]), round(y * downsamples[level]))
        block = box_mean(read(corner, level, size), factor)
        top, left = y // factor, x // factor
        result[top : top + block.shape[0], left : left + block.shape[1]] = block
    return Overview(rgb=result, downsample=downsamples[level] * factor)


def box_mean(
    rgb: UInt8[np.ndarray, "height width 3"], factor: int
) -> UInt8[np.ndarray, "rows columns 3"]:
    """Average ``factor`` × ``factor`` px; a partial last row or column repeats its border."""
    if factor == 1:
        return rgb
    height, width = rgb.shape[:2]
    below, right = -height % factor, -width % factor
    if below or right:
        rgb = np.pad(rgb, ((0, below), (0, right), (0, 0)), mode="edge")
    size = (rgb.shape[1] // factor, rgb.shape[0] // factor)
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def _corners(width: int, height: int, step: int) -> Iterator[tuple[int, int]]:
    for y in range(0, height, step):
        for x in range(0, width, step):
            yield x, y
