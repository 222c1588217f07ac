"""Where patches of kinds of tissue, of epithelium and of metastases lie, by the class map."""

from collections.abc import Sequence

import numpy as np

from histopress.patches.phantom_slide import PURITY, Corners, PatchSlide
from histopress.simulate.anatomy.tissue import Tissue

EPITHELIUM = (Tissue.GLAND, Tissue.TUMOUR)


def find_tissues(
    slide: PatchSlide, rng: np.random.Generator, *, kinds: Sequence[Tissue]
) -> list[Corners]:
    """Find patches that each kind of tissue covers by at least :data:`PURITY`."""
    corners = slide.lattice(rng)
    return [
        corners[slide.shares(slide.anatomy.classes == kind, corners) >= PURITY] for kind in kinds
    ]


def find_epithelium(slide: PatchSlide, rng: np.random.Generator) -> list[Corners]:
    """Find patches of which glands and tumour cover more than half, and patches of other tissue.

    Both are tissue by at least :data:`PURITY`; a patch that is half and half is left out.
    """
    corners = slide.lattice(rng)
    classes = slide.anatomy.classes
    corners = corners[slide.shares(classes > 0, corners) >= PURITY]
    share = slide.shares(np.isin(classes, EPITHELIUM), corners)
    # The area is a sum of many cells: half of it may come out a hair above or below.
    return [corners[share > 0.5 + 1e-9], corners[share < 0.5 - 1e-9]]


def find_metastases(slide: PatchSlide, rng: np.random.Generator) -> list[Corners]:
    """Find patches whose middle is tumour, and patches without tumour.

    The cell under a patch's middle pixel decides, as in PatchCamelyon the middle of a patch does
    (Veeling et al. 2018). A normal patch has no tumour cell, nor one within a cell of its border,
    whose nuclei might reach in. Both are tissue by at least :data:`PURITY`.
    """
    corners = slide.lattice(rng)
    classes = slide.anatomy.classes
    corners = corners[slide.shares(classes > 0, corners) >= PURITY]
    tumour = classes == Tissue.TUMOUR
    col, row = ((corners + slide.tile_px // 2) // slide.cell_px).T
    near = slide.shares(tumour, corners, margin_px=slide.cell_px) > 1e-9
    return [corners[tumour[row, col]], corners[~near]]
