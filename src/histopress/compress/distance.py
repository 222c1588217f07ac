"""The distribution that centres of training crops are drawn from."""

import numpy as np
from jaxtyping import Bool, Float32
from scipy.ndimage import distance_transform_edt


def distance_map(kept: Bool[np.ndarray, "H W"]) -> Float32[np.ndarray, "H W"]:
    """Weigh each tissue cell by its depth in the tissue.

    Euclidean distance to the background in cells, divided by its maximum, squared, divided by
    its sum (Tellez et al., NIC, 2021). Outside the grid is background, so that a slide that is
    tissue all over has its mass in the middle.

    Parameters
    ----------
    kept : bool ndarray (H, W)
        True where the cell holds a tile.

    Returns
    -------
    float32 ndarray (H, W)
        Sums to 1; zero on background. All zero if no cell is kept.

    Examples
    --------
    >>> distance_map(np.ones((3, 3), bool)).round(2)
    array([[0.08, 0.08, 0.08],
           [0.08, 0.33, 0.08],
           [0.08, 0.08, 0.08]], dtype=float32)
    """
    if not kept.any():
        return np.zeros(kept.shape, np.float32)
    distance = distance_transform_edt(np.pad(kept, 1))[1:-1, 1:-1]
    weight = (distance / distance.max()) ** 2
    return (weight / weight.sum()).astype(np.float32)
