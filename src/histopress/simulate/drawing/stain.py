"""Haematoxylin, eosin and haemoglobin: from concentrations to light."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64

REFERENCE: Float64[np.ndarray, "2 3"] = np.array([[0.78, 1.05, 0.54], [0.15, 1.16, 0.64]])
"""Optical density a unit of haematoxylin and eosin in red, green and blue: near the vectors that
Ruifrok & Johnston (2001) and Macenko et al. (2009) measured, drawn for the phantom's look."""
HAEMOGLOBIN: Float32[np.ndarray, "3"] = np.array([0.12, 1.05, 0.95], np.float32)
"""Optical density a unit of a red cell stained by eosin: more orange than collagen."""


@dataclass(frozen=True, kw_only=True)
class Stain:
    """How one slide is stained.

    Attributes
    ----------
    density : float32 ndarray (2, 3)
        Optical density (natural logarithm) a unit of H and E in red, green, blue.
    white : float32 ndarray (3,)
        Grey level of empty glass.
    """

    density: Float32[np.ndarray, "2 3"]
    white: Float32[np.ndarray, "3"]


def draw_stain(
    center: np.random.Generator, slide: np.random.Generator, *, center_sd: float, slide_sd: float
) -> Stain:
    """Vary hue, strength and white point by centre, then by slide.

    Parameters
    ----------
    center, slide : Generator
        The centre's generator, equal for all its slides, and the slide's own.
    center_sd, slide_sd : float
        Relative standard deviations of each stain's strength; those of hue, and of the
        section's thickness, which strengthens both stains alike, are a half of them.
    """
    density = REFERENCE.copy()
    white = np.array([244.0, 243.0, 245.0])
    for rng, spread in ((center, center_sd), (slide, slide_sd)):
        density *= np.exp(spread / 2 * rng.standard_normal((2, 3)).clip(-2, 2))
        density *= np.exp(spread * rng.standard_normal((2, 1)).clip(-2, 2))
        density *= np.exp(spread / 2 * rng.standard_normal(1).clip(-2, 2))
        white += 8 * spread * rng.standard_normal(3).clip(-2, 2)
    return Stain(density=density.astype(np.float32), white=white.astype(np.float32))


def transmit(
    haematoxylin: Float32[np.ndarray, "H W"],
    eosin: Float32[np.ndarray, "H W"],
    stain: Stain,
    haemoglobin: Float32[np.ndarray, "H W"] | None = None,
) -> Float32[np.ndarray, "H W 3"]:
    """Grey levels behind stained tissue by Beer and Lambert: white · exp(−concentrations · OD).

    Examples
    --------
    >>> clear = np.zeros((1, 1), np.float32)
    >>> stain = Stain(density=np.ones((2, 3), np.float32), white=np.full(3, 240, np.float32))
    >>> transmit(clear, clear, stain).round(2)
    array([[[240., 240., 240.]]], dtype=float32)
    """
    dyes, densities = [haematoxylin, eosin], [*stain.density]
    if haemoglobin is not None:
        # Red cells take up eosin: they are as strong as the slide's.
        dyes.append(haemoglobin)
        densities.append(HAEMOGLOBIN * (stain.density[1].sum() / REFERENCE[1].sum()))
    planes = []
    for channel, white in enumerate(np.log(stain.white).tolist()):
        first, second, *rest = (-float(density[channel]) for density in densities)
        plane = cv2.addWeighted(haematoxylin, first, eosin, second, white)
        for dye, factor in zip(dyes[2:], rest, strict=True):
            plane = cv2.scaleAdd(dye, factor, plane)
        planes.append(cv2.exp(plane, dst=plane))
    return np.asarray(cv2.merge(planes))
