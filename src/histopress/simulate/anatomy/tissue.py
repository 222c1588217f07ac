"""What a phantom slide is made of, on a coarse map: the truth that the pixels are drawn from."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Float64, UInt8
from scipy import ndimage

CELL_UM = 16.0
"""Side of a cell of the class map in µm, before rounding to whole pixels."""


class Tissue(IntEnum):
    """Classes of the map, in the order of their codes.

    Nine of them are the tissue types of colorectal sections (Kather et al. 2019; here
    :data:`NINE`). Parenchyma is the liver's plates of hepatocytes, follicle the pale germinal
    centre of a lymph node.
    """

    GLASS = 0
    STROMA = 1
    GLAND = 2
    LYMPHOCYTES = 3
    TUMOUR = 4
    MUSCLE = 5
    FAT = 6
    MUCUS = 7
    BLOOD = 8
    NECROSIS = 9
    PARENCHYMA = 10
    FOLLICLE = 11


NINE = tuple(Tissue(code) for code in range(1, 10))
"""The nine tissue types that a patch task can ask for."""


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """The coarse truth of a slide.

    Attributes
    ----------
    classes : uint8 ndarray (rows, cols)
        A :class:`Tissue` code a cell.
    glands : float64 ndarray (N, 5)
        x, y, mean radius (cells), axis ratio, angle (radians) of each gland.
    """

    classes: UInt8[np.ndarray, "rows cols"]
    glands: Float64[np.ndarray, "N 5"]

    @property
    def tissue_cells(self) -> int:
        """Number of cells that are not glass."""
        return int(np.count_nonzero(self.classes))

    def fraction(self, tissue: Tissue) -> float:
        """Share of the tissue area that is of one class."""
        return float(np.count_nonzero(self.classes == tissue) / max(self.tissue_cells, 1))

    def nests(self) -> Float64[np.ndarray, "N 2"]:
        """Centres (x, y) of the connected tumour regions, in cells from the slide's corner."""
        labels, count = ndimage.label(self.classes == Tissue.TUMOUR)
        centres = ndimage.center_of_mass(labels > 0, labels, np.arange(1, count + 1))
        return np.asarray(centres, float).reshape(-1, 2)[:, ::-1] + 0.5
