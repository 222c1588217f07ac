import numpy as np
import pytest
import torch
from torch import nn

from histopress.encoder.card import EncoderCard
from histopress.encoder.network import ConvolutionalEncoder, MeanRgb
from histopress.errors import EncoderError
from histopress.probe.embed import check_input, embed_patches
from probe.conftest import make_table


def test_mean_colour_of_the_central_part_is_scaled_to_one(table):
    from dataclasses import replace

    framed = replace(table, input_px=8)
    found = embed_patches(MeanRgb(), framed, np.array([5, 2]))
    inner = table.images[[5, 2], 4:12, 4:12].mean((1, 2)) / 127.5 - 1
    assert np.allclose(found, inner, atol=1e-6)


def test_an_embedding_does_not_depend_on_its_company():
    table = make_table(70, side=32)
    network = ConvolutionalEncoder(channels=8, filters=8, input_px=32).eval()
    sizes = set()
    network.register_forward_pre_hook(lambda _, inputs: sizes.add(inputs[0].shape[0]))
    everything = embed_patches(network, table, np.arange(70))
    assert np.array_equal(embed_patches(network, table, np.array([64, 7])), everything[[64, 7]])
    # One size for ever: some libraries round differently by the size of the batch.
    assert sizes == {32}


def test_patches_of_another_size_and_damaged_weights_are_refused(table):
    card = EncoderCard(
        architecture="convolutional", channels=8, input_px=64, origin="x", weights_sha256=""
    )
    with pytest.raises(EncoderError, match="sees 64 px.*of 16 px"):
        check_input(card, table, encoder="e", task="t")

    class Damaged(nn.Module):
        def forward(self, patches):
            return torch.where(torch.arange(len(patches))[:, None] == 3, torch.nan, 0.0)

    with pytest.raises(EncoderError, match="1 of 5 embeddings.*patch 13"):
        embed_patches(Damaged(), table, np.arange(10, 15))
