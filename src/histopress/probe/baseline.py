"""Colour and texture statistics: what a patch tells without any learned feature.

Every feature is the same for all eight turned and mirrored versions of a patch.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Float32, Float64, Int64, Num, UInt8

from histopress.patches.table import PatchTable
from histopress.slide.stain import optical_density
from histopress.types import Progress

STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
"""Absorbance of haematoxylin, eosin and DAB in red, green and blue (Ruifrok & Johnston 2001)."""

WHITE = (255.0, 255.0, 255.0)
PERCENTILES = (10, 50, 90)
RADII = (1, 2)
EDGES = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, np.inf)
"""Bins of the gradient's magnitude, in grey levels a pixel."""
CHUNK = 256

_RING = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def colour_texture(
    table: PatchTable, indices: Int64[np.ndarray, "N"], *, progress: Progress | None = None
) -> Float32[np.ndarray, "N F"]:
    """Features of the central parts of patches, in the order of ``indices``."""
    found = [np.zeros((0, len(feature_names())), np.float32)]
    for start in range(0, len(indices), CHUNK):
        chosen = indices[start : start + CHUNK]
        found.append(patch_features(table.cropped(chosen)))
        if progress:
            progress(start + len(chosen), len(indices))
    return np.concatenate(found)


def patch_features(images: UInt8[np.ndarray, "N S S 3"]) -> Float32[np.ndarray, "N F"]:
    """Colour statistics, local binary patterns and gradient histograms.

    Mean, standard deviation and percentiles of red, green, blue and of the amounts of
    haematoxylin, eosin and DAB (optical density unmixed; Ruifrok & Johnston 2001); uniform
    rotation-invariant local binary patterns of 8 neighbours (Ojala et al., TPAMI 2002; on a square
    ring, without interpolation) of grey and of haematoxylin; histogram of the gradient's magnitude
    and its coherence, at full and at half resolution.

    Parameters
    ----------
    images : uint8 ndarray (N, S, S, 3)
        RGB, S at least 8.
    """
    stains = _unmixed(images)
    grey = np.einsum("nhwc,c->nhw", images.astype(np.float32), _GREY).round()
    haematoxylin = (stains[..., 0] * 64).round()
    parts = [_colour(images), _colour(stains)]
    for channel in (grey, haematoxylin):
        parts += [_binary_patterns(channel, radius) for radius in RADII]
    parts += [_gradients(grey), _gradients(_halved(grey))]
    return np.concatenate(parts, axis=1).astype(np.float32)


def feature_names() -> tuple[str, ...]:
    """Name the features in order.

    Examples
    --------
    >>> len(feature_names()), feature_names()[0]
    (86, 'red mean')
    """
    kinds = ("mean", "sd", *(f"p{each}" for each in PERCENTILES))
    channels = ("red", "green", "blue", "haematoxylin", "eosin", "dab")
    names = [f"{channel} {kind}" for channel in channels for kind in kinds]
    patterns = (*(f"{ones} ones" for ones in range(9)), "mixed")
    for channel in ("grey", "haematoxylin"):
        names += [f"{channel} pattern r{radius} {each}" for radius in RADII for each in patterns]
    for scale in (1, 2):
        names += [f"gradient x{scale} from {edge:g}" for edge in EDGES[:-1]]
        names.append(f"coherence x{scale}")
    return tuple(names)


def _unmixed(images: UInt8[np.ndarray, "N S S 3"]) -> Float32[np.ndarray, "N S S 3"]:
    density = optical_density(images, WHITE)
    rows = STAINS / np.linalg.norm(STAINS, axis=1, keepdims=True)
    return np.einsum("nhwc,cs->nhws", density, np.linalg.inv(rows).astype(np.float32))


def _colour(images: Num[np.ndarray, "N S S 3"]) -> Float64[np.ndarray, "N 15"]:
    """Statistics of each channel; sorted first, so that sums do not depend on the turn."""
    pixels = np.sort(images.reshape(len(images), -1, 3).astype(np.float64), axis=1)
    places = [round(each / 100 * (pixels.shape[1] - 1)) for each in PERCENTILES]
    kinds = [pixels.mean(1), pixels.std(1), *(pixels[:, place] for place in places)]
    return np.stack(kinds, axis=2).reshape(len(images), -1)


def _binary_patterns(
    grey: Float32[np.ndarray, "N S S"], radius: int
) -> Float64[np.ndarray, "N 10"]:
    """Shares of the nine uniform patterns, by how many neighbours are as bright, and of others."""
    inner = slice(radius, -radius)
    center = grey[:, inner, inner]
    side = center.shape[1]
    ring = np.stack(
        [
            grey[:, radius * (1 + y) :, radius * (1 + x) :][:, :side, :side] >= center
            for y, x in _RING
        ]
    )
    changes = (ring != np.roll(ring, 1, axis=0)).sum(0)
    codes = np.where(changes <= 2, ring.sum(0), 9).reshape(len(grey), -1)
    return np.stack([(codes == code).mean(1) for code in range(10)], axis=1)


def _gradients(grey: Float32[np.ndarray, "N S S"]) -> Float64[np.ndarray, "N 8"]:
    """Histogram of the magnitude, and how far the patch has one direction (0 to 1)."""
    down = (grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]).astype(np.float64) / 2
    right = (grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]).astype(np.float64) / 2
    magnitude = np.hypot(down, right).reshape(len(grey), -1)
    shares = [((magnitude >= low) & (magnitude < high)).mean(1) for low, high in pairwise(EDGES)]
    dd, rr, dr = ((a * b).sum((1, 2)) for a, b in ((down, down), (right, right), (down, right)))
    energy = dd + rr
    coherence = np.hypot(dd - rr, 2 * dr) / np.where(energy > 0, energy, 1)
    return np.stack([*shares, coherence], axis=1)


def _halved(grey: Float32[np.ndarray, "N S S"]) -> Float32[np.ndarray, "N s s"]:
    side = grey.shape[1] // 2 * 2
    even = grey[:, :side, :side]
    return (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / 4
