"""NIC's first code: ``{slide}_features.npy``, the grid itself, and a distance map beside it.

``encode_wsi_npy_simple`` in ``source/nic/featurize_wsi.py`` of
davidtellez/neural-image-compression saves float16 (C, H, W), rows from the top, zero where there is
no tissue, and ``{slide}_features_distance_map.npy``. The map is not read: it follows from the grid.
A cell counts as tissue if any channel of it is not zero. Pickled arrays are refused.

Its views (``{slide}_{rotation}_{flip}_features.npy``) are stored as turned, ours upright: give the
file of rotation 0 and flip none.
"""

from pathlib import Path

import numpy as np

from histopress.compress.neighbours.foreign import ForeignFeatures, checked
from histopress.compress.slide import CompressedSlide
from histopress.errors import SlideFault


def read_nic(path: Path, slide_id: str, *, transpose: bool = False) -> ForeignFeatures:
    """Read one slide; a cell is a patch, and its place on the slide is unknown.

    Parameters
    ----------
    path : Path
        The ``.npy`` file.
    slide_id : str
        As in the manifest.
    transpose : bool
        The array is (H, W, C), not (C, H, W).

    Raises
    ------
    SlideFault
        The file is damaged, pickled or no grid of floats.
    """
    try:
        with path.open("rb") as handle:
            grid = np.lib.format.read_array(handle, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SlideFault(
            f"slide '{slide_id}': {path} cannot be read as an array ({error}); pickles are not "
            "read: save it with numpy.save as float16 or float32"
        ) from error
    if grid.ndim != 3 or grid.dtype.kind != "f":
        raise SlideFault(
            f"slide '{slide_id}': {path} is {grid.dtype} of shape {grid.shape}; expected are "
            "floats of shape (channels, rows, columns), or (rows, columns, channels) with the "
            "setting transpose"
        )
    cells = grid if transpose else np.moveaxis(grid, 0, -1)
    rows, columns = np.nonzero((cells != 0).any(axis=-1))
    return checked(
        ForeignFeatures(
            slide_id=slide_id,
            vectors=cells[rows, columns],
            coords=np.stack([columns, rows], axis=1).astype(np.float64),
            unit="cell",
            convention="nic",
            stride=1.0,
            patch=1.0,
            shape=(cells.shape[0], cells.shape[1]),
        )
    )


def write_nic(path: Path, slide: CompressedSlide) -> int:
    """Write the upright view as NIC's code does.

    Returns
    -------
    int
        Cells of tissue whose embedding is all zero; readers take them for background.
    """
    upright = slide.grid[slide.views.index(0)]
    with path.open("wb") as handle:
        np.lib.format.write_array(handle, np.ascontiguousarray(upright), allow_pickle=False)
    return int((slide.kept & (upright == 0).all(axis=0)).sum())


def write_nic_distance(path: Path, slide: CompressedSlide) -> None:
    """Write the distance map, which NIC's code draws crops by."""
    with path.open("wb") as handle:
        np.lib.format.write_array(handle, slide.distance, allow_pickle=False)
