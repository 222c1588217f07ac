"""What an encoder sees or keeps of patches, as pictures: originals above what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from histopress.patches.augment import augment_patches
from histopress.patches.settings import AugmentSettings
from histopress.patches.table import PatchTable

COLUMNS = 12
"""Patches of a task on a sheet."""


@runtime_checkable
class Reconstructing(Protocol):
    """An objective whose networks can redraw a patch from its embedding."""

    tables: dict[str, PatchTable]
    device: torch.device

    def reconstruct(self, patches: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B 3 S S"]:
        """Redraw patches in [−1, 1]."""
        ...


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Rows for a contact sheet.

    Attributes
    ----------
    rows : tuple of tuple of uint8 ndarray (S, S, 3)
        Two rows a task: patches, and below each its reconstruction or its variation.
    row_labels : tuple of str
        What each row is.
    column_labels : tuple of str
        Empty: a column means nothing but the patch.
    """

    rows: tuple[tuple[UInt8[np.ndarray, "S S 3"], ...], ...]
    row_labels: tuple[str, ...]
    column_labels: tuple[str, ...]


def reconstruct_tuning(objective: Reconstructing, *, columns: int = COLUMNS) -> Pictures:
    """Redraw patches of each task's tuning part, spread evenly over it, upright.

    Parameters
    ----------
    objective : Vae or Bigan
        Trained.
    columns : int
        Most patches of a task.
    """
    rows: list[tuple[UInt8[np.ndarray, "S S 3"], ...]] = []
    labels: list[str] = []
    for name, table in objective.tables.items():
        originals = table.cropped(spread(table.indices("tuning"), columns))
        patches = torch.from_numpy(originals).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
        redrawn = objective.reconstruct(patches.to(objective.device))
        rows += [tuple(originals), tuple(as_images(redrawn))]
        labels += [name, f"{name}, redrawn"]
    return Pictures(rows=tuple(rows), row_labels=tuple(labels), column_labels=())


def training_rows(
    tables: Mapping[str, PatchTable], augment: AugmentSettings, *, columns: int = COLUMNS
) -> Pictures:
    """Show patches of each task's training part, and below each what training makes of it.

    Parameters
    ----------
    tables : mapping of str to PatchTable
        Patches by task.
    augment : AugmentSettings
        How they are varied.
    columns : int
        Most patches of a task.
    """
    source = torch.Generator().manual_seed(0)
    rows: list[tuple[UInt8[np.ndarray, "S S 3"], ...]] = []
    labels: list[str] = []
    for name, table in tables.items():
        chosen = spread(table.indices("training"), columns)
        images = torch.from_numpy(np.ascontiguousarray(table.images[chosen]))
        varied = augment_patches(images, augment, side=table.input_px, source=source)
        rows += [tuple(table.cropped(chosen)), tuple(as_images(varied * 2 - 1))]
        labels += [name, f"{name}, varied"]
    return Pictures(rows=tuple(rows), row_labels=tuple(labels), column_labels=())


def spread(indices: np.ndarray, count: int) -> np.ndarray:
    """Take at most ``count`` of ``indices``, evenly spaced."""
    places = np.linspace(0, len(indices) - 1, min(count, len(indices)))
    return indices[places.round().astype(np.int64)]


def as_images(patches: Float[Tensor, "B 3 S S"]) -> UInt8[np.ndarray, "B S S 3"]:
    """Turn patches in [−1, 1] into RGB pictures."""
    levels = (patches.float() + 1) * 127.5
    return levels.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
