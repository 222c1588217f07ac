"""Holes and tears in the tissue."""

import numpy as np

from histopress.simulate.anatomy.fields import Mask, pick_cells, smooth_noise, top_cells
from histopress.simulate.anatomy.glands import rasterise

MOST = 0.03
"""Share of the tissue that holes take at most."""
CELLS_PER_HOLE = 20_000


def tear(rng: np.random.Generator, tissue: Mask, *, spared: Mask) -> Mask:
    """Make a few round holes and long tears, none of them in what is spared.

    Returns
    -------
    bool ndarray (rows, cols)
        At most 3 % of the tissue's cells, all of them tissue; none where there is no room.
    """
    total = int(np.count_nonzero(tissue))
    allowed = tissue & ~spared
    count = int(rng.integers(2, 5)) + int(total / CELLS_PER_HOLE)
    centres = pick_cells(rng, allowed, count)
    area = total * rng.uniform(0.3, 1.0) * MOST / count * rng.uniform(0.4, 1.6, count)
    radius = np.sqrt(np.minimum(area, 150.0) / np.pi)
    ratio = np.where(rng.random(count) < 0.5, rng.uniform(1.8, 3.0, count), 1.2)
    angle = rng.uniform(0, np.pi, count)
    ellipses = np.stack(
        [*(centres[:, ::-1] + 0.5).T, *(part[: len(centres)] for part in (radius, ratio, angle))],
        axis=1,
    )
    torn = rasterise(ellipses, tissue.shape) & allowed
    return top_cells(smooth_noise(rng, tissue.shape, 2.0), torn, int(MOST * total))
