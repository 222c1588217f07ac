"""What all slide-level networks share: standardised input, kernels that are penalised."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class SlideNetwork(nn.Module):
    """A network whose input is standardised with ``mean`` and ``scale``, saved with its weights.

    Parameters
    ----------
    channels : int
        Channels of the grid.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels))

    def standardise_with(
        self, mean: Float[Tensor, " channels"], scale: Float[Tensor, " channels"]
    ) -> None:
        """Take the statistics of the training fold's tissue cells."""
        self.mean.copy_(mean)
        self.scale.copy_(scale)

    def kernels(self) -> list[Tensor]:
        """Kernels of all convolutions and dense layers: what the L2 penalty concerns."""
        return [
            layer.weight for layer in self.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))
        ]
