"""The card of an encoder: what it is and how it has to be fed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from histopress.encoder.network import ConvolutionalEncoder, MeanRgb
from histopress.errors import EncoderError
from histopress.store import file_digest, read_json, write_json
from histopress.types import Microns

SCHEMA = "encoder/2"
NO_SPACING = Microns(0.0)

Architecture = Literal[
    "convolutional", "mean-rgb", "tower", "torchscript", "exported", "timm", "callable"
]
FOREIGN = ("torchscript", "exported", "timm", "callable")
"""Architectures whose code comes from elsewhere."""

HALF = (0.5, 0.5, 0.5)


@dataclass(frozen=True, kw_only=True)
class EncoderCard:
    """What stands in ``card.json``.

    Attributes
    ----------
    architecture : str
        ``convolutional`` (:class:`ConvolutionalEncoder`), ``tower``
        (:class:`histopress.encoder.tower.Tower`), ``mean-rgb``, or one of :data:`FOREIGN`.
    channels : int
        Length C of an embedding.
    input_px : int
        Side of the patch that the network sees; 0 takes any.
    input_spacing_um : float
        Micrometres a pixel of that patch; 0 takes any.
    filters : int
        Filters of each convolution; 0 where there are none or they are not to choose.
    origin : str
        Where the weights come from.
    weights_sha256 : str
        Digest of ``weights.safetensors``; checked whenever the encoder is loaded.
    mean, std : tuple of float (3)
        Colour scaling before a network from elsewhere, where 0 is black and 1 is white; 0.5
        gives [−1, 1], which the other networks take.
    program : mapping
        Code of a network from elsewhere: ``name`` with ``version`` (timm) or ``source_sha256``
        (callable). TorchScript and exported programs lie among the weights.
    tasks : sequence of mapping
        A mapping a patch task: ``name``, ``classes``, ``patches`` (number a part), ``groups``,
        ``grouping``, ``licence``, ``note``, ``warnings``, and ``validation`` with its metrics.
    training : mapping
        ``seed``, ``epochs``, ``kept_epoch``, ``tuning``, ``settings``; empty where unknown.
    note : str
        A sentence for readers.
    licence : str
        Licence of the weights.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    architecture: Architecture
    channels: int
    input_px: int = 0
    input_spacing_um: Microns = NO_SPACING
    filters: int = 0
    origin: str
    weights_sha256: str
    mean: tuple[float, float, float] = HALF
    std: tuple[float, float, float] = HALF
    program: Mapping[str, Any] = field(default_factory=dict)
    tasks: Sequence[Mapping[str, Any]] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    licence: str = "Apache-2.0"

    def __post_init__(self) -> None:
        object.__setattr__(self, "tasks", tuple(self.tasks))


def build_network(card: EncoderCard) -> nn.Module:
    """Build the network that ``card`` describes, without weights, in inference mode.

    Raises
    ------
    EncoderError
        The network's code is not here, or lies among its weights: :func:`load_network`.
    """
    if card.architecture in FOREIGN:
        from histopress.encoder.foreign.loading import build_foreign

        return _scaled(build_foreign(card.architecture, card.program), card)
    return _own_network(card)


def _own_network(card: EncoderCard) -> nn.Module:
    if card.architecture == "mean-rgb":
        return MeanRgb().eval()
    if card.architecture == "tower":
        from histopress.encoder.tower import Tower

        return Tower(channels=card.channels, input_px=card.input_px).eval()
    return ConvolutionalEncoder(
        channels=card.channels, filters=card.filters, input_px=card.input_px
    ).eval()


def _scaled(network: nn.Module, card: EncoderCard) -> nn.Module:
    from histopress.encoder.foreign.scaling import Scaled

    return Scaled(network, card.mean, card.std).eval()


def save_weights(path: Path, weights: Mapping[str, Tensor]) -> str:
    """Write weights as safetensors and return the file's sha256."""
    # Cloned, because tied weights share memory and the format refuses that.
    values = {name: value.detach().contiguous().clone() for name, value in sorted(weights.items())}
    save_file(values, path)
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
    found = read_json(path)
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != SCHEMA:
        raise EncoderError(
            f"{path}: is not a card of schema '{SCHEMA}' but of {schema!r}; make the encoder "
            "again: run the job that wrote it"
        )
    values = {name: value for name, value in found.items() if name != "schema"}
    try:
        return TypeAdapter(EncoderCard).validate_python(values)
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise EncoderError(f"{path}: {'; '.join(faults)}") from error


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
    try:
        values = load_file(weights)
    except SafetensorError as error:
        raise EncoderError(f"{weights}: is no safetensors file ({error})") from error
    if card.architecture in FOREIGN:
        from histopress.encoder.foreign.loading import load_foreign

        found = load_foreign(card.architecture, card.program, values, source=str(weights))
        network = _scaled(found, card)
    else:
        network = _own_network(card)
        try:
            network.load_state_dict(values)
        except RuntimeError as error:
            raise EncoderError(f"{weights}: does not fit its card ({error})") from error
    return network.eval().requires_grad_(False)
