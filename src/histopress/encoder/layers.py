"""Layers that several encoders are built of."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

SLOPE = 0.2
"""Of LeakyReLU, in all published networks."""


class Dropout(nn.Module):
    """Dropout that draws from a generator of its own; :class:`torch.nn.Dropout` takes the global.

    Masks are drawn on the CPU, so that they are the same on every device.
    """

    def __init__(self, probability: float, source: torch.Generator) -> None:
        super().__init__()
        self.probability = probability
        self.source = source

    def forward(self, values: Float[Tensor, "B C"]) -> Float[Tensor, "B C"]:
        """Zero values with the set probability and scale up the rest; identity in evaluation."""
        if not self.training or self.probability == 0:
            return values
        keep = torch.rand(values.shape, generator=self.source) >= self.probability
        return values * (keep.to(values) / (1 - self.probability))


def dense_head(
    channels: int, classes: int, *, hidden: int, dropout: float, source: torch.Generator
) -> nn.Sequential:
    """Classifier on embeddings: dropout → dense → LeakyReLU → dropout → dense logits."""
    return nn.Sequential(
        Dropout(dropout, source),
        nn.Linear(channels, hidden),
        nn.LeakyReLU(SLOPE),
        Dropout(dropout, source),
        nn.Linear(hidden, classes),
    )


def initialise(network: nn.Module, source: torch.Generator) -> None:
    """Draw weights by He's uniform rule from ``source``; biases start at zero."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(module.weight, a=SLOPE, generator=source)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
