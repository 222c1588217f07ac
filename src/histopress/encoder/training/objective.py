"""What a kind of encoder brings to the training loop."""

from collections.abc import Mapping
from typing import Protocol

from torch import nn
from torch.optim import Optimizer


class Objective(Protocol):
    """Networks, optimisers, one training step and one validation.

    Attributes
    ----------
    network : Module
        All that is trained; its state is what a checkpoint keeps.
    encoder : Module
        The part of ``network`` that stays: float patches (B, 3, S, S) in [−1, 1] to embeddings.
    optimisers : tuple of Optimizer
        Their step sizes follow the schedule.
    """

    network: nn.Module
    encoder: nn.Module
    optimisers: tuple[Optimizer, ...]

    def begin(self, seed: int) -> None:
        """Start an epoch; everything random in it derives from ``seed`` and from nothing before.

        An epoch that is begun again after an interruption is therefore the same epoch.
        """
        ...

    def step(self) -> Mapping[str, float]:
        """Take one training step; returns its losses by name."""
        ...

    def validate(self) -> Mapping[str, float]:
        """Judge on the tuning part; ``score`` is what the schedule follows, higher is better."""
        ...
