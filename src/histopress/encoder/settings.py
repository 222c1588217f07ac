"""Settings of encoders: how they are made and what they see."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field

from histopress.encoder.features_settings import FeaturesSettings as FeaturesSettings
from histopress.patches.settings import AugmentSettings
from histopress.types import settings

GridName = Annotated[str, Field(description="Grid (a key of `grids`) whose tiles are encoded.")]
Views = Annotated[
    Literal[1, 8],
    Field(
        description="Dihedral views to encode: 1 (upright) or all 8; each patch is turned before "
        "encoding, for training and for averaging at test time."
    ),
]
Digest = Annotated[
    str | None, Field(pattern="^[0-9a-f]{64}$", description="Digest that the file must have.")
]
InputPx = Annotated[
    int, Field(ge=16, le=1024, description="Side of the patch that the network sees.")
]
InputSpacing = Annotated[
    float, Field(ge=0.05, le=20, description="µm/px of the patch that the network sees.")
]
Channels = Annotated[int, Field(ge=2, le=4096, description="Length C of an embedding.")]
Tasks = Annotated[
    tuple[str, ...], Field(min_length=1, description="Patch tasks (keys of `tasks`) to learn from.")
]
Triple = tuple[float, float, float]


Batch = Annotated[
    int,
    Field(ge=2, le=4096, description="Patches a step; a multitask step takes so many a task."),
]
LearningRate = Annotated[float, Field(gt=0, le=1, description="Adam's first step size.")]
MinLearningRate = Annotated[float, Field(gt=0, le=1, description="Adam's last step size.")]
Keep = Annotated[Literal["best", "last"], Field(description="The epoch whose weights are kept.")]


@settings
class ScheduleSettings:
    """Steps, step sizes and when to stop."""

    epochs: Annotated[
        int,
        Field(ge=0, le=100_000, description="Most epochs; validation follows each. 0 trains not."),
    ] = 50
    steps: Annotated[int, Field(ge=1, le=100_000, description="Training steps an epoch.")] = 100
    batch: Batch = 32
    learning_rate: LearningRate = 1e-3
    min_learning_rate: MinLearningRate = 1e-5
    patience: Annotated[
        int, Field(ge=1, description="Epochs without a better score before the rate falls tenfold.")
    ] = 5
    stop_patience: Annotated[
        int,
        Field(
            ge=1,
            description="Epochs without a better score before training stops, unless the last is "
            "kept.",
        ),
    ] = 12
    keep: Keep = "best"
    average: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="Weight of the past in a running average of the weights, which is judged "
            "and kept; 0, as published, takes the weights themselves.",
        ),
    ] = 0.0
    precision: Annotated[
        Literal["float32", "mixed"],
        Field(description="`mixed` computes in bfloat16 on a GPU; the CPU takes float32 always."),
    ] = "float32"
    threads: Annotated[
        int, Field(ge=1, le=64, description="Threads of training; part of the result.")
    ] = 1


@settings
class NicSchedule(ScheduleSettings):
    """Of NIC's encoders: mini-batches of 64."""

    batch: Batch = 64


@settings
class SteepSchedule(NicSchedule):
    """Of NIC's discriminative encoders: 1e-2 to 1e-5."""

    learning_rate: LearningRate = 1e-2


@settings
class BiganSchedule(NicSchedule):
    """Of BiGAN: one step size, last encoder."""

    learning_rate: LearningRate = 2e-4
    min_learning_rate: MinLearningRate = 2e-4
    keep: Keep = "last"


@settings
class GridEncoder:
    """What every encoder has."""

    grid: GridName
    views: Views = 1


@settings
class PatchEncoder(GridEncoder):
    """What every encoder has that is trained on patches."""

    tasks: Tasks
    channels: Channels = 128
    input_spacing_um: InputSpacing = 0.5


@settings
class MeanRgbSettings(GridEncoder):
    """Mean colour of the tile; C = 3, no weights."""

    kind: Annotated[Literal["mean-rgb"], Field(description="Mean red, green and blue of a tile.")]


@settings
class ImportedSettings(GridEncoder):
    """An encoder released as a Keras file."""

    kind: Annotated[Literal["keras"], Field(description="An encoder released as a Keras file.")]
    file: Annotated[str, Field(min_length=1, description="Path of the `.h5` file.")]
    sha256: Digest = None
    input_px: InputPx = 64
    input_spacing_um: InputSpacing = 1.0
    licence: Annotated[str, Field(description="Licence of the weights.")] = "MIT"


