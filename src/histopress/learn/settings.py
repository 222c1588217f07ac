"""Settings of slide-level learning."""

from typing import Annotated, Literal

from pydantic import Field

from histopress.types import settings

CropCells = Literal[5, 11, 24, 49, 99, 199, 400]
"""Crops that a whole number of unpadded convolutions takes to a single cell."""

ClassShares = tuple[Annotated[float, Field(gt=0, le=1e6)], ...]
"""One positive number a class."""


@settings
class SlideModelSettings:
    """What every slide-level model has."""

    reduce: Annotated[
        int | None,
        Field(
            ge=1,
            le=4096,
            description="Principal components that the grid's channels are reduced to, fitted on "
            "the training slides; none keeps all channels.",
        ),
    ] = None
    fusion: Annotated[
        Literal["late", "bag"],
        Field(
            description="Several slides of a patient: 'late' learns slide by slide and averages "
            "predictions; 'bag' lays them side by side as one slide (targets of patients only)."
        ),
    ] = "late"


@settings
class NetworkSettings(SlideModelSettings):
    """What every slide-level network has: the loss, batches and the course of training."""

    class_weights: Annotated[
        Literal["balanced-batches", "none", "balanced"] | ClassShares,
        Field(
            description="How classes weigh: drawn equally often ('balanced-batches'), as often as "
            "they are ('none'), weighted against their shares ('balanced'), or by one number a "
            "class."
        ),
    ] = "balanced-batches"
    cases: Annotated[
        int, Field(ge=1, le=1024, description="Survival: events in each training step.")
    ] = 4
    controls: Annotated[
        int,
        Field(
            ge=1, le=1024, description="Survival: patients still at risk drawn beside each event."
        ),
    ] = 4
    at_once: Annotated[
        int,
        Field(
            ge=0,
            le=100000,
            description="Survival: a training fold of at most so many patients is one risk set "
            "and one step; 0 always draws controls.",
        ),
    ] = 32
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
    batch: Annotated[
        int,
        Field(ge=4, le=1024, description="Entries in each training step; survival has 'cases'."),
    ] = 16
    epoch_crops: Annotated[
        int,
        Field(
            ge=4,
            le=10**7,
            description="An epoch draws at least this many entries, and at least one a slide or "
            "patient; rounded up to whole batches.",
        ),
    ] = 256
    views: Annotated[
        int, Field(ge=1, le=8, description="At most this many of a slide's stored views are used.")
    ] = 8


@settings
class NicCnnSettings(NetworkSettings):
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
    predict: Annotated[
        Literal["crops", "whole"],
        Field(
            description="Predictions average test crops, or all windows of the whole grid in one "
            "pass where it fits into memory."
        ),
    ] = "crops"
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
    turn_crops: Annotated[
        bool,
        Field(
            description="Turn and mirror training crops at random where a slide stores one view "
            "only; the patches under the embeddings are not turned with them."
        ),
    ] = True


@settings
class AbmilSettings(NetworkSettings):
    """Gated attention over the cells of a slide."""

    kind: Annotated[
        Literal["abmil"], Field(description="Attention-based multiple instance learning.")
    ] = "abmil"
    learning_rate: Annotated[
        float, Field(gt=0, le=1, description="Adam's learning rate at the start.")
    ] = 1e-3
    width: Annotated[
        int, Field(ge=4, le=2048, description="Features of a cell that are averaged.")
    ] = 512
    gates: Annotated[int, Field(ge=4, le=2048, description="Units of the attention.")] = 256
    cells_max: Annotated[
        int,
        Field(
            ge=16,
            le=10**7,
            description="Cells of a slide that a training step draws at most; predictions take "
            "all.",
        ),
    ] = 4096


@settings
class MeanSettings(SlideModelSettings):
    """Regression on the mean embedding of a slide: logistic, ridge or Cox."""

    kind: Annotated[
        Literal["mean"],
        Field(description="Logistic, ridge or Cox regression on mean-pooled embeddings."),
    ] = "mean"
    class_weights: Annotated[
        Literal["none", "balanced"] | ClassShares,
        Field(
            description="How classes weigh: as often as they are ('none'), against their shares "
            "('balanced'), or by one number a class."
        ),
    ] = "balanced"
    strengths: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1e6)], ...],
        Field(
            min_length=1,
            description="Inverse strengths of the L2 penalty to try; the validation fold chooses.",
        ),
    ] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)


ModelSettings = Annotated[
    NicCnnSettings | AbmilSettings | MeanSettings, Field(discriminator="kind")
]
"""Any slide-level model; ``kind`` tells which."""


@settings
class NumericsSettings:
    """What changes rounding, and with it the bytes of a trained model."""

    threads: Annotated[
        int, Field(ge=1, le=256, description="Threads of each training job; part of its recipe.")
    ] = 1
