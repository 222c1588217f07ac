"""The networks of a bidirectional generative adversarial network beside its encoder."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from histopress.encoder.decoder import Decoder, doublings_to
from histopress.encoder.layers import SLOPE, Dropout
from histopress.encoder.network import ConvolutionalEncoder

FIRST_MAPS = 64
"""Maps of 4×4 px that the generator starts from: what its dense layer of 1024 gives."""

HIDDEN = 1024
"""Units of the discriminator's dense layers."""

DROPOUT = 0.5


class Generator(Decoder):
    """Draw patches from noise: dense 1024 = 4×4×64 → 4 × [doubling, convolution] → tanh.

    At 64 px, C = 128 and 128 filters as published (Tellez et al., NIC, 2021, supplement), which
    names no activation or normalisation: batch normalisation and LeakyReLU follow each
    convolution but the last, as in the autoencoder's decoder.

    Parameters
    ----------
    channels : int
        Length C of the noise and of an embedding.
    filters : int
        Filters of each convolution.
    output_px : int
        Side of the patch.

    Notes
    -----
    At the published size it holds 653,699 values, running statistics included.
    """

    def __init__(self, *, channels: int, filters: int = 128, output_px: int = 64) -> None:
        super().__init__(
            channels=channels,
            output_px=output_px,
            widths=(FIRST_MAPS, *[filters] * doublings_to(output_px)),
        )


class Discriminator(nn.Module):
    """Tell pairs (patch, its embedding) from pairs (drawn patch, its noise).

    A tower like the encoder takes the patch to C values; these and the embedding or noise go
    through two dense layers with LeakyReLU and dropout 0.5 to one logit.

    Parameters
    ----------
    channels : int
        Length C of an embedding.
    source : Generator
        Draws the dropout.
    filters : int
        Filters of each of the tower's convolutions.
    input_px : int
        Side S of the patch.
    hidden : int
        Units of each dense layer.

    Notes
    -----
    At 64 px, C = 128 and 128 filters it holds 1,909,761 values, running statistics included.
    """

    def __init__(
        self,
        *,
        channels: int,
        source: torch.Generator,
        filters: int = 128,
        input_px: int = 64,
        hidden: int = HIDDEN,
    ) -> None:
        super().__init__()
        self.tower = ConvolutionalEncoder(channels=channels, filters=filters, input_px=input_px)
        self.judge = nn.Sequential(
            nn.Linear(2 * channels, hidden),
            nn.LeakyReLU(SLOPE),
            Dropout(DROPOUT, source),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(SLOPE),
            Dropout(DROPOUT, source),
            nn.Linear(hidden, 1),
        )

    def forward(
        self, patches: Float[Tensor, "B 3 S S"], embeddings: Float[Tensor, "B C"]
    ) -> Float[Tensor, " B"]:
        """Logits that a pair came from a true patch."""
        return self.judge(torch.cat([self.tower(patches), embeddings], 1)).squeeze(1)
