"""Which level of the pyramid serves the spacing that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from histopress.errors import SpacingFault

TOLERANCE = 0.02
"""Spacings closer than this are the same: scanners give 0.2525 or 0.499 for 0.25 and 0.5."""
_BOXES = (1, 2, 4, 8)

Shrink = Literal["none", "box", "area"]


@dataclass(frozen=True, kw_only=True)
class ReadPlan:
    """How to read tiles.

    Attributes
    ----------
    level : int
        Level to read.
    shrink : str
        ``none``: as it is; ``box``: exact mean of 2×2, 4×4 or 8×8 px; ``area``: area mean.
    factor : float
        Px of ``level`` to one px of a tile, at least 0.98.
    spacing_um : float
        Spacing of the tiles that result, in µm/px.
    """

    level: int
    shrink: Shrink
    factor: float
    spacing_um: float


def plan_read(level_spacings_um: Sequence[float], asked_um: float, *, slide_id: str) -> ReadPlan:
    """Choose the level, and how to shrink it, for tiles of the asked spacing.

    A level, or its exact ½, ¼ or ⅛, within 2 % of the asked spacing is taken as it is: least
    shrinking first. Otherwise the coarsest level that is still finer is shrunk by area means.
    Nothing is ever enlarged beyond the 2 %.

    Parameters
    ----------
    level_spacings_um : sequence of float
        µm/px of each level, level 0 first.
    asked_um : float
        Spacing of the grid in µm/px.
    slide_id : str
        Named in messages.

    Raises
    ------
    SpacingFault
        Every level is coarser than asked.

    Examples
    --------
    >>> plan_read([0.25, 1.0], 0.5, slide_id="A")
    ReadPlan(level=0, shrink='box', factor=2.0, spacing_um=0.5)
    >>> plan_read([0.499, 1.996], 0.5, slide_id="A")
    ReadPlan(level=0, shrink='none', factor=1.0, spacing_um=0.499)
    >>> plan_read([0.3], 0.5, slide_id="A").shrink
    'area'
    """
    for box in _BOXES:
        near = [
            (abs(spacing * box / asked_um - 1), level)
            for level, spacing in enumerate(level_spacings_um)
        ]
        error, level = min(near)
        if error <= TOLERANCE + 1e-9:
            return ReadPlan(
                level=level,
                shrink="none" if box == 1 else "box",
                factor=float(box),
                spacing_um=level_spacings_um[level] * box,
            )
    finer = [
        (spacing, level) for level, spacing in enumerate(level_spacings_um) if spacing < asked_um
    ]
    if not finer:
        finest = min(level_spacings_um)
        raise SpacingFault(
            f"slide '{slide_id}': its finest level has {finest:.4g} µm/px, coarser than the "
            f"{asked_um:.4g} µm/px of the grid, and pixels are never invented; a grid with "
            f"spacing_um of {finest:.4g} or more could serve it (if the slide's spacing is "
            "wrong, give 'spacing_um' in the manifest)"
        )
    spacing, level = max(finer)
    return ReadPlan(level=level, shrink="area", factor=asked_um / spacing, spacing_um=asked_um)
