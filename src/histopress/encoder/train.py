"""Supervised training of a small encoder on one patch task.

The shortest honest form: one task, patches split by patient, cross-entropy, Adam, turns and
mirrors and a mild change of staining. Embeddings are judged by the accuracy of the linear head on
patients that training never saw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn

from histopress.encoder.network import ConvolutionalEncoder, scale_patches
from histopress.encoder.settings import SupervisedSettings
from histopress.errors import EncoderError
from histopress.patches.table import PatchTable, split_by_patient
from histopress.seeds import derive_seed, generator
from histopress.types import Progress

FLOOR = 1e-2
"""The last step size as a share of the first (1e-3 to 1e-5 as published)."""

STAIN = 0.15
"""Largest relative change of a colour channel's optical density."""


@dataclass(frozen=True, kw_only=True)
class TrainedEncoder:
    """What training gives.

    Attributes
    ----------
    weights : mapping
        State of the :class:`ConvolutionalEncoder`.
    input_px : int
        Side of the patch that the network sees.
    history : sequence of mapping
        A row an epoch: loss, validation accuracy, step size.
    accuracy : float
        Validation accuracy of the last epoch.
    validation_patients : int
        Patients behind that figure.
    """

    weights: Mapping[str, Tensor]
    input_px: int
    history: Sequence[Mapping[str, Any]]
    accuracy: float
    validation_patients: int


def initialise(network: nn.Module, source: torch.Generator) -> None:
    """Draw weights by He's uniform rule from ``source``, not from the global generator."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(module.weight, a=0.2, generator=source)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def augment(patches: Float[Tensor, "B 3 S S"], source: torch.Generator) -> Float[Tensor, "B 3 S S"]:
    """Turn and mirror each patch, and scale the optical density of its colour channels."""
    turns = torch.randint(0, 8, (len(patches),), generator=source)
    turned = torch.empty_like(patches)
    for view in range(8):
        chosen = patches[turns == view]
        if len(chosen):
            rotated = torch.rot90(chosen, view % 4, (2, 3))
            turned[turns == view] = rotated.flip(3) if view >= 4 else rotated
    factor = 1 + STAIN * (2 * torch.rand((len(patches), 3, 1, 1), generator=source) - 1)
    density = -torch.log(((turned + 1) / 2).clamp_min(1 / 255))
    return 2 * torch.exp(-density * factor) - 1


def train_supervised(
    table: PatchTable, settings: SupervisedSettings, *, seed: int, progress: Progress | None = None
) -> TrainedEncoder:
    """Train an encoder to tell the classes of ``table`` apart.

    Parameters
    ----------
    table : PatchTable
        Labelled patches with patients.
    settings : SupervisedSettings
        Network and schedule.
    seed : int
        Everything random derives from it.
    progress : callable, optional
        Called with epochs done and in all.

    Raises
    ------
    EncoderError
        Fewer than two classes.

    Notes
    -----
    Equal bytes on one CPU for equal seed and ``settings.threads``.
    """
    if len(table.classes) < 2:
        raise EncoderError(f"the patch table has the classes {table.classes}; two are needed")
    training, validation = split_by_patient(
        table, settings.validation, generator(seed, "encoder", "patients")
    )
    input_px = table.images.shape[1] // settings.pool
    source = torch.Generator().manual_seed(derive_seed(seed, "encoder", "training"))
    encoder = ConvolutionalEncoder(
        channels=settings.channels, filters=settings.filters, input_px=input_px
    )
    head = nn.Linear(settings.channels, len(table.classes))
    network = nn.Sequential(encoder, nn.LeakyReLU(0.2), head)
    initialise(network, source)
    history = _fit(network, training, validation, settings, source=source, progress=progress)
    return TrainedEncoder(
        weights={name: value.detach().clone() for name, value in encoder.state_dict().items()},
        input_px=input_px,
        history=history,
        accuracy=history[-1]["validation_accuracy"],
        validation_patients=len(set(validation.patient_ids)),
    )


def _fit(
    network: nn.Module,
    training: PatchTable,
    validation: PatchTable,
    settings: SupervisedSettings,
    *,
    source: torch.Generator,
    progress: Progress | None,
) -> list[dict[str, Any]]:
    images = torch.from_numpy(training.images)
    labels = torch.from_numpy(training.labels)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    steps = max(1, len(images) // settings.batch) * settings.epochs
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, FLOOR ** (1 / steps))
    input_px = training.images.shape[1] // settings.pool
    history = []
    for epoch in range(settings.epochs):
        network.train()
        order = torch.randperm(len(images), generator=source)
        losses = []
        for chosen in order.split(settings.batch):
            if len(chosen) < settings.batch and len(images) >= settings.batch:
                continue
            patches = scale_patches(images[chosen], pool=settings.pool, input_px=input_px)
            loss = nn.functional.cross_entropy(network(augment(patches, source)), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        accuracy = _accuracy(network, validation.images, validation.labels, settings.pool)
        history.append(
            {
                "epoch": epoch,
                "loss": float(np.mean(losses)),
                "validation_accuracy": accuracy,
                "learning_rate": schedule.get_last_lr()[0],
            }
        )
        if progress:
            progress(epoch + 1, settings.epochs)
    return history


def _accuracy(
    network: nn.Module,
    images: UInt8[np.ndarray, "N T T 3"],
    labels: Int64[np.ndarray, "N"],
    pool: int,
) -> float:
    network.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(images), 64):
            tiles = torch.from_numpy(images[start : start + 64])
            patches = scale_patches(tiles, pool=pool, input_px=images.shape[1] // pool)
            found.append(network(patches).argmax(1).numpy())
    return float((np.concatenate(found) == labels).mean())
