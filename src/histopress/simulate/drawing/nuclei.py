"""Nuclei: small pictures drawn once a slide, and lattices of points to put them on."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64, Int64

ORIENTATIONS = 12
VARIANTS = 5
"""Pictures of a kind = orientations × variants."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of nucleus.

    Attributes
    ----------
    long_um, short_um : float
        Mean half axes in µm.
    spread : float
        Relative standard deviation of the size.
    bumps : float
        Relative irregularity of the outline.
    chromatin : float
        Relative contrast of the texture inside.
    dye : float
        Haematoxylin in the middle, in units of the stain vector.
    pitch_um : float
        Distance between neighbours on the jittered lattice in µm.
    """

    long_um: float
    short_um: float
    spread: float
    bumps: float
    chromatin: float
    dye: float
    pitch_um: float


STROMA = Kind(
    long_um=5.2, short_um=1.5, spread=0.2, bumps=0.05, chromatin=0.15, dye=1.15, pitch_um=21.0
)
LYMPHOCYTE = Kind(
    long_um=3.1, short_um=2.9, spread=0.1, bumps=0.03, chromatin=0.2, dye=1.7, pitch_um=7.4
)
STRAY = Kind(
    long_um=3.0, short_um=2.8, spread=0.1, bumps=0.03, chromatin=0.2, dye=1.7, pitch_um=48.0
)
GLAND = Kind(
    long_um=4.4, short_um=2.8, spread=0.1, bumps=0.04, chromatin=0.2, dye=1.2, pitch_um=6.4
)
TUMOUR = Kind(
    long_um=5.4, short_um=4.2, spread=0.25, bumps=0.08, chromatin=0.35, dye=1.3, pitch_um=12.2
)

Stamp = Float32[np.ndarray, "side side"]


@dataclass(frozen=True, kw_only=True)
class Points:
    """Nuclei to draw: (x, y) in level-0 pixels and the index of each one's stamp."""

    at: Int64[np.ndarray, "N 2"]
    which: Int64[np.ndarray, "N"]


def gather_points(
    places: Sequence[Float64[np.ndarray, "n 2"]], which: Sequence[Int64[np.ndarray, "n"]]
) -> Points:
    """Join groups of nuclei; places are rounded to whole pixels."""
    at = np.concatenate([np.zeros((0, 2)), *places])
    return Points(
        at=np.round(at).astype(np.int64), which=np.concatenate([np.zeros(0, np.int64), *which])
    )


def draw_stamps(rng: np.random.Generator, kind: Kind, spacing_um: float) -> list[Stamp]:
    """Draw the pictures of one kind: all orientations of the first variant, then the next.

    Returns
    -------
    list of float32 ndarray (side, side)
        Haematoxylin; sides are odd, so that a picture has a middle pixel.
    """
    return [
        _stamp(rng, kind, spacing_um=spacing_um, angle=np.pi * turn / ORIENTATIONS)
        for _ in range(VARIANTS)
        for turn in range(ORIENTATIONS)
    ]


def choose_stamp(
    rng: np.random.Generator, angles: Float64[np.ndarray, "N"]
) -> Int64[np.ndarray, "N"]:
    """Choose for each nucleus a variant at random, in the orientation next to its angle."""
    turns = np.round(angles / np.pi * ORIENTATIONS).astype(np.int64) % ORIENTATIONS
    return turns + ORIENTATIONS * rng.integers(0, VARIANTS, angles.size)


def scatter(
    rng: np.random.Generator, side_um: float, pitch_um: float
) -> Float64[np.ndarray, "N 2"]:
    """Points (x, y) in µm on a jittered lattice that fills a square of ``side_um``."""
    steps = max(round(side_um / pitch_um), 1)
    rows, cols = np.mgrid[0:steps, 0:steps]
    lattice = np.stack([cols + 0.25 * (rows % 2 * 2 - 1), rows], axis=-1).reshape(-1, 2)
    return (lattice + 0.5 + rng.uniform(-0.36, 0.36, lattice.shape)) * (side_um / steps)


def press(
    plane: Float32[np.ndarray, "H W"],
    stamps: Sequence[Stamp],
    *,
    at: Int64[np.ndarray, "N 2"],
    which: Int64[np.ndarray, "N"],
) -> None:
    """Put stamps on ``plane`` in place; where they overlap, the darker one shows.

    Stamps that do not lie wholly on the plane are left out: give the plane a margin.
    """
    height, width = plane.shape
    for (x, y), index in zip(at.tolist(), which.tolist(), strict=True):
        stamp = stamps[index]
        half = stamp.shape[0] // 2
        top, left = y - half, x - half
        bottom, right = y + half + 1, x + half + 1
        if top >= 0 and left >= 0 and bottom <= height and right <= width:
            spot = plane[top:bottom, left:right]
            np.maximum(spot, stamp, out=spot)


def _stamp(rng: np.random.Generator, kind: Kind, *, spacing_um: float, angle: float) -> Stamp:
    """One nucleus: an ellipse with an uneven outline, a soft edge and clumped chromatin."""
    size = _vary(rng, kind.spread)
    stretch = _vary(rng, 0.1)
    long_px = kind.long_um * size * stretch / spacing_um
    short_px = kind.short_um * size / stretch / spacing_um
    half = int(np.ceil(long_px * (1 + 2.5 * kind.bumps) + 1.5))
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(float)
    along = (x * np.cos(angle) + y * np.sin(angle)) / long_px
    across = (y * np.cos(angle) - x * np.sin(angle)) / short_px
    turn = np.arctan2(across, along)
    outline = np.ones_like(turn)
    for order in (2, 3, 4):
        phase = rng.uniform(0, 2 * np.pi)
        outline += kind.bumps * rng.uniform(0.3, 1.0) * np.cos(order * turn + phase)
    depth = (outline - np.hypot(along, across)) * short_px
    clumps = cv2.GaussianBlur(rng.standard_normal(x.shape), (0, 0), max(0.6 / spacing_um, 0.6))
    clumps /= clumps.std()
    inside = 1 + kind.chromatin * 0.5 * clumps.clip(-2, 2)
    # The membrane holds chromatin: a pale middle and a dark rim in large nuclei.
    rim = kind.chromatin * np.exp(-((depth - 1.0) ** 2) / 1.5)
    dye = kind.dye * _vary(rng, 0.12)
    return (dye * np.clip(depth / 1.6 + 0.4, 0, 1) * (inside + rim)).astype(np.float32)


def _vary(rng: np.random.Generator, spread: float) -> float:
    """Draw a factor around 1, log-normal, cut at two standard deviations."""
    return float(np.exp(spread * np.clip(rng.standard_normal(), -2, 2)))
