"""Layers that several networks are built of, of encoders and of slides."""

from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

LayerT = TypeVar("LayerT", bound=nn.Conv2d | nn.Linear)

SLOPE = 0.2
"""Of LeakyReLU, in all published networks."""


class Dropout(nn.Module):
    """Drop whole channels, drawing from a generator of its own; torch's layers take the global.

    Of maps this is spatial dropout (:class:`torch.nn.Dropout2d`), of vectors the plain one.
    Masks are drawn on the CPU, so that they are the same on every device.
    """

    def __init__(self, probability: float, source: torch.Generator) -> None:
        super().__init__()
        self.probability = probability
        self.source = source

    def forward(self, values: Float[Tensor, "B C ..."]) -> Float[Tensor, "B C ..."]:
        """Zero channels with the set probability and scale up the rest; nothing in evaluation."""
        if not self.training or self.probability == 0:
            return values
        keep = torch.rand(values.shape[:2], generator=self.source) >= self.probability
        scale = keep.to(values) / (1 - self.probability)
        return values * scale.reshape(*values.shape[:2], *[1] * (values.ndim - 2))


def he_uniform(layer: LayerT, source: torch.Generator) -> LayerT:
    """Draw a layer's kernel by He's uniform rule from ``source``; its bias starts at zero."""
    nn.init.kaiming_uniform_(layer.weight, a=SLOPE, generator=source)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


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
    """Draw all weights by He's uniform rule from ``source``; biases start at zero."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            he_uniform(module, source)
