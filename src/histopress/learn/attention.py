"""Gated attention over the cells of a compressed slide."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from histopress.encoder.layers import SLOPE, Dropout, he_uniform
from histopress.errors import SlideError
from histopress.learn.standardised import SlideNetwork

WIDTH = 512
"""Features of a cell that are averaged."""

GATES = 256
"""Units of the attention."""


class Abmil(SlideNetwork):
    """Weigh the cells with tissue, average them, and take the average to outputs.

    Attention-based multiple instance learning with a gate (Ilse, Tomczak & Welling, ICML 2018,
    equations 8 and 9) on the grid of neural image compression, in the widths of NIC-A (2025):
    each cell alone passes a 1×1 convolution to h of 512 and a LeakyReLU(0.2); its weight is the
    softmax over the cells with tissue of w·(tanh(V h) ⊙ sigmoid(U h)), V and U to 256; the
    weighted mean of h passes a linear layer to the outputs.

    The cells' places do not matter, and neither does the padding of the grid: background is
    left out before the first layer, so it has no weight, no gradient and no cost. The result
    of a slide depends on no other slide of the batch.

    The input is standardised with ``mean`` and ``scale``, as in
    :class:`~histopress.learn.network.NicCnn`: a layer normalisation of each cell would take away
    its length and its mean over channels, and with them what they may tell.

    What the publications leave open: V and U have a bias, w has none since it would cancel;
    dropout drops features of h for all cells of a slide at once, as spatial dropout does in the
    convolutional network; features of single cells would need 5·10⁷ draws for 10⁵ cells.

    Parameters
    ----------
    channels : int
        Channels of the grid.
    outputs : int
        Number of outputs K: logits of classes, or 1 for a score or a log-hazard.
    generator : torch.Generator
        On the CPU; draws the initial weights and, in training, the dropped features. The global
        generator is not touched.
    width : int
        Features of a cell.
    gates : int
        Units of the attention.
    dropout : float
        Probability that a feature is dropped in training.
    """

    def __init__(
        self,
        channels: int,
        *,
        outputs: int,
        generator: torch.Generator,
        width: int = WIDTH,
        gates: int = GATES,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(channels)
        self.embed = he_uniform(_empty(channels, width), generator)
        self.rectify = nn.LeakyReLU(SLOPE)
        self.dropout = Dropout(dropout, generator)
        self.tanh_gate = _glorot(_empty(width, gates), generator)
        self.sigmoid_gate = _glorot(_empty(width, gates), generator)
        self.score = _glorot(_empty(gates, 1, bias=False), generator)
        self.logits = _glorot(_empty(width, outputs), generator)

    def forward(
        self,
        crops: Float[Tensor, "batch channels rows columns"],
        kept: Bool[Tensor, "batch 1 rows columns"],
    ) -> tuple[Float[Tensor, "batch outputs"], Float[Tensor, "batch rows columns"]]:
        """Take crops or whole grids and their masks of kept cells to outputs and attention.

        Returns
        -------
        logits : float32 tensor (batch, K)
            Outputs.
        attention : float32 tensor (batch, rows, columns)
            Weight of each cell: sums to 1 over a slide, exactly 0 on background.

        Raises
        ------
        SlideError
            An entry has no kept cell.
        """
        logits, maps = [], []
        for place, (crop, mask) in enumerate(zip(crops, kept[:, 0], strict=True)):
            if not mask.any():
                raise SlideError(
                    f"entry {place} of the batch: it has no cell with tissue, so its attention "
                    "is undefined; leave the slide out or draw crops that hold tissue"
                )
            found, weights = self.attend(crop[:, mask].T)
            logits.append(found)
            maps.append(weights.new_zeros(mask.shape).masked_scatter(mask, weights))
        return torch.stack(logits), torch.stack(maps)

    def attend(
        self, cells: Float[Tensor, "cells channels"]
    ) -> tuple[Float[Tensor, " outputs"], Float[Tensor, " cells"]]:
        """Take the cells of one bag, at least one, to outputs and the weight of each cell.

        A bag is a slide, or all slides of a patient joined.
        """
        features = self.rectify(self.embed((cells.float() - self.mean) / self.scale))
        # Features are the channels of a map that has a cell a place.
        features = self.dropout(features.T[None])[0].T
        gated = torch.tanh(self.tanh_gate(features)) * torch.sigmoid(self.sigmoid_gate(features))
        weights = torch.softmax(self.score(gated)[:, 0], 0)
        return self.logits(weights @ features), weights


def _empty(inputs: int, outputs: int, *, bias: bool = True) -> nn.Linear:
    return nn.utils.skip_init(nn.Linear, inputs, outputs, bias=bias)


def _glorot(layer: nn.Linear, generator: torch.Generator) -> nn.Linear:
    """Draw the kernel of a layer that no rectifier follows; its bias starts at zero."""
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
