"""Bringing an encoder from elsewhere in: weights and what its card has to tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from histopress.encoder.foreign.exported import graph_tensor, read_exported
from histopress.encoder.foreign.function import build_function, function_digest
from histopress.encoder.foreign.loading import PROGRAM, VALUE, load_foreign
from histopress.encoder.foreign.probe import count_channels
from histopress.encoder.foreign.scaling import Scaled
from histopress.encoder.foreign.state import fill_network, read_state
from histopress.encoder.foreign.timm import build_timm, classifier_names, timm_version
from histopress.encoder.settings import ForeignSettings
from histopress.errors import ConfigError, EncoderError


@dataclass(frozen=True, kw_only=True)
class ForeignEncoder:
    """What was brought in.

    Attributes
    ----------
    channels : int
        Length C of an embedding, as a probe batch gave it.
    program : mapping
        What the card tells of the code: ``name``, ``version``, ``source_sha256``; may be empty.
    values : mapping of str to Tensor
        For the weights file.
    """

    channels: int
    program: Mapping[str, Any]
    values: Mapping[str, Tensor]


def read_foreign(chosen: ForeignSettings, file: Path | None) -> ForeignEncoder:
    """Read, build, check with probe batches.

    Parameters
    ----------
    chosen : ForeignSettings
        What the network is and how it is fed; its ``file`` is not looked at.
    file : Path or None
        The program or the weights.

    Raises
    ------
    ConfigError
        A key that the kind needs is missing.
    EncoderError
        The encoder cannot be read without unpickling, cannot be built, or is no encoder.
    """
    _check_keys(chosen, file)
    program: dict[str, Any] = {}
    if chosen.kind == "torchscript":
        values = _script_values(_given(file))
    elif chosen.kind == "exported":
        values = _exported_values(_given(file))
    elif chosen.kind == "timm":
        program, values = _timm(str(chosen.name), _given(file))
    else:
        program, values = _function(str(chosen.name), file)
    source = str(file or chosen.name)
    # The network is rebuilt from what will be stored, so that what is checked is what is kept.
    network = load_foreign(chosen.kind, program, values, source=source)
    scaled = Scaled(network, chosen.mean, chosen.std).eval()
    channels = count_channels(scaled, input_px=chosen.input_px, source=source)
    return ForeignEncoder(channels=channels, program=program, values=values)


def _check_keys(chosen: ForeignSettings, file: Path | None) -> None:
    if chosen.kind != "callable" and file is None:
        raise ConfigError(f"encoder of kind '{chosen.kind}': needs `file`")
    if chosen.kind in ("timm", "callable") and not chosen.name:
        what = "timm's name of the model" if chosen.kind == "timm" else "module:function"
        raise ConfigError(f"encoder of kind '{chosen.kind}': needs `name`, {what}")
    if any(width <= 0 for width in chosen.std):
        raise ConfigError(f"encoder: std is {list(chosen.std)}; each must be above 0")


def _given(file: Path | None) -> Path:
    if file is None:
        raise ConfigError("encoder: needs `file`")
    return file


def _script_values(file: Path) -> dict[str, Tensor]:
    return {PROGRAM: torch.frombuffer(bytearray(file.read_bytes()), dtype=torch.uint8)}


def _exported_values(file: Path) -> dict[str, Tensor]:
    program = read_exported(file)
    values = {VALUE + name: value for name, value in program.values.items()}
    return {PROGRAM: graph_tensor(program.graph), **values}


def _timm(name: str, file: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    network = build_timm(name)
    fill_network(network, read_state(file), source=str(file), spare=classifier_names(network))
    return {"name": name, "version": timm_version()}, _state(network)


def _function(name: str, file: Path | None) -> tuple[dict[str, Any], dict[str, Tensor]]:
    network = build_function(name)
    if file is not None:
        fill_network(network, read_state(file), source=str(file))
    elif not _same(_state(network), _state(build_function(name, advance=1))):
        raise EncoderError(
            f"encoder '{name}': its weights differ from one call to the next, so they are drawn "
            "at random; give the `file` that holds them"
        )
    return {"name": name, "source_sha256": function_digest(name)}, _state(network)


def _state(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def _same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
