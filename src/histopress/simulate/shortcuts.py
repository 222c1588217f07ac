"""Summaries of slides that must not tell a label: colour, area, number of nuclei, centre.

A network that learned one of them would look like one that learned the cause. What each tells is
scored in :mod:`histopress.claims.shortcuts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float64, UInt8

from histopress.simulate.anatomy.tissue import Anatomy, Tissue
from histopress.simulate.phantom_slides import PhantomSlide
from histopress.slide.overview import box_mean
from histopress.slide.settings import TissueSettings
from histopress.slide.stain import find_glass, optical_density
from histopress.slide.tissue import tissue_mask

TISSUE_UM, NUCLEI_UM = 8.0, 1.0
"""µm/px at which tissue and nuclei are found; finer slides are reduced."""

SMOOTH_UM = 1.0
APART_UM = 4.0
"""Dark spots are blurred by the one, and nearer ones than the other count as one."""

DARK = 0.25
"""Optical density of red, above what lies around, that makes a nucleus; eosin absorbs little of
it."""

AROUND_UM = 24.0

Columns = dict[str, Float64[np.ndarray, "patients columns"]]
"""Columns of each shortcut, one row a patient."""


@dataclass(frozen=True, kw_only=True)
class SlideSummary:
    """What a slide shows at a glance.

    Attributes
    ----------
    rgb : tuple of (float, float, float)
        Mean colour of the tissue, 0 to 255; of the whole slide where there is none.
    tissue_mm2 : float
        Area of the tissue.
    nuclei : float
        Number of nuclei.
    """

    rgb: tuple[float, float, float]
    tissue_mm2: float
    nuclei: float


def summarise_picture(rgb: UInt8[np.ndarray, "h w 3"], *, spacing_um: float) -> SlideSummary:
    """Summarise a whole slide from its pixels.

    Parameters
    ----------
    rgb : uint8 ndarray (h, w, 3)
        The slide at 1 µm/px or finer; coarser ones hide nuclei.
    spacing_um : float
        µm/px of ``rgb``.

    Notes
    -----
    About 40 bytes of memory for each µm².
    """
    finer = max(round(NUCLEI_UM / spacing_um), 1)
    rgb, spacing_um = box_mean(rgb, finer), spacing_um * finer
    factor = max(round(TISSUE_UM / spacing_um), 1)
    small = box_mean(rgb, factor)
    mask = tissue_mask(small, spacing_um=factor * spacing_um, settings=TissueSettings())
    colour = small[mask].mean(0) if mask.any() else small.mean((0, 1))
    wide = cv2.resize(
        mask.astype(np.uint8), None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST
    )
    height, width = rgb.shape[:2]
    spots = find_spots(rgb, spacing_um=spacing_um) & (wide[:height, :width] > 0)
    return SlideSummary(
        rgb=(float(colour[0]), float(colour[1]), float(colour[2])),
        tissue_mm2=float(mask.sum()) * (factor * spacing_um / 1000) ** 2,
        nuclei=float(spots.sum()),
    )


def find_spots(rgb: UInt8[np.ndarray, "h w 3"], *, spacing_um: float) -> Bool[np.ndarray, "h w"]:
    """Mark the middles of dark spots, for nuclei.

    Local maxima of the blurred optical density of red that stand out from their surroundings. Two
    nuclei that touch may count as one, and a large clumped one as two: good for a comparison of
    slides, not for a count that is to be right.

    Examples
    --------
    >>> picture = np.full((64, 64, 3), 235, np.uint8)
    >>> for x in (16, 40):
    ...     _ = cv2.circle(picture, (x, 30), 6, (90, 60, 140), -1)
    >>> int(find_spots(picture, spacing_um=0.5).sum())
    2
    """
    density = np.ascontiguousarray(optical_density(rgb, find_glass(rgb).rgb)[..., 0])
    smooth = cv2.GaussianBlur(density, (0, 0), SMOOTH_UM / spacing_um)
    around = 2 * round(AROUND_UM / spacing_um) + 1
    ground = cv2.blur(density, (around, around))
    side = 2 * max(round(APART_UM / spacing_um), 1) + 1
    highest = cv2.dilate(smooth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    tops = (smooth >= highest) & (smooth - ground > DARK)
    # A flat top is one spot, however many pixels tie.
    count, _, _, middles = cv2.connectedComponentsWithStats(tops.astype(np.uint8), connectivity=8)
    marks = np.zeros(tops.shape, bool)
    at = middles[1:count].astype(int)
    marks[at[:, 1], at[:, 0]] = True
    return marks


def class_areas(anatomy: Anatomy) -> dict[str, float]:
    """Give the share of the tissue area that each class has on a slide's map.

    Mean colour and number of nuclei are sums over classes: where no class's area tells a label,
    they can tell it only by how the classes are drawn. So this is tested without any pixels.
    """
    return {
        tissue.name.lower(): anatomy.fraction(tissue)
        for tissue in Tissue
        if tissue is not Tissue.GLASS
    }


def patient_shortcuts(
    cohort: Sequence[PhantomSlide], summaries: Mapping[str, SlideSummary]
) -> Columns:
    """Lay out the shortcuts of patients.

    Parameters
    ----------
    cohort : sequence of PhantomSlide
        Slides; patients stand in the order of their first ones.
    summaries : mapping of str to SlideSummary
        Of each slide, by id.

    Returns
    -------
    dict
        ``mean-rgb`` (3 columns, of the mean slide), ``tissue-area`` and ``nuclear-count`` (2: of
        the mean slide and of all), ``centre`` (one column a centre) and ``slides`` (their number).
    """
    patients: dict[str, list[PhantomSlide]] = {}
    for slide in cohort:
        patients.setdefault(slide.patient_id, []).append(slide)
    centres = sorted({slide.center for slide in cohort})
    rows: dict[str, list[list[float]]] = {}
    for own in patients.values():
        found = [summaries[slide.slide_id] for slide in own]
        area, nuclei = (
            [sum(values) / len(values), sum(values)]
            for values in ([each.tissue_mm2 for each in found], [each.nuclei for each in found])
        )
        row = {
            "mean-rgb": np.mean([each.rgb for each in found], axis=0).tolist(),
            "tissue-area": area,
            "nuclear-count": nuclei,
            "centre": [float(own[0].center == centre) for centre in centres],
            "slides": [float(len(own))],
        }
        for name, values in row.items():
            rows.setdefault(name, []).append(values)
    return {name: np.array(values, np.float64) for name, values in rows.items()}
