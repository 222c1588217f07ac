"""Patch encoders as networks: uint8 tiles in, embeddings out.

Scaling, pooling and cropping are part of the network, so that whoever holds the network cannot
feed it wrongly.
"""

from itertools import pairwise

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from histopress.encoder.layers import SLOPE

LEVELS = 4
EPSILON = 1e-3
KERAS_MOMENTUM = 0.8


class ConvolutionalEncoder(nn.Module):
    """The encoder of multitask NIC.

    Four times: convolution 3×3, stride 2, no padding, bias → LeakyReLU(0.2) → batch
    normalisation; then a linear layer over the channels-last flattened maps (Tellez et al.,
    MIDL 2020; read off the released weights, in which the activation stands before the
    normalisation, the other way round in the text).

    Parameters
    ----------
    channels : int
        Length C of an embedding; 128 as published.
    filters : int
        Filters of each convolution; 128 as published.
    input_px : int
        Side of the patch that the first convolution sees; 64 as published.

    Notes
    -----
    At 128 filters, C = 128 and 64 px the network holds 595,968 values, running statistics
    included.
    """

    def __init__(self, *, channels: int = 128, filters: int = 128, input_px: int = 64) -> None:
        super().__init__()
        widths = [3] + [filters] * LEVELS
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2) for before, after in pairwise(widths)
        )
        self.normalisations = nn.ModuleList(
            nn.BatchNorm2d(filters, eps=EPSILON, momentum=1 - KERAS_MOMENTUM) for _ in range(LEVELS)
        )
        self.project = nn.Linear(filters * final_side(input_px) ** 2, channels)

    def forward(self, patches: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B C"]:
        """Embed patches whose values lie in [−1, 1]."""
        maps = patches
        for convolution, normalisation in zip(self.convolutions, self.normalisations, strict=True):
            maps = normalisation(functional.leaky_relu(convolution(maps), SLOPE))
        return self.project(maps.permute(0, 2, 3, 1).flatten(1))


class MeanRgb(nn.Module):
    """Mean of each colour channel, the floor of every comparison (C = 3)."""

    def forward(self, patches: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B 3"]:
        """Average over the patch."""
        return patches.mean((2, 3))


def final_side(input_px: int) -> int:
    """Side of the last maps: 64 gives 31, 15, 7, 3.

    Examples
    --------
    >>> final_side(64)
    3
    """
    for _ in range(LEVELS):
        input_px = (input_px - 3) // 2 + 1
    return input_px


def scale_patches(
    tiles: UInt8[Tensor, "B T T 3"], *, pool: int, input_px: int
) -> Float[Tensor, "B 3 S S"]:
    """Bring tiles to what an encoder sees: [−1, 1], mean-pooled, central part.

    Parameters
    ----------
    tiles : uint8 tensor (B, T, T, 3)
        RGB tiles.
    pool : int
        Side of the mean pooling.
    input_px : int
        Side S of the central crop; at most T / pool.
    """
    patches = tiles.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1.0
    if pool > 1:
        patches = functional.avg_pool2d(patches, pool)
    border = (patches.shape[-1] - input_px) // 2
    return patches[:, :, border : border + input_px, border : border + input_px].contiguous()
