"""Where on a slide there is tissue."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from histopress.slide.settings import TissueSettings
from histopress.slide.stain import (
    colour_density,
    find_black,
    find_glass,
    find_ink,
    optical_density,
)

_SEED = 2.0
"""Tissue holds px that are this much more coloured than the threshold; shades of dust do not."""
_MAX_RAISE = 2.0


def tissue_mask(
    rgb: UInt8[np.ndarray, "h w 3"], *, spacing_um: float, settings: TissueSettings
) -> Bool[np.ndarray, "h w"]:
    """Find H&E stained tissue on brightfield slides.

    Stain absorbs the channels unequally; glass, dust, shadows, black padding and black ink do
    not. So the measure is the spread of optical density over the channels, relative to the
    slide's own glass. The threshold follows the glass's noise within fixed bounds rather than
    the image's histogram: a field that is tissue all over stays whole and an empty slide stays
    empty, where Otsu's method would halve both. Pale parts count if they hang together with
    clearly stained ones (hysteresis). Narrow gaps are bridged, small pieces removed, small holes
    filled, large areas of ink cut out.

    Parameters
    ----------
    rgb : uint8 ndarray (h, w, 3)
        The slide at low resolution, ideally 4 to 16 µm/px.
    spacing_um : float
        µm/px of ``rgb``.
    settings : TissueSettings
        Threshold, areas and widths.

    Returns
    -------
    bool ndarray (h, w)
        True on tissue.

    Notes
    -----
    Not for stains without colour and not for fluorescence. Blood lakes wider than the least pen
    area may be taken for red ink, coloured shadows of coverslip edges for tissue.

    Examples
    --------
    >>> rgb = np.full((40, 40, 3), 240, np.uint8)
    >>> rgb[10:30, 10:30] = (220, 150, 190)
    >>> mask = tissue_mask(rgb, spacing_um=8.0, settings=TissueSettings())
    >>> int(mask.sum()), bool(mask[20, 20])
    (400, True)
    """
    pixel_um2 = spacing_um**2
    glass = find_glass(rgb)
    density = optical_density(rgb, glass.rgb)
    ink = find_ink(rgb, density, min_px=settings.min_pen_um2 / pixel_um2)
    colour = colour_density(density)
    colour[find_black(rgb) | ink] = 0
    threshold = float(
        np.clip(3 * glass.noise, settings.min_colour, _MAX_RAISE * settings.min_colour)
    )
    mask = _stained(colour, threshold)
    mask = _close(mask, settings.closing_um / spacing_um)
    mask = _without_small(mask, settings.min_area_um2 / pixel_um2)
    mask = ~_without_small(~mask, settings.max_hole_um2 / pixel_um2)
    return mask & ~ink


def _stained(colour: Float32[np.ndarray, "h w"], threshold: float) -> Bool[np.ndarray, "h w"]:
    """Keep what exceeds the threshold and touches something that clearly exceeds it."""
    above = (colour > threshold).astype(np.uint8)
    count, labels = cv2.connectedComponents(above, connectivity=8)
    seeded = np.zeros(count, bool)
    seeded[labels[colour > _SEED * threshold]] = True
    seeded[0] = False
    return seeded[labels]


def _close(mask: Bool[np.ndarray, "h w"], width_px: float) -> Bool[np.ndarray, "h w"]:
    radius = round(width_px / 2)
    if radius < 1:
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = np.pad(mask.astype(np.uint8), radius)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
    return closed[radius:-radius, radius:-radius].astype(bool)


def _without_small(mask: Bool[np.ndarray, "h w"], min_px: float) -> Bool[np.ndarray, "h w"]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= min_px
    keep[0] = False
    return keep[labels]
