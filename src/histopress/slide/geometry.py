"""Where a slide's tiles lie and how they are read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from histopress.slide.level import Shrink, plan_read
from histopress.slide.settings import GridSettings
from histopress.slide.spacing import Spacing


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """All that a reader of tiles needs to know of a slide, beside its file.

    The grid starts at level-0 px (0, 0). Cell (row, column) begins at the px of the level read
    that is nearest to ``index × stride_px × factor``: rounding never adds up. Only whole tiles
    have a cell, so that nothing is read beyond the border.

    Attributes
    ----------
    slide_id : str
        As in the manifest.
    width, height : int
        Size of level 0 in px.
    spacing_um : float
        µm/px of level 0.
    spacing_source : str
        Where that is from: ``manifest``, ``file`` or ``tiff``.
    asked_um : float
        µm/px that the grid asks for.
    read_um : float
        µm/px of the tiles as read: within 2 % of ``asked_um``.
    level : int
        Level that tiles are read from.
    downsample : float
        Px of level 0 to one px of that level.
    level_width, level_height : int
        Size of that level in px.
    shrink : str
        ``none``, ``box`` or ``area``; see :class:`~histopress.slide.level.ReadPlan`.
    factor : float
        Px of the level to one px of a tile.
    tile_px, stride_px : int
        Side and distance of tiles in px as read.
    """

    slide_id: str
    width: int
    height: int
    spacing_um: float
    spacing_source: str
    asked_um: float
    read_um: float
    level: int
    downsample: float
    level_width: int
    level_height: int
    shrink: Shrink
    factor: float
    tile_px: int
    stride_px: int

    @property
    def region_px(self) -> int:
        """Side of the region that becomes a tile, in px of the level read."""
        return max(1, round(self.tile_px * self.factor))

    @property
    def tile_px0(self) -> float:
        """Side of a tile in level-0 px; not always whole."""
        return self.region_px * self.downsample

    @property
    def stride_px0(self) -> float:
        """Mean distance of neighbouring tiles in level-0 px; not always whole."""
        return self.stride_px * self.factor * self.downsample

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid; zero where the slide is smaller than a tile."""
        return len(self.tops), len(self.lefts)

    @property
    def lefts(self) -> Int64[np.ndarray, " columns"]:
        """Level-0 px at which the columns of the grid begin."""
        return self._starts(self.level_width)

    @property
    def tops(self) -> Int64[np.ndarray, " rows"]:
        """Level-0 px at which the rows of the grid begin."""
        return self._starts(self.level_height)

    def _starts(self, level_size: int) -> Int64[np.ndarray, " cells"]:
        room = level_size - self.region_px
        if room < 0:
            return np.zeros(0, np.int64)
        stride = self.stride_px * self.factor
        level_starts = np.rint(np.arange(math.floor(room / stride) + 2) * stride)
        level_starts = level_starts[level_starts <= room]
        last = math.floor(room * self.downsample)
        return np.minimum(np.rint(level_starts * self.downsample), last).astype(np.int64)


def lay_geometry(
    *,
    slide_id: str,
    sizes: Sequence[tuple[int, int]],
    downsamples: Sequence[float],
    spacing: Spacing,
    settings: GridSettings,
) -> Geometry:
    """Fit the grid of ``settings`` to a slide's pyramid.

    Parameters
    ----------
    slide_id : str
        Named in messages.
    sizes : sequence of (int, int)
        Width and height of each level in px.
    downsamples : sequence of float
        Px of level 0 to one px of each level.
    spacing : Spacing
        Of level 0.
    settings : GridSettings
        Tile, stride and spacing.

    Raises
    ------
    SpacingFault
        The slide is coarser than the grid.
    """
    levels = [spacing.spacing_um * downsample for downsample in downsamples]
    plan = plan_read(levels, settings.spacing_um, slide_id=slide_id)
    return Geometry(
        slide_id=slide_id,
        width=sizes[0][0],
        height=sizes[0][1],
        spacing_um=spacing.spacing_um,
        spacing_source=spacing.source,
        asked_um=settings.spacing_um,
        read_um=plan.spacing_um,
        level=plan.level,
        downsample=downsamples[plan.level],
        level_width=sizes[plan.level][0],
        level_height=sizes[plan.level][1],
        shrink=plan.shrink,
        factor=plan.factor,
        tile_px=settings.tile_px,
        stride_px=settings.stride_px,
    )
