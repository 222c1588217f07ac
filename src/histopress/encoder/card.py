"""The card of an encoder: what it is and how it has to be fed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from histopress.encoder.network import ConvolutionalEncoder, MeanRgb
from histopress.errors import EncoderError
from histopress.store import file_digest, read_json, write_json
from histopress.types import Microns

SCHEMA = "encoder/1"
NO_SPACING = Microns(0.0)


@dataclass(frozen=True, kw_only=True)
class EncoderCard:
    """What stands in ``card.json``.

    Attributes
    ----------
    architecture : str
        ``"convolutional"`` (:class:`ConvolutionalEncoder`) or ``"mean-rgb"``.
    channels : int
        Length C of an embedding.
    input_px : int
        Side of the patch that the network sees; 0 takes any.
    input_spacing_um : float
        Micrometres a pixel of that patch; 0 takes any.
    filters : int
        Filters of each convolution; 0 where there are none.
    origin : str
        Where the weights come from.
    weights_sha256 : str
        Digest of ``weights.safetensors``; checked whenever the encoder is loaded.
    training : mapping
        Tasks, classes, table digests, validation figures; empty where unknown.
    licence : str
        Licence of the weights.
    """

    architecture: Literal["convolutional", "mean-rgb"]
    channels: int
    input_px: int = 0
    input_spacing_um: Microns = NO_SPACING
    filters: int = 0
    origin: str
    weights_sha256: str
    training: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "Apache-2.0"


def build_network(card: EncoderCard) -> nn.Module:
    """Build the network that ``card`` describes, without weights, in inference mode."""
    if card.architecture == "mean-rgb":
        return MeanRgb().eval()
    return ConvolutionalEncoder(
        channels=card.channels, filters=card.filters, input_px=card.input_px
    ).eval()


def save_weights(path: Path, weights: Mapping[str, Tensor]) -> str:
    """Write weights as safetensors and return the file's sha256."""
    save_file({name: value.contiguous() for name, value in sorted(weights.items())}, path)
    return file_digest(path)


def write_card(path: Path, card: EncoderCard) -> None:
    """Write the card as JSON."""
    write_json(path, {"schema": SCHEMA, **asdict(card)})


def read_card(path: Path) -> EncoderCard:
    """Read a card.

    Raises
    ------
    EncoderError
        The file is no card of this version.
    """
    values = dict(read_json(path))
    if values.pop("schema", None) != SCHEMA:
        raise EncoderError(f"{path}: is not a card of schema '{SCHEMA}'")
    try:
        return EncoderCard(**values)
    except TypeError as error:
        raise EncoderError(f"{path}: {error}") from error


def load_network(card: EncoderCard, weights: Path) -> nn.Module:
    """Load weights into the network of ``card``, without unpickling.

    Raises
    ------
    EncoderError
        The file's digest is not the card's, or its arrays do not fit the network.
    """
    digest = file_digest(weights)
    if digest != card.weights_sha256:
        raise EncoderError(
            f"{weights}: sha256 is {digest[:12]}…, its card says {card.weights_sha256[:12]}…; "
            "the weights were altered; bring the encoder in again"
        )
    network = build_network(card)
    try:
        network.load_state_dict(load_file(weights))
    except RuntimeError as error:
        raise EncoderError(f"{weights}: does not fit its card ({error})") from error
    return network.requires_grad_(False)
