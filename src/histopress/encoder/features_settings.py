"""Settings of embeddings that another tool made."""

from typing import Annotated, Literal

from pydantic import Field

from histopress.types import settings


@settings
class FeaturesSettings:
    """Embeddings that another tool made; they enter at compression."""

    kind: Annotated[
        Literal["features"],
        Field(description="Features files of another tool, one a slide; no slide is read."),
    ]
    path: Annotated[
        str,
        Field(
            pattern=r"^[^{}]*(\{slide\}[^{}]*)+$",
            description="Where they are; `{slide}` stands for the slide's id.",
        ),
    ]
    convention: Annotated[
        Literal["auto", "clam", "trident", "atlaspatch", "stamp", "nic"],
        Field(description="Whose layout the files have; `auto` looks."),
    ] = "auto"
    dataset: Annotated[
        str | None,
        Field(description="Encoder to take from AtlasPatch files that hold several."),
    ] = None
    stride: Annotated[
        float | None,
        Field(
            gt=0,
            description="Distance of neighbouring patches, in level-0 px (STAMP: µm); none takes "
            "the file's, or the distance that most neighbours have.",
        ),
    ] = None
    tolerance: Annotated[
        float | None,
        Field(
            ge=0,
            le=0.5,
            description="How far a patch may lie from its cell, in strides; 0.5 takes the nearest "
            "cell. None is 0.5 for CLAM, AtlasPatch and overlapping patches of TRIDENT, which lay "
            "several lattices a slide, else 0.1.",
        ),
    ] = None
    scale: Annotated[
        float,
        Field(gt=0, description="Each value is multiplied by it, to fit float16 (up to 65504)."),
    ] = 1.0
    transpose: Annotated[
        bool, Field(description="NIC grids are (rows, columns, channels), not channels first.")
    ] = False
