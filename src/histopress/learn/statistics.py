"""Statistics of the training slides' cells that networks standardise with."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from histopress.compress.slide import CompressedSlide

SMALLEST_SCALE = 1e-6
"""A channel that varies less than this over all tissue cells is left unscaled."""


def tissue_statistics(
    slides: Sequence[CompressedSlide], views: int
) -> tuple[Float32[np.ndarray, " C"], Float32[np.ndarray, " C"]]:
    """Mean and standard deviation of each channel over the kept cells of all slides.

    Each slide weighs alike, so that a large one does not set the scale; float64 inside.
    """
    first, second = [], []
    for slide in slides:
        cells = slide.grid[:views, :, slide.kept].astype(np.float64)
        first.append(cells.mean((0, 2)))
        second.append((cells**2).mean((0, 2)))
    mean = np.mean(first, 0)
    scale = np.sqrt(np.maximum(np.mean(second, 0) - mean**2, 0))
    scale[scale < SMALLEST_SCALE] = 1
    return mean.astype(np.float32), scale.astype(np.float32)
