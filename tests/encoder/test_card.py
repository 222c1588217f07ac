import json
from dataclasses import replace

import pytest
import torch

from histopress.encoder.card import (
    EncoderCard,
    build_network,
    load_network,
    read_card,
    save_weights,
    write_card,
)
from histopress.encoder.layers import initialise
from histopress.encoder.network import ConvolutionalEncoder
from histopress.encoder.tower import Tower
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


def test_a_tower_is_loaded_as_one(encoder, tmp_path):
    network = Tower(channels=5, input_px=32).eval()
    digest = save_weights(tmp_path / "tower.safetensors", network.state_dict())
    card = replace(encoder[1], architecture="tower", channels=5, filters=0, weights_sha256=digest)
    patches = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        found = load_network(card, tmp_path / "tower.safetensors")(patches)
        assert torch.equal(found, network(patches))


def test_altered_weights_are_refused(encoder):
    _, card, weights = encoder
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(EncoderError, match="the weights were altered"):
        load_network(card, weights)


def test_weights_of_another_network_are_refused(encoder):
    _, card, weights = encoder
    with pytest.raises(EncoderError, match="does not fit its card"):
        load_network(replace(card, channels=6), weights)


def test_a_program_is_never_built_without_its_weights(encoder):
    with pytest.raises(EncoderError, match="program lies among its weights"):
        build_network(replace(encoder[1], architecture="exported"))
    _, card, weights = encoder
    with pytest.raises(EncoderError, match="lacks the program"):
        load_network(replace(card, architecture="torchscript"), weights)


def test_tied_weights_are_saved(tmp_path):
    shared = torch.arange(6.0).view(2, 3)
    save_weights(tmp_path / "w.safetensors", {"a": shared, "b": shared, "c": shared.T})
    assert (tmp_path / "w.safetensors").exists()


def test_a_card_survives_the_disk(encoder, tmp_path):
    card = replace(
        encoder[1],
        mean=(0.7, 0.6, 0.5),
        program={"name": "resnet18", "version": "1"},
        tasks=[{"name": "lymph", "classes": ["tumour", "other"], "warnings": []}],
        training={"seed": 1, "settings": {"range": [0.5, 1.5]}},
        note="A note.",
    )
    write_card(tmp_path / "card.json", card)
    assert read_card(tmp_path / "card.json") == card
    write_card(tmp_path / "again.json", read_card(tmp_path / "card.json"))
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "card.json").read_bytes()


@pytest.mark.parametrize("schema", ["encoder/1", "encoder/9", None])
def test_a_card_of_another_schema_is_refused(tmp_path, schema):
    (tmp_path / "card.json").write_text(json.dumps({"schema": schema}))
    with pytest.raises(EncoderError, match="not a card of schema 'encoder/2'.*again"):
        read_card(tmp_path / "card.json")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("architecture", "pickle", "architecture: Input should be 'convolutional'"),
        ("channels", "many", "channels: Input should be a valid integer"),
        ("colour", "red", "colour: Unexpected keyword argument"),
    ],
)
def test_a_damaged_card_says_where(encoder, tmp_path, key, value, message):
    write_card(tmp_path / "card.json", encoder[1])
    values = json.loads((tmp_path / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps({**values, key: value}))
    with pytest.raises(EncoderError, match=message):
        read_card(tmp_path / "card.json")
