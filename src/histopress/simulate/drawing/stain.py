"""Haematoxylin and eosin: from concentrations to light."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

REFERENCE: Float64[np.ndarray, "2 3"] = np.array([[0.62, 0.70, 0.35], [0.16, 0.86, 0.43]])
"""Optical density a unit of haematoxylin and eosin in red, green and blue: near the vectors that
Ruifrok & Johnston (2001) and Macenko et al. (2009) measured, drawn for the phantom's look."""


@dataclass(frozen=True, kw_only=True)
class Stain:
    """How one slide is stained and scanned.

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
        Relative standard deviations of the strength; hue varies by a third of them.
    """
    density = REFERENCE.copy()
    white = np.array([244.0, 243.0, 245.0])
    for rng, spread in ((center, center_sd), (slide, slide_sd)):
        density *= np.exp(spread / 3 * rng.standard_normal((2, 3)).clip(-2, 2))
        density *= np.exp(spread * rng.standard_normal((2, 1)).clip(-2, 2))
        white += 8 * spread * rng.standard_normal(3).clip(-2, 2)
    return Stain(density=density.astype(np.float32), white=white.astype(np.float32))


def transmit(
    haematoxylin: Float32[np.ndarray, "H W"], eosin: Float32[np.ndarray, "H W"], stain: Stain
) -> Float32[np.ndarray, "H W 3"]:
    """Grey levels behind stained tissue by Beer and Lambert: white · exp(−concentrations · OD).

    Examples
    --------
    >>> clear = np.zeros((1, 1), np.float32)
    >>> stain = Stain(density=np.ones((2, 3), np.float32), white=np.full(3, 240, np.float32))
    >>> transmit(clear, clear, stain).round(2)
    array([[[240., 240., 240.]]], dtype=float32)
    """
    # log(white) rides along as the constant column, so that one pass does the mixing.
    mixing = np.column_stack([-stain.density.T, np.log(stain.white)]).astype(np.float32)
    return np.asarray(cv2.exp(cv2.transform(cv2.merge([haematoxylin, eosin]), mixing)))


def expose(light: Float32[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
    """Round to 8 bits and saturate."""
    return np.clip(light + 0.5, 0, 255).astype(np.uint8)
