"""What can be chosen about tiles, and within which bounds."""

from dataclasses import field
from typing import Annotated

from pydantic import Field

from histopress.types import settings


@settings
class TissueSettings:
    """How tissue is told from glass."""

    spacing_um: Annotated[
        float,
        Field(
            ge=1,
            le=64,
            description="Spacing in µm/px at which tissue is looked for; never finer than level 0.",
        ),
    ] = 8.0
    min_colour: Annotated[
        float,
        Field(
            ge=0.01,
            le=0.5,
            description="Least difference in optical density between the colour channels that "
            "counts as stained tissue; noise of the glass raises it, at most twofold.",
        ),
    ] = 0.05
    closing_um: Annotated[
        float,
        Field(
            ge=0,
            le=200,
            description="Gaps up to this width in µm are bridged, so that fat and loose stroma "
            "hold together.",
        ),
    ] = 32.0
    min_area_um2: Annotated[
        float,
        Field(ge=0, le=1e8, description="Pieces of tissue smaller than this area in µm² are dust."),
    ] = 10_000.0
    max_hole_um2: Annotated[
        float,
        Field(
            ge=0,
            le=1e8,
            description="Holes in tissue smaller than this area in µm² are filled: fat "
            "cells, small vessels, cracks.",
        ),
    ] = 6_000.0
    min_pen_um2: Annotated[
        float,
        Field(
            ge=0,
            le=1e8,
            description="Ink-coloured areas larger than this in µm² are pen marks, smaller ones "
            "are pigment or blood and stay.",
        ),
    ] = 40_000.0


@settings
class GridSettings:
    """The grid of tiles that is laid on every slide."""

    tile_px: Annotated[
        int, Field(ge=16, le=4096, description="Side of a tile in px at the grid's spacing.")
    ] = 128
    stride_px: Annotated[
        int,
        Field(
            ge=16,
            le=4096,
            description="Distance of neighbouring tiles in px at the grid's spacing.",
        ),
    ] = 128
    spacing_um: Annotated[
        float, Field(ge=0.05, le=10, description="Spacing of the grid in µm/px.")
    ] = 0.5
    min_tissue: Annotated[
        float,
        Field(ge=0, lt=1, description="A tile is kept if more than this fraction of it is tissue."),
    ] = 0.6
    tissue: Annotated[TissueSettings, Field(description="How tissue is told from glass.")] = field(
        default_factory=TissueSettings
    )
