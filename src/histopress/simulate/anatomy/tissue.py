"""What a phantom slide is made of, on a coarse map: the truth that the pixels are drawn from."""

from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

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
"""The nine of bowel, which a patch task asks for unless told otherwise."""


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

    def regions(self, tissue: Tissue) -> Float64[np.ndarray, "N 3"]:
        """Find the connected regions of a class (4-neighbours), from top to bottom.

        Returns
        -------
        float64 ndarray (N, 3)
            Centre of mass x, y in cells from the slide's corner, and area in cells, of each.

        Examples
        --------
        >>> classes = np.array([[1, 1, 0], [0, 0, 4], [4, 4, 0]], np.uint8)
        >>> Anatomy(classes=classes, glands=np.zeros((0, 5))).regions(Tissue.TUMOUR).tolist()
        [[2.5, 1.5, 1.0], [1.0, 2.5, 2.0]]
        """
        mask = (self.classes == tissue).view(np.uint8)
        _, _, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=4)
        found = np.column_stack([centres[1:] + 0.5, stats[1:, cv2.CC_STAT_AREA]])
        return found[np.lexsort((found[:, 0], found[:, 1]))]

    def nests(self) -> Float64[np.ndarray, "N 2"]:
        """Centres (x, y) of the connected tumour regions, in cells from the slide's corner."""
        return self.regions(Tissue.TUMOUR)[:, :2]
