"""The deeper encoder that neural image compression compares with."""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from histopress.encoder.layers import SLOPE
from histopress.encoder.network import EPSILON, KERAS_MOMENTUM

WIDTHS = (32, 64, 128, 256, 512)
"""Filters of the convolutions, as published."""

HIDDEN = 512
"""Units of the dense layer, as published."""


class Tower(nn.Module):
    """Encoder of NIC's autoencoder, contrastive and supervised networks.

    Five times: convolution 3×3, stride 2 → batch normalisation → LeakyReLU(0.2); then dense 512
    → batch normalisation → LeakyReLU; then a linear layer (Tellez et al., NIC, 2021, supplement).

    The publication does not name the padding. Each convolution here is padded by one pixel, so
    that a side n becomes ⌈n / 2⌉: at the published 128 px the last maps are then 4×4×512, just
    what the published decoder starts from; without padding they would be 3×3, and at 32 px
    nothing would be left. Layers before a normalisation carry no bias; it would cancel. The
    normalisations' ε and momentum, not named either, are those of the released encoder.

    Parameters
    ----------
    channels : int
        Length C of an embedding.
    input_px : int
        Side S of the patch; the dense layer is made for it.
    widths : sequence of int
        Filters of each convolution; one more halves the maps once more.
    hidden : int
        Units of the dense layer.

    Notes
    -----
    At C = 128 and 128 px the network holds 5,833,568 values, running statistics included.
    """

    def __init__(
        self,
        *,
        channels: int,
        input_px: int,
        widths: Sequence[int] = WIDTHS,
        hidden: int = HIDDEN,
    ) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
            for before, after in pairwise((3, *widths))
        )
        self.normalisations = nn.ModuleList(normalisation(width) for width in widths)
        side = last_side(input_px, len(widths))
        self.dense = nn.Linear(widths[-1] * side**2, hidden, bias=False)
        self.dense_normalisation = nn.BatchNorm1d(hidden, eps=EPSILON, momentum=1 - KERAS_MOMENTUM)
        self.project = nn.Linear(hidden, channels)

    def features(self, patches: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B hidden"]:
        """Take patches in [−1, 1] as far as the dense layer, its LeakyReLU included."""
        maps = patches
        for convolution, normalise in zip(self.convolutions, self.normalisations, strict=True):
            maps = functional.leaky_relu(normalise(convolution(maps)), SLOPE)
        hidden = self.dense(maps.permute(0, 2, 3, 1).flatten(1))
        return functional.leaky_relu(self.dense_normalisation(hidden), SLOPE)

    def forward(self, patches: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B C"]:
        """Embed patches whose values lie in [−1, 1]."""
        return self.project(self.features(patches))


def normalisation(width: int) -> nn.BatchNorm2d:
    """Batch normalisation of maps as in the released encoder."""
    return nn.BatchNorm2d(width, eps=EPSILON, momentum=1 - KERAS_MOMENTUM)


def last_side(input_px: int, halvings: int = len(WIDTHS)) -> int:
    """Side of the last maps: 128 gives 64, 32, 16, 8, 4.

    Examples
    --------
    >>> last_side(128), last_side(33)
    (4, 2)
    """
    for _ in range(halvings):
        input_px = (input_px + 1) // 2
    return input_px
