"""The pixels of a drawn slide as bands of rows, several blocks drawn at a time."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product

import numpy as np
from jaxtyping import UInt8

from histopress.simulate.drawing.canvas import Canvas

AHEAD = 2
"""Blocks a thread that are drawn or wait beyond the one that is laid next."""

Block = UInt8[np.ndarray, "height width 3"]


def draw_bands(canvas: Canvas, threads: int = 1) -> Iterator[UInt8[np.ndarray, "rows width 3"]]:
    """Yield a slide from top to bottom, one row of blocks at a time.

    Blocks do not depend on each other, so that any number of threads gives equal pixels; most of
    the drawing is done outside Python's lock.

    Parameters
    ----------
    canvas : Canvas
        What is drawn.
    threads : int
        Blocks drawn at the same time. The next rows are begun while a band is used.

    Notes
    -----
    Memory: one band, the blocks ahead, and what the caller keeps.
    """
    blocks = _draw_ahead(canvas, threads)
    for row in range(canvas.blocks):
        yield _join(canvas, row, blocks)


def _draw_ahead(canvas: Canvas, threads: int) -> Iterator[Block]:
    """Yield blocks row by row; a few more than are asked for are being drawn."""
    places = product(range(canvas.blocks), repeat=2)
    if threads == 1:
        yield from (canvas.block(*place) for place in places)
        return
    waiting: deque[Future[Block]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for place in places:
            waiting.append(pool.submit(canvas.block, *place))
            if len(waiting) > AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _join(canvas: Canvas, row: int, blocks: Iterator[Block]) -> Block:
    """Lay the next blocks side by side."""
    rows = min(canvas.block_px, canvas.size_px - row * canvas.block_px)
    band = np.empty((rows, canvas.size_px, 3), np.uint8)
    for left in range(0, canvas.size_px, canvas.block_px):
        band[:, left : left + canvas.block_px] = next(blocks)
    return band
