"""Settings of slide-level learning."""

from typing import Annotated, Literal

from pydantic import Field

from histopress.types import settings

CropCells = Literal[5, 11, 24, 49, 99, 199, 400]
"""Crops that a whole number of unpadded convolutions takes to a single cell."""


@settings
class NicCnnSettings:
    """The slide-level CNN of neural image compression."""

    kind: Annotated[
        Literal["nic-cnn"], Field(description="The convolutional network on crops of the grid.")
    ] = "nic-cnn"
    crop: Annotated[
        CropCells,
        Field(description="Side of the network's input in grid cells; the depth follows from it."),
    ] = 400
    width: Annotated[
        int, Field(ge=4, le=1024, description="Filters of each convolution and dense units.")
    ] = 128
    dropout: Annotated[
        float, Field(ge=0, lt=1, description="Probability that a whole feature map is dropped.")
    ] = 0.2
    l2: Annotated[
        float,
        Field(ge=0, le=1, description="Factor of the kernels' squared sum added to the loss."),
    ] = 1e-5
    learning_rate: Annotated[
        float, Field(gt=0, le=1, description="Adam's learning rate at the start.")
    ] = 1e-2
    min_learning_rate: Annotated[
        float, Field(gt=0, le=1, description="The learning rate is not lowered below this.")
    ] = 1e-5
    patience: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="Epochs without a better validation loss before the learning rate is "
            "divided by 10.",
        ),
    ] = 8
    stop_patience: Annotated[
        int,
        Field(
            ge=1,
            le=10000,
            description="Epochs without a better validation loss before training stops.",
        ),
    ] = 24
    epochs_max: Annotated[
        int, Field(ge=1, le=100000, description="Epochs after which training stops anyhow.")
    ] = 60
    batch: Annotated[int, Field(ge=4, le=1024, description="Crops in each training step.")] = 16
    epoch_crops: Annotated[
        int,
        Field(
            ge=4,
            le=10**7,
            description="An epoch draws at least this many crops, and at least one a training "
            "slide; rounded up to whole batches.",
        ),
    ] = 256
    test_crops: Annotated[
        int, Field(ge=1, le=1000, description="Crops a slide and view that predictions average.")
    ] = 10
    min_coverage: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of a slide's tissue cells that its test crops must cover; below it "
            "crops are tiled over the tissue.",
        ),
    ] = 0.9
    views: Annotated[
        int, Field(ge=1, le=8, description="At most this many of a slide's stored views are used.")
    ] = 8
    turn_crops: Annotated[
        bool,
        Field(
            description="Turn and mirror training crops at random where a slide stores one view "
            "only; the patches under the embeddings are not turned with them."
        ),
    ] = True


@settings
class MeanSettings:
    """Logistic regression on the mean embedding of a slide."""

    kind: Annotated[
        Literal["mean"], Field(description="Logistic regression on mean-pooled embeddings.")
    ] = "mean"
    strengths: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1e6)], ...],
        Field(
            min_length=1,
            description="Inverse strengths of the L2 penalty to try; the validation fold chooses.",
        ),
    ] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)


ModelSettings = Annotated[NicCnnSettings | MeanSettings, Field(discriminator="kind")]
"""Any slide-level model; ``kind`` tells which."""


@settings
class NumericsSettings:
    """What changes rounding, and with it the bytes of a trained model."""

    threads: Annotated[
        int, Field(ge=1, le=256, description="Threads of each training job; part of its recipe.")
    ] = 1
