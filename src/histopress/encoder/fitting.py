"""How the tiles of a grid are brought to what an encoder was trained on."""

from dataclasses import dataclass

from histopress.encoder.card import EncoderCard
from histopress.errors import EncoderError

TOLERANCE = 0.05
"""Largest relative difference between the spacing fed and the encoder's own."""


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """A mean pooling, then a central crop; never a stretch.

    Attributes
    ----------
    pool : int
        Side of the mean pooling in tile pixels.
    input_px : int
        Side of the central crop, in pooled pixels.
    spacing_um : float
        Micrometres a pixel of what the network sees.
    """

    pool: int
    input_px: int
    spacing_um: float


def fit_tiles(card: EncoderCard, *, tile_px: int, spacing_um: float, encoder: str) -> Fitting:
    """Find pooling and crop that bring a grid's tiles to the encoder's input.

    Parameters
    ----------
    card : EncoderCard
        The encoder.
    tile_px : int
        Side of a tile.
    spacing_um : float
        Micrometres a pixel of the tiles as read.
    encoder : str
        Name of the encoder, for messages.

    Raises
    ------
    EncoderError
        No whole pooling brings the tiles within 5 % of the encoder's spacing, or they are smaller
        than the encoder's input.

    Examples
    --------
    The released encoders see 64 px at 1 µm/px: tiles of 128 px at 0.5 µm/px are pooled by 2.

    >>> card = EncoderCard(architecture="convolutional", channels=128, input_px=64,
    ...                    input_spacing_um=1.0, filters=128, origin="", weights_sha256="")
    >>> fit_tiles(card, tile_px=128, spacing_um=0.5, encoder="m")
    Fitting(pool=2, input_px=64, spacing_um=1.0)
    """
    pool = 1
    if card.input_spacing_um:
        pool = max(1, round(card.input_spacing_um / spacing_um))
        _check_spacing(card, pool * spacing_um, spacing_um=spacing_um, encoder=encoder)
    if tile_px // pool < card.input_px:
        raise EncoderError(
            f"encoder '{encoder}': sees {card.input_px} px at {card.input_spacing_um:g} µm/px; "
            f"tiles of {tile_px} px at {spacing_um:g} µm/px are smaller; "
            f"use a grid of at least {card.input_px * pool} px"
        )
    return Fitting(
        pool=pool, input_px=card.input_px or tile_px // pool, spacing_um=pool * spacing_um
    )


def _check_spacing(card: EncoderCard, seen_um: float, *, spacing_um: float, encoder: str) -> None:
    if abs(seen_um / card.input_spacing_um - 1) > TOLERANCE:
        raise EncoderError(
            f"encoder '{encoder}': sees {card.input_spacing_um:g} µm/px; tiles at "
            f"{spacing_um:g} µm/px cannot be pooled to that; use a grid whose spacing is "
            f"{card.input_spacing_um:g} µm/px or a half, third or quarter of it"
        )
