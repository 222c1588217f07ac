"""Patches of several tasks as one supply, their labels left aside."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from histopress.encoder.training.batches import TaskBatches
from histopress.patches.settings import AugmentSettings
from histopress.patches.table import PatchTable
from histopress.seeds import derive_seed, generator

DIHEDRAL = AugmentSettings(
    shift=False,
    scale=None,
    elastic_alpha=None,
    hue=None,
    saturation=None,
    stain=None,
    brightness=None,
    contrast=None,
    noise=None,
    blur=None,
)
"""Turns and mirrors alone: a tissue has no upright side, and colours stay those to redraw."""


class PooledBatches:
    """Training batches of all tasks together, evenly over tasks and, within one, over centres.

    Parameters
    ----------
    tables : mapping of str to PatchTable
        Patches by task; their labels are not used.
    augment : AugmentSettings
        How each patch is varied.
    device : torch.device
        Where patches are varied.

    Attributes
    ----------
    tasks : mapping of str to TaskBatches
        What each task's patches come from.
    """

    def __init__(
        self,
        tables: Mapping[str, PatchTable],
        *,
        device: torch.device,
        augment: AugmentSettings = DIHEDRAL,
    ) -> None:
        self.tasks = {
            name: TaskBatches(unlabelled(table), augment, device=device)
            for name, table in tables.items()
        }
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Derive all that is random from ``seed``."""
        self.rng = generator(seed, "shares")
        for name, batches in self.tasks.items():
            batches.begin(derive_seed(seed, name))

    def shares(self, count: int) -> Int64[np.ndarray, "tasks"]:
        """Deal ``count`` over the tasks; which ones get an odd one more is drawn."""
        number = len(self.tasks)
        return count // number + (self.rng.permutation(number) < count % number)

    def draw(self, count: int) -> Float[Tensor, "B 3 S S"]:
        """Draw ``count`` patches in [−1, 1]."""
        shares = zip(self.tasks.values(), self.shares(count).tolist(), strict=True)
        return torch.cat([batches.draw(share)[0] for batches, share in shares if share])


def unlabelled(table: PatchTable) -> PatchTable:
    """Give the same patches as if all were of one class."""
    return replace(table, labels=np.zeros(len(table), np.int64))
