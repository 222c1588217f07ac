"""Nuclei as small pictures, drawn once a slide, and how they are put on a block."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt64

from histopress.simulate.drawing.chance import uniform
from histopress.simulate.drawing.kinds import Look

ORIENTATIONS = 12
VARIANTS = 12
"""Pictures of a kind = orientations × variants."""

Stamp = Float32[np.ndarray, "side side 2"]
"""Haematoxylin, and how far the nucleus covers what lies under it (0 to 1)."""


def draw_stamps(rng: np.random.Generator, look: Look, spacing_um: float) -> list[Stamp]:
    """Draw the pictures of one kind: all variants in the first orientation, then the next.

    An ellipse with an uneven outline; chromatin cleared from the middle, clumped, with a rim and
    nucleoli; each variant has its own size, strength and blur.

    Returns
    -------
    list of float32 ndarray (side, side, 2)
        Sides are odd, so that a picture has a middle pixel.
    """
    count = ORIENTATIONS * VARIANTS
    size = _vary(rng, look.spread, count)
    stretch = _vary(rng, 0.1, count)
    long, short = look.long_um * size * stretch, look.short_um * size / stretch
    blur = rng.uniform(*look.blur_um, count)
    half = int(np.ceil((long.max() * (1 + 3 * look.bumps) + 3 * blur.max()) / spacing_um))
    x, y = _grid(half, spacing_um)
    angles = np.repeat(np.arange(ORIENTATIONS), VARIANTS) * np.pi / ORIENTATIONS
    cosine, sine = (f(angles).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
    along = (x * cosine + y * sine) / _column(long)
    across = (y * cosine - x * sine) / _column(short)
    outline = _outline(rng, np.arctan2(across, along), look.bumps)
    depth = 1 - np.hypot(along, across) / outline
    inside = np.clip(depth * _column(short) / spacing_um + 0.5, 0, 1)
    profile = _chromatin(rng, look, depth * _column(short), spacing_um)
    profile += _nucleoli(rng, look, (along, across), (long, short))
    dye = _column(look.dye * _vary(rng, 0.22, count) * np.clip(1.25 - 0.5 * blur, 0.5, 1.2))
    pictures = np.stack([dye * profile * inside, inside], axis=-1)
    return [
        _soften(picture, max(float(sigma), 0.3 * spacing_um) / spacing_um)
        for picture, sigma in zip(pictures, blur, strict=True)
    ]


def choose_stamps(
    keys: UInt64[np.ndarray, "N"], angles: Float64[np.ndarray, "N"]
) -> Int64[np.ndarray, "N"]:
    """Choose for each nucleus a variant by its key, in the orientation next to its angle."""
    turns = np.round(angles / np.pi * ORIENTATIONS).astype(np.int64) % ORIENTATIONS
    return turns * VARIANTS + (uniform(keys, 20) * VARIANTS).astype(np.int64)


def press(
    plane: Float32[np.ndarray, "H W 2"],
    stamps: Sequence[Stamp],
    *,
    at: Int64[np.ndarray, "N 2"],
    which: Int64[np.ndarray, "N"],
) -> None:
    """Put stamps on ``plane`` in place; where they overlap, the darker one shows."""
    height, width = plane.shape[:2]
    half = np.array([stamp.shape[0] // 2 for stamp in stamps], np.int64)[which]
    low, high = at - half[:, None], at + half[:, None] + 1
    whole = ((low >= 0) & (high <= (width, height))).all(axis=1)
    touching = ~whole & ((high > 0) & (low < (width, height))).all(axis=1)
    edges = np.concatenate([low, high], axis=1)
    for (left, top, right, bottom), index in zip(
        edges[whole].tolist(), which[whole].tolist(), strict=True
    ):
        spot = plane[top:bottom, left:right]
        np.maximum(spot, stamps[index], out=spot)
    for (left, top, right, bottom), index in zip(
        edges[touching].tolist(), which[touching].tolist(), strict=True
    ):
        rows, cols = slice(max(-top, 0), height - top), slice(max(-left, 0), width - left)
        spot = plane[max(top, 0) : bottom, max(left, 0) : right]
        np.maximum(spot, stamps[index][rows, cols], out=spot)


def _outline(
    rng: np.random.Generator, turn: Float32[np.ndarray, "N S S"], bumps: float
) -> Float32[np.ndarray, "N S S"]:
    outline = np.ones_like(turn)
    for order in (2, 3, 4, 5):
        phase, strength = rng.uniform(0, 2 * np.pi, len(turn)), rng.uniform(0.1, 1, len(turn))
        outline += _column(bumps * strength) * np.cos(order * turn + _column(phase))
    return outline


def _chromatin(
    rng: np.random.Generator, look: Look, depth_um: Float32[np.ndarray, "N S S"], spacing_um: float
) -> Float32[np.ndarray, "N S S"]:
    """Chromatin against depth below the membrane: a rim, a cleared middle, clumps."""
    noise = rng.standard_normal(depth_um.shape, np.float32)
    sigma = max(0.45 / spacing_um, 0.5)
    clumps = np.stack([cv2.GaussianBlur(plane, (0, 0), sigma) for plane in noise])
    clumps /= clumps.std()
    cleared = _column(np.clip(look.pale * rng.uniform(0.6, 1.3, len(noise)), 0, 0.9))
    rim = np.exp(-((depth_um - 0.35) ** 2) / 0.4)
    profile = 1 + 0.35 * cleared + cleared * (1.6 * rim - 0.8)
    # The membrane is smooth: clumps lie inside it.
    return profile * (1 + look.clumps * (1 - 0.8 * rim) * clumps.clip(-1.5, 2.5)).clip(0.15)


def _nucleoli(
    rng: np.random.Generator,
    look: Look,
    axes: tuple[Float32[np.ndarray, "N S S"], Float32[np.ndarray, "N S S"]],
    half_um: tuple[Float64[np.ndarray, "N"], Float64[np.ndarray, "N"]],
) -> Float32[np.ndarray, "N S S"]:
    """Dark round spots inside, in units of the mean dye."""
    along, across = axes
    spots = np.zeros_like(along)
    number = rng.poisson(look.nucleoli, len(along))
    for place in range(2):
        radius = _column(rng.uniform(0.6, 1.1, len(along)))
        x, y = (_column(rng.uniform(-0.45, 0.45, len(along))) for _ in range(2))
        long, short = (_column(axis) for axis in half_um)
        far = np.hypot((along - x) * long, (across - y) * short)
        shown = _column((number > place).astype(float))
        spots = np.maximum(spots, shown * np.clip(1.5 - far / radius, 0, 1))
    return 1.3 * spots


def _soften(picture: Stamp, sigma: float) -> Stamp:
    """Blur a picture, and cut away what it leaves empty around."""
    middle = picture.shape[0] // 2
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))
    shown = np.argwhere(soft[..., 1] > 0.02)
    reach = min(int(np.abs(shown - middle).max(initial=0)) + 1, middle)
    part = slice(middle - reach, middle + reach + 1)
    return np.ascontiguousarray(soft[part, part])


def _grid(
    half: int, spacing_um: float
) -> tuple[Float32[np.ndarray, "1 1 S"], Float32[np.ndarray, "1 S 1"]]:
    line = np.arange(-half, half + 1, dtype=np.float32) * np.float32(spacing_um)
    return line[None, None, :], line[None, :, None]


def _column(values: Float64[np.ndarray, "N"]) -> Float32[np.ndarray, "N 1 1"]:
    return np.asarray(values, np.float32)[:, None, None]


def _vary(rng: np.random.Generator, spread: float, count: int) -> Float64[np.ndarray, "N"]:
    """Draw factors around 1, log-normal, cut at two standard deviations."""
    return np.exp(spread * rng.standard_normal(count).clip(-2, 2))
