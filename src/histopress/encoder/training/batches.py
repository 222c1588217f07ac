"""Batches of one task's patches: drawn evenly, varied, scaled."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from histopress.errors import EncoderError
from histopress.patches.augment import augment_patches
from histopress.patches.sampling import BalancedSampler
from histopress.patches.settings import AugmentSettings
from histopress.patches.table import Part, PatchTable
from histopress.seeds import derive_seed, generator

CHUNK = 128
"""Patches embedded at once outside training."""


class TaskBatches:
    """Training batches of one task.

    Parameters
    ----------
    table : PatchTable
        Its training part is drawn from, evenly over classes and, within a class, over centres.
    augment : AugmentSettings
        How each patch is varied.
    device : torch.device
        Patches travel there as bytes and are varied there.
    """

    def __init__(
        self, table: PatchTable, augment: AugmentSettings, *, device: torch.device
    ) -> None:
        self.table = table
        self.augment = augment
        self.device = device
        self.training = table.indices("training")
        self.source = torch.Generator(device)
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Derive all that is random from ``seed``."""
        chosen = self.training
        centers = [self.table.centers[index] for index in chosen]
        self.sampler = BalancedSampler(self.table.labels[chosen], centers)
        self.rng = generator(seed, "patches")
        self.source.manual_seed(derive_seed(seed, "augmentation"))

    def draw(self, count: int) -> tuple[Float[Tensor, "B 3 S S"], Int64[Tensor, "B"]]:
        """Draw ``count`` patches in [−1, 1] with their labels."""
        indices = self.training[self.sampler.draw(count, self.rng)]
        labels = torch.from_numpy(self.table.labels[indices]).to(self.device)
        return self.vary(indices), labels

    def vary(self, indices: Int64[np.ndarray, "B"]) -> Float[Tensor, "B 3 S S"]:
        """Augment the patches at ``indices``; values in [−1, 1]."""
        images = torch.from_numpy(np.ascontiguousarray(self.table.images[indices]))
        varied = augment_patches(
            images.to(self.device), self.augment, side=self.table.input_px, source=self.source
        )
        return varied.mul_(2).sub_(1).contiguous(memory_format=torch.channels_last)


def upright(
    table: PatchTable, part: Part, *, device: torch.device
) -> Iterator[tuple[Float[Tensor, "B 3 S S"], Int64[np.ndarray, "B"]]]:
    """Go through one part in order, without augmentation; patches in [−1, 1] and labels."""
    indices = table.indices(part)
    for start in range(0, len(indices), CHUNK):
        chosen = indices[start : start + CHUNK]
        images = torch.from_numpy(table.cropped(chosen)).to(device).permute(0, 3, 1, 2)
        patches = images.to(torch.float32).div_(127.5).sub_(1)
        yield patches.contiguous(memory_format=torch.channels_last), table.labels[chosen]


def check_tables(tables: dict[str, PatchTable], input_px: int, *, encoder: str) -> None:
    """Refuse tables that do not fit an encoder, or that lack what training needs.

    Raises
    ------
    EncoderError
        Patches of another size, a task with fewer than two classes, or an empty part.
    """
    for name, table in tables.items():
        if table.input_px != input_px:
            raise EncoderError(
                f"encoder '{encoder}': sees {input_px} px; the patches of task '{name}' are of "
                f"{table.input_px} px; make them again for this encoder"
            )
        empty = [part for part in ("training", "tuning") if not len(table.indices(part))]
        if empty:
            raise EncoderError(
                f"encoder '{encoder}': task '{name}' has no patches for {' and '.join(empty)}"
            )
