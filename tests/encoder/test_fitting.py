from dataclasses import replace

import pytest

from histopress.encoder.card import EncoderCard
from histopress.encoder.fitting import fit_tiles
from histopress.errors import EncoderError

RELEASED = EncoderCard(
    architecture="convolutional",
    channels=128,
    input_px=64,
    input_spacing_um=1.0,
    filters=128,
    origin="",
    weights_sha256="",
)
ANY = EncoderCard(architecture="mean-rgb", channels=3, origin="", weights_sha256="")


@pytest.mark.parametrize(
    ("tile_px", "spacing_um", "pool", "seen_um"),
    [
        (128, 0.5, 2, 1.0),
        (128, 0.499, 2, 0.998),
        (64, 1.0, 1, 1.0),
        (256, 0.25, 4, 1.0),
        (96, 0.97, 1, 0.97),
    ],
)
def test_tiles_are_pooled_to_the_encoders_spacing(tile_px, spacing_um, pool, seen_um):
    found = fit_tiles(RELEASED, tile_px=tile_px, spacing_um=spacing_um, encoder="m")
    assert (found.pool, found.input_px) == (pool, 64)
    assert found.spacing_um == pytest.approx(seen_um)


@pytest.mark.parametrize(
    ("tile_px", "spacing_um", "message"),
    [
        (128, 0.7, "sees 1 µm/px; tiles at 0.7 µm/px cannot be pooled"),
        (128, 2.0, "cannot be pooled"),
        (100, 0.5, "tiles of 100 px at 0.5 µm/px are smaller; use a grid of at least 128 px"),
    ],
)
def test_tiles_that_cannot_be_brought_there_are_refused(tile_px, spacing_um, message):
    with pytest.raises(EncoderError, match=message):
        fit_tiles(RELEASED, tile_px=tile_px, spacing_um=spacing_um, encoder="m")


def test_mean_rgb_takes_any_tile():
    assert fit_tiles(ANY, tile_px=100, spacing_um=0.7, encoder="m").input_px == 100


def test_an_encoder_of_any_size_still_has_its_spacing():
    card = replace(RELEASED, input_px=0)
    found = fit_tiles(card, tile_px=200, spacing_um=0.5, encoder="m")
    assert (found.pool, found.input_px, found.spacing_um) == (2, 100, 1.0)
    with pytest.raises(EncoderError, match="cannot be pooled"):
        fit_tiles(card, tile_px=200, spacing_um=0.7, encoder="m")
