import pytest
import torch

from histopress.encoder.card import EncoderCard, load_network, read_card, save_weights, write_card
from histopress.encoder.network import ConvolutionalEncoder
from histopress.encoder.train import initialise
from histopress.errors import EncoderError


@pytest.fixture
def encoder(tmp_path):
    network = ConvolutionalEncoder(channels=4, filters=8, input_px=32)
    initialise(network, torch.Generator().manual_seed(1))
    digest = save_weights(tmp_path / "weights.safetensors", network.state_dict())
    card = EncoderCard(
        architecture="convolutional",
        channels=4,
        input_px=32,
        input_spacing_um=1.0,
        filters=8,
        origin="test",
        weights_sha256=digest,
    )
    return network.eval(), card, tmp_path / "weights.safetensors"


def test_a_loaded_encoder_embeds_as_the_saved_one(encoder):
    network, card, weights = encoder
    patches = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(load_network(card, weights)(patches), network(patches))


def test_altered_weights_are_refused(encoder):
    _, card, weights = encoder
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(EncoderError, match="the weights were altered"):
        load_network(card, weights)


def test_a_card_survives_the_disk(encoder, tmp_path):
    write_card(tmp_path / "card.json", encoder[1])
    assert read_card(tmp_path / "card.json") == encoder[1]


def test_a_foreign_card_is_refused(tmp_path):
    (tmp_path / "card.json").write_text('{"schema": "encoder/9"}')
    with pytest.raises(EncoderError, match="no card|not a card"):
        read_card(tmp_path / "card.json")
