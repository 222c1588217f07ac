"""From an embedding back to a patch."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from histopress.encoder.layers import SLOPE
from histopress.encoder.tower import normalisation

SIDE = 4
"""Of the maps that decoders start from."""

WIDTHS = (512, 256, 128, 64, 32, 16)
"""Maps that the published decoder starts from, and filters of its convolutions."""


class UpConvolution(nn.Module):
    """Nearest-neighbour doubling and a 3×3 convolution (padded, stride 1) in one operation.

    Doubling first makes the convolution multiply equal pixels by several weights. Adding up those
    weights beforehand gives a transposed convolution with a 4×4 kernel and stride 2: the same
    sums in another order, with 4 instead of 9 multiplications a pixel and no doubled maps in
    memory.

    Parameters
    ----------
    before, after : int
        Maps in and out.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, 3, padding=1, bias=False)

    def forward(self, maps: Float[Tensor, "B before h h"]) -> Float[Tensor, "B after 2h 2h"]:
        """Double the side of ``maps`` and convolve."""
        kernel = self.convolution.weight.flip(2, 3).transpose(0, 1)
        pads = ((0, 1, 0, 1), (1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 1, 0))
        summed = torch.stack([functional.pad(kernel, pad) for pad in pads]).sum(0)
        return functional.conv_transpose2d(maps, summed, stride=2, padding=1)


class Decoder(nn.Module):
    """Decoder of NIC's variational autoencoder; its generator has other widths.

    Dense layer → maps of 4×4 → a number of times: nearest-neighbour doubling, convolution 3×3 →
    batch normalisation → LeakyReLU(0.2); then a convolution to red, green and blue, and tanh
    (Tellez et al., NIC, 2021, supplement). The doublings follow ``output_px``: five at the
    published 128 px. With fewer the last widths are left out, with more the last one is repeated.

    Parameters
    ----------
    channels : int
        Length C of an embedding.
    output_px : int
        Side S of the patch: 4, 8, 16, … px.
    widths : sequence of int
        Maps at 4×4, then filters of each convolution.

    Notes
    -----
    At C = 128, 128 px and the published widths it holds 2,630,515 values, running statistics
    included.
    """

    def __init__(
        self,
        *,
        channels: int,
        output_px: int,
        widths: Sequence[int] = WIDTHS,
    ) -> None:
        super().__init__()
        doublings = doublings_to(output_px)
        chosen = [*widths, *[widths[-1]] * doublings][: doublings + 1]
        self.dense = nn.Linear(channels, chosen[0] * SIDE**2)
        self.convolutions = nn.ModuleList(UpConvolution(*pair) for pair in pairwise(chosen))
        self.normalisations = nn.ModuleList(normalisation(width) for width in chosen[1:])
        self.colour = nn.Conv2d(chosen[-1], 3, 3, padding=1)

    def forward(self, embeddings: Float[Tensor, "B C"]) -> Float[Tensor, "B 3 S S"]:
        """Draw patches with values in [−1, 1]."""
        # Channels innermost, as everywhere in training: no copy.
        maps = self.dense(embeddings).unflatten(1, (SIDE, SIDE, -1)).permute(0, 3, 1, 2)
        for convolution, normalise in zip(self.convolutions, self.normalisations, strict=True):
            maps = functional.leaky_relu(normalise(convolution(maps)), SLOPE)
        return self.colour(maps).tanh()


def doublings_to(output_px: int) -> int:
    """How often 4 px double to ``output_px``.

    Raises
    ------
    ValueError
        It is no power of two from 4 on.

    Examples
    --------
    >>> doublings_to(128)
    5
    """
    doublings = output_px.bit_length() - SIDE.bit_length()
    if doublings < 0 or SIDE << doublings != output_px:
        raise ValueError(f"a decoder draws patches of 4, 8, 16, … px, not {output_px}")
    return doublings