@settings
class MultitaskSettings(PatchEncoder):
    """The encoder of multitask NIC, trained on one patch task or several at once."""

    kind: Annotated[
        Literal["multitask"], Field(description="Trained in the run on patch tasks, all at once.")
    ]
    filters: Annotated[int, Field(ge=4, le=1024, description="Filters of each convolution.")] = 128
    input_px: InputPx = 64
    input_spacing_um: InputSpacing = 1.0
    weighting: Annotated[
        Literal["equal", "uncertainty"],
        Field(description="Weights of the tasks: equal as published, or learned (Kendall et al.)."),
    ] = "equal"
    schedule: Annotated[ScheduleSettings, Field(description="Steps and step sizes.")] = field(
        default_factory=ScheduleSettings
    )
    augment: Annotated[AugmentSettings, Field(description="Augmentation of patches.")] = field(
        default_factory=AugmentSettings
    )


@settings
class SupervisedSettings(PatchEncoder):
    """NIC's supervised encoder: one task, the deeper tower."""

    kind: Annotated[
        Literal["supervised"], Field(description="NIC's encoder trained on one patch task.")
    ]
    tasks: Annotated[tuple[str], Field(description="The patch task (a key of `tasks`).")]
    input_px: InputPx = 128
    schedule: Annotated[SteepSchedule, Field(description="Steps and step sizes.")] = field(
        default_factory=SteepSchedule
    )
    augment: Annotated[AugmentSettings, Field(description="Augmentation of patches.")] = field(
        default_factory=AugmentSettings
    )


@settings
class VaeSettings(PatchEncoder):
    """Variational autoencoder."""

    kind: Annotated[Literal["vae"], Field(description="Variational autoencoder; no labels used.")]
    input_px: Annotated[
        Literal[32, 64, 128, 256], Field(description="Side of the patch that the network sees.")
    ] = 128
    kl_weight: Annotated[
        float, Field(ge=0, le=10, description="Weight of the divergence beside the squared error.")
    ] = 5e-5
    schedule: Annotated[NicSchedule, Field(description="Steps and step sizes.")] = field(
        default_factory=NicSchedule
    )


@settings
class ContrastiveSettings(PatchEncoder):
    """Siamese encoder that tells the same place from another."""

    kind: Annotated[
        Literal["contrastive"],
        Field(description="Tells two views of a place from two places; no labels used."),
    ]
    input_px: InputPx = 128
    adjacent: Annotated[
        float,
        Field(ge=0, le=1, description="Share of the other places that lie next to the first."),
    ] = 0.75
    schedule: Annotated[SteepSchedule, Field(description="Steps and step sizes.")] = field(
        default_factory=SteepSchedule
    )
    augment: Annotated[AugmentSettings, Field(description="Augmentation of patches.")] = field(
        default_factory=AugmentSettings
    )


@settings
class BiganSettings(PatchEncoder):
    """Bidirectional generative adversarial network."""

    kind: Annotated[Literal["bigan"], Field(description="Bidirectional GAN; no labels used.")]
    filters: Annotated[int, Field(ge=4, le=1024, description="Filters of each convolution.")] = 128
    input_px: Annotated[
        Literal[64], Field(description="Side of the patch that the network sees.")
    ] = 64
    input_spacing_um: InputSpacing = 1.0
    schedule: Annotated[BiganSchedule, Field(description="Steps and step sizes.")] = field(
        default_factory=BiganSchedule
    )


@settings
class ForeignSettings(GridEncoder):
    """An encoder from elsewhere."""

    kind: Annotated[
        Literal["torchscript", "exported", "timm", "callable"],
        Field(
            description="A TorchScript file, a `torch.export` file (`.pt2`), a timm model with a "
            "local weights file, or a function `module:name` that builds a network."
        ),
    ]
    input_px: InputPx
    input_spacing_um: InputSpacing
    file: Annotated[str | None, Field(description="The weights; a `callable` may do without.")] = (
        None
    )
    name: Annotated[
        str | None, Field(description="timm's name of the model, or `module:name`.")
    ] = None
    sha256: Digest = None
    mean: Annotated[
        Triple, Field(description="Subtracted from each colour channel; 1 is white.")
    ] = (0.5, 0.5, 0.5)
    std: Annotated[Triple, Field(description="Each colour channel is divided by it.")] = (
        0.5,
        0.5,
        0.5,
    )
    licence: Annotated[str, Field(description="Licence of the weights.")] = "unknown"


TrainedSettings = (
    MultitaskSettings | SupervisedSettings | VaeSettings | ContrastiveSettings | BiganSettings
)
"""Encoders that the workflow trains on patches."""

SlideEncoderSettings = MeanRgbSettings | ImportedSettings | TrainedSettings | ForeignSettings
"""Encoders that the workflow runs on slides."""

EncoderSettings = Annotated[SlideEncoderSettings | FeaturesSettings, Field(discriminator="kind")]


def input_name(px: int, spacing_um: float) -> str:
    """Name of the patches that fit an encoder's input, in file names.

    Examples
    --------
    >>> input_name(64, 1.0)
    '64px-1um'
    >>> input_name(128, 0.25)
    '128px-0.25um'
    """
    return f"{px}px-{spacing_um:g}um"
