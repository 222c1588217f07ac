"""From card and weights back to a network from elsewhere."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from histopress.encoder.foreign.exported import graph_of
from histopress.encoder.foreign.function import build_function, function_digest
from histopress.encoder.foreign.graph import GraphNetwork
from histopress.encoder.foreign.state import fill_network
from histopress.encoder.foreign.timm import build_timm, timm_version
from histopress.encoder.foreign.torchscript import load_torchscript
from histopress.errors import EncoderError

PROGRAM = "program"
"""Name under which a program's bytes lie among the weights."""

VALUE = "value."
"""Beginning of the names of an exported program's own values."""


def build_foreign(kind: str, program: Mapping[str, Any]) -> nn.Module:
    """Build a network whose code is not in its weights file, without weights.

    Parameters
    ----------
    kind : str
        ``timm`` or ``callable``; the programs of the other kinds lie among the weights.
    program : mapping
        As in the card: ``name``, with ``version`` (timm) or ``source_sha256`` (callable).

    Raises
    ------
    EncoderError
        The code is missing, or is not the code that the encoder was brought in with.
    """
    if kind == "timm":
        if timm_version() != program["version"]:
            raise EncoderError(
                f"timm model '{program['name']}': was brought in with timm {program['version']}, "
                f"installed is {timm_version()}; install that version or bring it in again"
            )
        return build_timm(program["name"])
    if kind == "callable":
        found = function_digest(program["name"])
        if found != program["source_sha256"]:
            raise EncoderError(
                f"encoder '{program['name']}': its source file has sha256 {found[:12]}…, its card "
                f"says {program['source_sha256'][:12]}…; the code was altered: bring it in again"
            )
        return build_function(program["name"])
    raise EncoderError(
        f"encoder of kind '{kind}': its program lies among its weights; load it with them"
    )


def load_foreign(
    kind: str, program: Mapping[str, Any], values: Mapping[str, Tensor], *, source: str
) -> nn.Module:
    """Build a network from elsewhere with its weights.

    Parameters
    ----------
    kind : str
        ``torchscript``, ``exported``, ``timm`` or ``callable``.
    program : mapping
        As in the card.
    values : mapping of str to Tensor
        What the weights file holds.
    source : str
        For messages.

    Raises
    ------
    EncoderError
        See :func:`build_foreign`, or the values do not fit.
    """
    if kind in ("torchscript", "exported"):
        if PROGRAM not in values or values[PROGRAM].dtype != torch.uint8:
            raise EncoderError(f"{source}: lacks the program of an encoder of kind '{kind}'")
        if kind == "torchscript":
            return load_torchscript(bytes(values[PROGRAM].numpy()), source=source)
        own = {
            name.removeprefix(VALUE): value
            for name, value in values.items()
            if name.startswith(VALUE)
        }
        return GraphNetwork(graph_of(values[PROGRAM]), own)
    network = build_foreign(kind, program)
    fill_network(network, values, source=source)
    return network
