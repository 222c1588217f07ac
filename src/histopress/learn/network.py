"""The slide-level network of neural image compression."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

NEGATIVE_SLOPE = 0.2
NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.1
"""Weight of the new batch in the running statistics: an epoch may be as short as 16 steps."""

STRIDES: dict[int, tuple[int, ...]] = {
    crop: (2,) * halvings + (1, 1) for halvings, crop in enumerate((5, 11, 24, 49, 99, 199, 400))
}
"""Strides of the convolutions by crop: each 3×3 window without padding, down to one cell."""


class SpatialDropout(nn.Module):
    """Drop whole feature maps, drawing from a generator of its own.

    :class:`torch.nn.Dropout2d` draws from the global generator. Masks are drawn on the CPU, so
    that they are the same on every device.
    """

    def __init__(self, probability: float, generator: torch.Generator) -> None:
        super().__init__()
        self.probability = probability
        self.generator = generator

    def forward(self, maps: Float[Tensor, "batch channels ..."]) -> Float[Tensor, "..."]:
        """Zero maps with the set probability and scale up the rest; identity in evaluation."""
        if not self.training or self.probability == 0:
            return maps
        keep = torch.rand(maps.shape[:2], generator=self.generator) >= self.probability
        scale = keep.to(maps) / (1 - self.probability)
        return maps * scale.reshape(*maps.shape[:2], *[1] * (maps.ndim - 2))


def _filled(layer: nn.Conv2d | nn.Linear, generator: torch.Generator) -> nn.Module:
    """Draw the kernel uniformly after He et al.; a bias starts at zero."""
    nn.init.kaiming_uniform_(layer.weight, a=NEGATIVE_SLOPE, generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _separable(
    channels: int, filters: int, *, stride: int, generator: torch.Generator
) -> list[nn.Module]:
    """Depthwise 3×3, then pointwise; without bias, since a normalisation follows."""
    depthwise = nn.utils.skip_init(
        nn.Conv2d, channels, channels, 3, stride=stride, groups=channels, bias=False
    )
    pointwise = nn.utils.skip_init(nn.Conv2d, channels, filters, 1, bias=False)
    return [_filled(depthwise, generator), _filled(pointwise, generator)]


class NicCnn(nn.Module):
    """Depthwise-separable CNN that takes a crop of a compressed slide to class logits.

    Each convolution is 3×3 depthwise and 1×1 pointwise without padding, followed by batch
    normalisation, LeakyReLU(0.2) and spatial dropout; strides are 2 but for the last two. At
    the published crop of 400 there are eight, 400 → 199 → 99 → 49 → 24 → 11 → 5 → 3 → 1; a
    smaller crop leaves out convolutions of stride 2 from the front (Tellez et al., NIC, 2021).
    Then a dense layer with normalisation and LeakyReLU, and a linear layer of logits.

    The input is standardised with ``mean`` and ``scale`` (see :meth:`standardise_with`) on kept
    cells; background stays exactly 0, which is then the average tissue cell. Without this the
    offset between embeddings and background would be the strongest pattern of every crop.
    Convolutions before a normalisation carry no bias; it would cancel.

    Parameters
    ----------
    channels : int
        Channels of the grid.
    crop : int
        5, 11, 24, 49, 99, 199 or 400 cells.
    classes : int
        Number of logits.
    width : int
        Filters of each convolution and units of the dense layer.
    dropout : float
        Probability that a feature map is dropped in training.
    generator : torch.Generator
        Draws the initial weights and, in training, the dropped maps. The global generator is
        not touched.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        channels: int,
        *,
        crop: int,
        classes: int,
        generator: torch.Generator,
        width: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels))
        self.blocks = nn.Sequential()
        for stride in STRIDES[crop]:
            entry = channels if not len(self.blocks) else width
            self.blocks.append(
                nn.Sequential(
                    *_separable(entry, width, stride=stride, generator=generator),
                    nn.BatchNorm2d(width, eps=NORM_EPSILON, momentum=NORM_MOMENTUM),
                    nn.LeakyReLU(NEGATIVE_SLOPE),
                    SpatialDropout(dropout, generator),
                )
            )
        self.dense = nn.Sequential(
            _filled(nn.utils.skip_init(nn.Linear, width, width, bias=False), generator),
            nn.BatchNorm1d(width, eps=NORM_EPSILON, momentum=NORM_MOMENTUM),
            nn.LeakyReLU(NEGATIVE_SLOPE),
        )
        self.logits = _filled(nn.utils.skip_init(nn.Linear, width, classes), generator)

    def standardise_with(
        self, mean: Float[Tensor, " channels"], scale: Float[Tensor, " channels"]
    ) -> None:
        """Take the statistics of the training fold's tissue cells; saved with the weights."""
        self.mean.copy_(mean)
        self.scale.copy_(scale)

    def forward(
        self,
        crops: Float[Tensor, "batch channels crop crop"],
        kept: Bool[Tensor, "batch 1 crop crop"],
    ) -> Float[Tensor, "batch classes"]:
        """Take crops and their masks of kept cells to logits."""
        centred = crops.float() - self.mean[:, None, None]
        maps = self.blocks(centred / self.scale[:, None, None] * kept)
        return self.logits(self.dense(maps.flatten(1)))

    def kernels(self) -> list[Tensor]:
        """Kernels of all convolutions and dense layers: what the L2 penalty concerns."""
        return [
            layer.weight for layer in self.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))
        ]
