"""What a network from elsewhere expects of its pixels."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Scaled(nn.Module):
    """A network behind the colour scaling that it was trained with.

    Parameters
    ----------
    network : Module
        Takes float patches (B, 3, S, S) that are scaled as ``mean`` and ``std`` say.
    mean, std : sequence of float (3)
        Of each colour channel, where 0 is black and 1 is white.

    Notes
    -----
    Patches arrive in [−1, 1] (:func:`histopress.encoder.network.scale_patches`) and leave as
    ``(x01 − mean) / std`` with ``x01 = (x + 1) / 2``; mean and std of 0.5 leave them as they are.
    """

    factor: Tensor
    shift: Tensor

    def __init__(self, network: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        shape = (1, 3, 1, 1)
        factor, shift = [], []
        for middle, width in zip(mean, std, strict=True):
            factor.append(0.5 / width)
            shift.append((0.5 - middle) / width)
        self.identity = factor == [1.0] * 3 and shift == [0.0] * 3
        self.register_buffer("factor", torch.tensor(factor).view(shape), persistent=False)
        self.register_buffer("shift", torch.tensor(shift).view(shape), persistent=False)

    def forward(self, patches: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B C"]:
        """Embed patches whose values lie in [−1, 1]."""
        if not self.identity:
            patches = patches * self.factor + self.shift
        return self.network(patches).float()
