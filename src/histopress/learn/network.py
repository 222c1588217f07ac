"""The slide-level network of neural image compression."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from histopress.encoder.layers import SLOPE, Dropout, he_uniform
from histopress.learn.standardised import SlideNetwork

NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.1
"""Weight of the new batch in the running statistics: an epoch may be as short as 16 steps."""

STRIDES: dict[int, tuple[int, ...]] = {
    crop: (2,) * halvings + (1, 1) for halvings, crop in enumerate((5, 11, 24, 49, 99, 199, 400))
}
"""Strides of the convolutions by crop: each 3×3 window without padding, down to one cell."""


def _separable(
    channels: int, filters: int, *, stride: int, generator: torch.Generator
) -> list[nn.Module]:
    """Depthwise 3×3, then pointwise; without bias, since a normalisation follows."""
    depthwise = nn.utils.skip_init(
        nn.Conv2d, channels, channels, 3, stride=stride, groups=channels, bias=False
    )
    pointwise = nn.utils.skip_init(nn.Conv2d, channels, filters, 1, bias=False)
    return [he_uniform(depthwise, generator), he_uniform(pointwise, generator)]


class NicCnn(SlideNetwork):
    """Depthwise-separable CNN that takes a crop of a compressed slide to its outputs.

    Each convolution is 3×3 depthwise and 1×1 pointwise without padding, followed by batch
    normalisation, LeakyReLU(0.2) and spatial dropout; strides are 2 but for the last two. At
    the published crop of 400 there are eight, 400 → 199 → 99 → 49 → 24 → 11 → 5 → 3 → 1; a
    smaller crop leaves out convolutions of stride 2 from the front (Tellez et al., NIC, 2021).
    Then a dense layer with normalisation and LeakyReLU, and a linear layer of logits.

    The input is standardised with ``mean`` and ``scale`` on kept cells; background stays
    exactly 0, which is then the average tissue cell. Without this the offset between embeddings
    and background would be the strongest pattern of every crop. Convolutions before a
    normalisation carry no bias; it would cancel.

    Parameters
    ----------
    channels : int
        Channels of the grid.
    crop : int
        5, 11, 24, 49, 99, 199 or 400 cells.
    outputs : int
        Logits of classes, or 1 for a number or a log-hazard.
    width : int
        Filters of each convolution and units of the dense layer.
    dropout : float
        Probability that a feature map is dropped in training.
    generator : torch.Generator
        Draws the initial weights and, in training, the dropped maps. The global generator is
        not touched.
    """

    def __init__(
        self,
        channels: int,
        *,
        crop: int,
        outputs: int,
        generator: torch.Generator,
        width: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(channels)
        self.crop = crop
        self.blocks = nn.Sequential()
        for stride in STRIDES[crop]:
            entry = channels if not len(self.blocks) else width
            self.blocks.append(
                nn.Sequential(
                    *_separable(entry, width, stride=stride, generator=generator),
                    nn.BatchNorm2d(width, eps=NORM_EPSILON, momentum=NORM_MOMENTUM),
                    nn.LeakyReLU(SLOPE),
                    Dropout(dropout, generator),
                )
            )
        self.dense = nn.Sequential(
            he_uniform(nn.utils.skip_init(nn.Linear, width, width, bias=False), generator),
            nn.BatchNorm1d(width, eps=NORM_EPSILON, momentum=NORM_MOMENTUM),
            nn.LeakyReLU(SLOPE),
        )
        self.logits = he_uniform(nn.utils.skip_init(nn.Linear, width, outputs), generator)

    def forward(
        self,
        crops: Float[Tensor, "batch channels crop crop"],
        kept: Bool[Tensor, "batch 1 crop crop"],
    ) -> Float[Tensor, "batch outputs"]:
        """Take crops and their masks of kept cells to logits."""
        return self.logits(self.dense(self.blocks(self.standardised(crops, kept)).flatten(1)))

    def standardised(
        self,
        maps: Float[Tensor, "batch channels rows columns"],
        kept: Bool[Tensor, "batch 1 rows columns"],
    ) -> Float[Tensor, "batch channels rows columns"]:
        """Give what the first convolution sees: kept cells standardised, background exactly 0."""
        centred = maps.float() - self.mean[:, None, None]
        return centred / self.scale[:, None, None] * kept

    def lattice(
        self,
        maps: Float[Tensor, "batch channels rows columns"],
        kept: Bool[Tensor, "batch 1 rows columns"],
    ) -> Float[Tensor, "batch outputs places_down places_across"]:
        """Take grids of at least one crop to the outputs of windows on a lattice, in one pass.

        Entry (i, j) is what :meth:`forward` gives for the crop whose corner is
        (i·step, j·step), see :attr:`step`; in evaluation mode only, since the normalisations
        would otherwise take their statistics over all windows.
        """
        found = self.blocks(self.standardised(maps, kept))
        cells = found.permute(0, 2, 3, 1)
        rows = self.logits(self.dense(cells.flatten(0, 2)))
        return rows.unflatten(0, cells.shape[:3]).permute(0, 3, 1, 2)

    @property
    def step(self) -> int:
        """Cells between neighbouring windows of :meth:`lattice`: the product of all strides."""
        return math.prod(STRIDES[self.crop])
