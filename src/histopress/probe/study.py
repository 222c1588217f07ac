"""Which encoders a study compares, and which it trains only to tell what transfers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from histopress.encoder.settings import (
    Channels,
    InputPx,
    InputSpacing,
    MultitaskSettings,
    ScheduleSettings,
    Tasks,
)
from histopress.patches.settings import AugmentSettings
from histopress.probe.settings import ProbeSettings
from histopress.types import settings

BASELINE = "colour-texture"
"""Name of the simple features that every comparison of encoders holds."""
TRANSFER = "transfer."
"""How the names of the transfer matrix' encoders begin."""


@settings
class ComparisonSettings:
    """All encoders under the same probe."""

    tasks: Tasks
    input_px: InputPx = 64
    input_spacing_um: InputSpacing = 1.0
    reference: Annotated[
        str | None,
        Field(description="Encoder that the others are compared with; none takes the first."),
    ] = None
    settings: Annotated[ProbeSettings, Field(description="How embeddings are probed.")] = field(
        default_factory=ProbeSettings
    )


@settings
class TransferSettings:
    """Encoders trained on no task, on each alone, on all but one and on all."""

    tasks: Annotated[
        tuple[str, ...], Field(min_length=2, description="Patch tasks (keys of `tasks`).")
    ]
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=2**31)], ...],
        Field(min_length=2, description="Seeds of repeated trainings."),
    ] = (1, 2, 3)
    channels: Channels = 128
    filters: Annotated[int, Field(ge=4, le=1024, description="Filters of each convolution.")] = 128
    input_px: InputPx = 64
    input_spacing_um: InputSpacing = 1.0
    schedule: Annotated[
        ScheduleSettings,
        Field(
            description="The same for all; `batch` is the number of patches a step in all, shared "
            "evenly by the tasks, so that each encoder sees as many."
        ),
    ] = field(default_factory=lambda: ScheduleSettings(batch=64, epochs=8, steps=50))
    augment: Annotated[AugmentSettings, Field(description="Augmentation of patches.")] = field(
        default_factory=AugmentSettings
    )
    settings: Annotated[ProbeSettings, Field(description="How embeddings are probed.")] = field(
        default_factory=ProbeSettings
    )


@dataclass(frozen=True, kw_only=True)
class TransferEncoder:
    """One encoder of the matrix.

    Attributes
    ----------
    name : str
        Stands in paths, such as ``transfer.without-lymph.seed1``.
    seed : int
        One of the matrix' seeds.
    tasks : tuple of str
        What it is trained on; none leaves its weights as drawn.
    """

    name: str
    seed: int
    tasks: tuple[str, ...]


def transfer_encoders(matrix: TransferSettings) -> Iterator[TransferEncoder]:
    """List the encoders of a transfer matrix, seed by seed.

    Examples
    --------
    >>> names = [each.name for each in transfer_encoders(TransferSettings(tasks=("a", "b")))]
    >>> names[:2], names[3]
    (['transfer.untrained.seed1', 'transfer.only-a.seed1'], 'transfer.all.seed1')
    """
    sets: dict[tuple[str, ...], str] = {(): "untrained"}
    for task in matrix.tasks:
        sets[(task,)] = f"only-{task}"
    for task in matrix.tasks:
        rest = tuple(other for other in matrix.tasks if other != task)
        sets.setdefault(rest, f"without-{task}")
    sets[matrix.tasks] = "all"
    for seed in matrix.seeds:
        for tasks, label in sets.items():
            yield TransferEncoder(name=f"{TRANSFER}{label}.seed{seed}", seed=seed, tasks=tasks)


def transfer_training(matrix: TransferSettings, encoder: TransferEncoder) -> MultitaskSettings:
    """Give the settings that one encoder of the matrix is trained with."""
    from dataclasses import replace

    shared = max(2, matrix.schedule.batch // max(len(encoder.tasks), 1))
    epochs = matrix.schedule.epochs if encoder.tasks else 0
    return MultitaskSettings(
        kind="multitask",
        grid="",
        tasks=encoder.tasks or matrix.tasks[:1],
        channels=matrix.channels,
        filters=matrix.filters,
        input_px=matrix.input_px,
        input_spacing_um=matrix.input_spacing_um,
        schedule=replace(matrix.schedule, batch=shared, epochs=epochs),
        augment=matrix.augment,
    )
