"""Laying embeddings on the grid of their slide."""

import numpy as np
from jaxtyping import Float16, Int32


def lay_on_grid(
    vectors: Float16[np.ndarray, "V N C"], tile_index: Int32[np.ndarray, "H W"]
) -> Float16[np.ndarray, "V C H W"]:
    """Put each tile's embedding into its cell; background is 0.

    Parameters
    ----------
    vectors : float16 ndarray (V, N, C)
        Embeddings of the kept tiles.
    tile_index : int32 ndarray (H, W)
        Row of ``vectors`` that belongs to a cell, −1 for none.

    Returns
    -------
    float16 ndarray (V, C, H, W)
        The compressed slide, every view upright.

    Raises
    ------
    ValueError
        The index does not name each row exactly once.

    Examples
    --------
    >>> vectors = np.array([[[1.0], [2.0]]], np.float16)
    >>> lay_on_grid(vectors, np.array([[-1, 1], [0, -1]], np.int32))[0, 0]
    array([[0., 2.],
           [1., 0.]], dtype=float16)
    """
    views, count, channels = vectors.shape
    kept = tile_index >= 0
    named = np.sort(tile_index[kept])
    if not np.array_equal(named, np.arange(count)):
        raise ValueError(f"the grid names {named.size} tiles, the features hold {count}")
    grid = np.zeros((views, channels, *tile_index.shape), np.float16)
    grid[:, :, kept] = vectors[:, tile_index[kept]].transpose(0, 2, 1)
    return grid


def element_ratio(*, stride_px: int, channels: int) -> float:
    """Volume ratio F = 3S²/C of pixels to embedding values (Tellez et al., NIC, 2021).

    Examples
    --------
    >>> element_ratio(stride_px=128, channels=128)
    384.0
    """
    return 3 * stride_px**2 / channels
