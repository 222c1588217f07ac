"""The eight dihedral views of a slide.

A view turns and mirrors the whole slide. Convolutional encoders are not invariant to that, so
each patch is turned *before* it is encoded, and the grid of embeddings is turned alike; a slide
gives eight grids (Tellez et al., NIC, 2021, section on augmentation).

A compressed slide stores its views upright: cell (row, column) of every view is the same place
on the slide. :func:`orient` turns a stored view into the grid of the turned slide.
"""

from typing import TypeVar

import numpy as np

VIEWS = 8
"""Number of elements of the dihedral group of the square."""

ArrayT = TypeVar("ArrayT", bound=np.ndarray)


def orient(array: ArrayT, view: int, axes: tuple[int, int] = (-2, -1)) -> ArrayT:
    """Turn ``array`` into ``view``: ``view % 4`` quarter turns, then a mirror if ``view >= 4``.

    Parameters
    ----------
    array : ndarray
        Any array with a row and a column axis: a patch (tile, tile, 3) or a grid (C, H, W).
    view : int
        0 to 7; 0 is the identity.
    axes : tuple of int
        Row and column axis.

    Returns
    -------
    ndarray
        A view of the memory of ``array``; rows and columns are exchanged for odd ``view``.

    Examples
    --------
    >>> orient(np.array([[1, 2], [3, 4]]), 1)
    array([[2, 4],
           [1, 3]])
    >>> orient(np.array([[1, 2], [3, 4]]), 4)
    array([[2, 1],
           [4, 3]])
    """
    if not 0 <= view < VIEWS:
        raise ValueError(f"view is {view}; allowed are 0 to {VIEWS - 1}")
    turned = np.rot90(array, view % 4, axes=axes)
    return np.flip(turned, axis=axes[1]) if view >= 4 else turned
