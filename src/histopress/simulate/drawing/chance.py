"""Random numbers by place: any window of an endless plane can be drawn by itself.

A number is a hash of the slide's root, a purpose and the integer coordinates that it belongs to
(a counter-based generator, Salmon et al. 2011, with the finaliser of SplitMix64, Steele et al.
2014). So neighbouring blocks agree on what lies between them, in whatever order they are drawn,
and nothing is kept.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt64

_STEP = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_SPLINE_SD = 2.08
"""One over the standard deviation that a cubic B-spline leaves of white noise on its knots."""


def stir(keys: UInt64[np.ndarray, "..."], stream: int) -> UInt64[np.ndarray, "..."]:
    """Hash keys into other keys; each stream gives other ones."""
    mixed = keys + np.uint64((stream + 1) * _STEP & _MASK)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def uniform(keys: UInt64[np.ndarray, "..."], stream: int) -> Float64[np.ndarray, "..."]:
    """Numbers in [0, 1), one a key, independent between streams.

    Examples
    --------
    >>> keys = np.arange(100_000, dtype=np.uint64)
    >>> float(uniform(keys, 1).mean().round(2)), float(uniform(keys, 2).std().round(3))
    (0.5, 0.288)
    """
    return np.asarray((stir(keys, stream) >> np.uint64(11)) * 2.0**-53)


def place_keys(
    root: int, stream: int, x: Int64[np.ndarray, "..."], y: Int64[np.ndarray, "..."]
) -> UInt64[np.ndarray, "..."]:
    """Keys of integer places; x and y broadcast."""
    start = stir(np.array([root & _MASK], np.uint64), stream)[0]
    return stir(stir(x.astype(np.uint64) ^ start, 0) ^ y.astype(np.uint64), 1)


def smooth_window(
    root: int, stream: int, *, pitch: float, left: float, top: float, step: float, count: int
) -> Float32[np.ndarray, "count count"]:
    """Smooth noise of mean 0 and standard deviation about 1 on a grid of samples.

    Uniform numbers on a lattice of ``pitch``, joined by cubic B-splines.

    Parameters
    ----------
    root, stream : int
        Which of all endless fields.
    pitch : float
        Distance between the lattice's knots.
    left, top : float
        Place of the first sample, in the unit of the pitch.
    step : float
        Distance between samples.
    count : int
        Samples along each side.
    """
    first_x, across = _weights(left / pitch, step / pitch, count)
    first_y, down = _weights(top / pitch, step / pitch, count)
    cols = np.arange(across.shape[1], dtype=np.int64) + first_x
    rows = np.arange(down.shape[1], dtype=np.int64) + first_y
    knots = uniform(place_keys(root, stream, cols[None, :], rows[:, None]), 2)
    knots = (knots.astype(np.float32) - 0.5) * np.float32(np.sqrt(12.0) * _SPLINE_SD)
    return np.asarray(down @ knots @ across.T)


def _weights(start: float, step: float, count: int) -> tuple[int, Float32[np.ndarray, "count K"]]:
    """First knot, and each sample's weights of the knots from there on."""
    first = int(np.floor(start)) - 1
    return first, _spline(round(start - first, 9), round(step, 12), count)


@lru_cache(maxsize=256)
def _spline(start: float, step: float, count: int) -> Float32[np.ndarray, "count K"]:
    at = start + step * np.arange(count)
    far = np.abs(at[:, None] - np.arange(int(at[-1]) + 3)[None, :])
    near = 2 / 3 - far**2 + far**3 / 2
    weights = np.where(far < 1, near, np.clip(2 - far, 0, None) ** 3 / 6).astype(np.float32)
    weights.setflags(write=False)
    return weights
