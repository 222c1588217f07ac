"""Settings of encoders."""

from typing import Annotated, Literal

from pydantic import Field

from histopress.types import settings

GridName = Annotated[str, Field(description="Grid (a key of `grids`) whose tiles are encoded.")]
Views = Annotated[
    Literal[1, 8],
    Field(
        description="Dihedral views to encode: 1 (upright) or all 8; each patch is turned before "
        "encoding, for training and for averaging at test time."
    ),
]


@settings
class MeanRgbSettings:
    """Mean colour of the tile; C = 3, no weights."""

    kind: Annotated[Literal["mean-rgb"], Field(description="Mean red, green and blue of a tile.")]
    grid: GridName
    views: Views = 1


@settings
class ImportedSettings:
    """An encoder released as a Keras file."""

    kind: Annotated[Literal["keras"], Field(description="An encoder released as a Keras file.")]
    grid: GridName
    file: Annotated[str, Field(min_length=1, description="Path of the `.h5` file.")]
    sha256: Annotated[
        str | None,
        Field(pattern="^[0-9a-f]{64}$", description="Digest that the file must have."),
    ] = None
    views: Views = 1


@settings
class SupervisedSettings:
    """A small encoder trained on labelled patches of one task."""

    kind: Annotated[
        Literal["supervised"], Field(description="An encoder trained in the run on patches.")
    ]
    grid: GridName
    patches: Annotated[str, Field(description="Patch table (HDF5) to train on.")]
    channels: Annotated[int, Field(ge=2, le=1024, description="Length C of an embedding.")] = 32
    filters: Annotated[int, Field(ge=4, le=512, description="Filters of each convolution.")] = 32
    pool: Annotated[
        Literal[1, 2, 4], Field(description="Mean pooling of the tile before the network.")
    ] = 2
    epochs: Annotated[int, Field(ge=1, le=1000, description="Passes over the patches.")] = 24
    batch: Annotated[int, Field(ge=8, le=1024, description="Patches a training step.")] = 32
    learning_rate: Annotated[
        float, Field(gt=0, le=1, description="Adam's first step size; falls to a hundredth.")
    ] = 1e-3
    validation: Annotated[
        float, Field(gt=0, lt=1, description="Share of patients held out to judge the encoder.")
    ] = 0.25
    threads: Annotated[
        int, Field(ge=1, le=64, description="Threads of training; part of the result.")
    ] = 1
    views: Views = 1


EncoderSettings = Annotated[
    MeanRgbSettings | ImportedSettings | SupervisedSettings, Field(discriminator="kind")
]
