"""A grid held in fewer bits a number."""

from dataclasses import replace

import numpy as np

from histopress.compress.slide import CompressedSlide


def round_grid(slide: CompressedSlide, bits: int) -> CompressedSlide:
    """Round each channel of a slide to evenly spaced steps between its lowest and highest value.

    What would be stored is the step number, in ``bits`` bits, and two float16 a channel; here it is
    expanded again, so that models see what they would read. Background stays 0.

    Parameters
    ----------
    slide : CompressedSlide
    bits : int
        1 to 15; float16 itself has 10 bits of mantissa.

    Returns
    -------
    CompressedSlide
        Each number within half a step, (highest - lowest) / (2^bits - 1), of what it was, but for
        float16's own rounding.
    """
    kept = slide.kept
    if not kept.any():
        return slide
    cells = slide.grid[:, :, kept].astype(np.float32)
    low = cells.min((0, 2), keepdims=True)
    step = (cells.max((0, 2), keepdims=True) - low) / (2**bits - 1)
    steps = np.round((cells - low) / np.where(step > 0, step, 1))
    grid = slide.grid.copy()
    grid[:, :, kept] = (low + steps * step).astype(np.float16)
    return replace(slide, grid=grid)
