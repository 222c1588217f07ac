"""Kinds of nuclei, how each looks, and the lists of them that a slide's truth is made of."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Int64, UInt8


class NucleusKind(IntEnum):
    """What a nucleus is of.

    Follicular ones are the centroblasts and centrocytes of a germinal centre; a look-alike is as
    dark as a mitosis and none: an apoptotic body, a pyknotic or a smudged nucleus.
    """

    EPITHELIAL = 0
    LYMPHOCYTE = 1
    STROMAL = 2
    TUMOUR = 3
    MITOSIS = 4
    LOOKALIKE = 5
    HEPATOCYTE = 6
    MUSCLE = 7
    FOLLICULAR = 8


@dataclass(frozen=True, kw_only=True)
class Nuclei:
    """Nuclei that are drawn, each once.

    Attributes
    ----------
    at : int64 ndarray (N, 2)
        x, y of the middle in level-0 pixels.
    kind : uint8 ndarray (N,)
        A :class:`NucleusKind` code each.
    """

    at: Int64[np.ndarray, "N 2"]
    kind: UInt8[np.ndarray, "N"]

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, kw_only=True)
class Look:
    """How nuclei of a kind look.

    Attributes
    ----------
    long_um, short_um : float
        Mean half axes in µm.
    spread : float
        Relative standard deviation of the size.
    bumps : float
        Relative irregularity of the outline.
    dye : float
        Mean haematoxylin, in units of the stain vector.
    pale : float
        How far the chromatin is cleared from the middle: 0 solid, 1 a rim alone.
    clumps : float
        Relative contrast of the chromatin inside.
    nucleoli : float
        Mean number of nucleoli.
    blur_um : tuple of float
        Least and greatest standard deviation of the blur: nuclei lie at different depths.
    gap_um : float
        Radius within which no other nucleus has its middle.
    """

    long_um: float
    short_um: float
    spread: float
    bumps: float
    dye: float
    pale: float
    clumps: float
    nucleoli: float
    blur_um: tuple[float, float] = (0.15, 0.5)
    gap_um: float


LOOKS = {
    NucleusKind.EPITHELIAL: Look(
        long_um=4.6, short_um=2.5, spread=0.12, bumps=0.05, dye=0.95, pale=0.3, clumps=0.3,
        nucleoli=0.5, gap_um=1.9,
    ),
    NucleusKind.LYMPHOCYTE: Look(
        long_um=3.1, short_um=2.8, spread=0.12, bumps=0.05, dye=1.4, pale=0.1, clumps=0.4,
        nucleoli=0.0, gap_um=2.5,
    ),
    NucleusKind.STROMAL: Look(
        long_um=6.2, short_um=1.45, spread=0.22, bumps=0.09, dye=0.95, pale=0.15, clumps=0.3,
        nucleoli=0.1, gap_um=3.0,
    ),
    NucleusKind.TUMOUR: Look(
        long_um=5.6, short_um=4.3, spread=0.2, bumps=0.06, dye=0.72, pale=0.45, clumps=0.3,
        nucleoli=1.3, gap_um=4.5,
    ),
    NucleusKind.HEPATOCYTE: Look(
        long_um=3.8, short_um=3.6, spread=0.12, bumps=0.03, dye=0.75, pale=0.4, clumps=0.35,
        nucleoli=1.0, gap_um=5.0,
    ),
    NucleusKind.MUSCLE: Look(
        long_um=7.2, short_um=1.5, spread=0.2, bumps=0.04, dye=0.9, pale=0.2, clumps=0.3,
        nucleoli=0.1, gap_um=3.5,
    ),
    NucleusKind.FOLLICULAR: Look(
        long_um=4.2, short_um=3.6, spread=0.16, bumps=0.07, dye=0.75, pale=0.4, clumps=0.4,
        nucleoli=1.0, gap_um=3.2,
    ),
}  # fmt: skip
"""Of every kind but the figures, which :mod:`~histopress.simulate.drawing.figures` draws."""

FIGURE_GAP_UM = 8.0
"""A mitosis or look-alike keeps other nuclei so far from its middle: it has a cell to itself."""


def gap_um(kind: NucleusKind) -> float:
    """Radius within which no other nucleus has its middle, in µm."""
    return LOOKS[kind].gap_um if kind in LOOKS else FIGURE_GAP_UM
