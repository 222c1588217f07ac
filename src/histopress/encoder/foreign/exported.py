"""``torch.export`` files (``.pt2``), read as data.

``torch.export.load`` unpickles example inputs and marked weights, evaluates the text of symbolic
sizes and compiles the text of guards: a crafted file runs any code (shown in this module's
tests). So the file is read here without it: weights are raw bytes beside a JSON table, and the
graph is JSON, a list of operators that :class:`histopress.encoder.foreign.graph.GraphNetwork`
calls one by one. Example inputs, guards and symbolic sizes are never looked at.
"""

import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from histopress.encoder.foreign.graph import DTYPES, GraphNetwork
from histopress.errors import EncoderError
from histopress.store import canonical_json

MAJOR = 8
"""Major version of PyTorch's schema of exported programs that is read."""

GRAPH = "models/model.json"
STATE = "data/weights/"
CONSTANTS = "data/constants/"


@dataclass(frozen=True, kw_only=True)
class ExportedProgram:
    """What an exported file holds.

    Attributes
    ----------
    graph : mapping
        The JSON of the graph and its signature, without stack traces and example values.
    values : mapping of str to Tensor
        Parameters, buffers and constants by name.
    """

    graph: Mapping[str, Any]
    values: Mapping[str, Tensor]

    def network(self) -> GraphNetwork:
        """Build the network that interprets the graph."""
        return GraphNetwork(self.graph, self.values)


def read_exported(path: Path) -> ExportedProgram:
    """Read a file of ``torch.export.save``.

    Raises
    ------
    EncoderError
        The file is no such archive, is of another schema, or holds anything that could only be
        read by unpickling.
    """
    try:
        data = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _members(archive)
            program = json.loads(members[GRAPH])
            _check_schema(program, path)
            values = {
                **_payloads(members, STATE, path),
                **_payloads(members, CONSTANTS, path),
            }
        graph = _slim(program["graph_module"])
    except EncoderError:
        raise
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EncoderError(
            f"{path}: cannot be read as a file of torch.export.save "
            f"({type(error).__name__}: {error}); export it again with PyTorch "
            f"{torch.__version__.partition('+')[0]}"
        ) from error
    return ExportedProgram(graph=graph, values=values)


def graph_tensor(graph: Mapping[str, Any]) -> Tensor:
    """Pack a graph as bytes (uint8), to lie among the weights."""
    return torch.frombuffer(bytearray(canonical_json(graph).encode()), dtype=torch.uint8)


def graph_of(packed: Tensor) -> Mapping[str, Any]:
    """Unpack what :func:`graph_tensor` packed."""
    return json.loads(bytes(packed.numpy()))


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Map names below the archive's one folder to content; example inputs are left unread."""
    return {
        name.partition("/")[2]: archive.read(name)
        for name in archive.namelist()
        if not name.partition("/")[2].startswith("data/sample_inputs/")
    }


def _check_schema(program: Mapping[str, Any], path: Path) -> None:
    major = program["schema_version"]["major"]
    if major != MAJOR:
        raise EncoderError(
            f"{path}: is an exported program of schema {major}; read is schema {MAJOR}: export "
            f"it again with PyTorch {torch.__version__.partition('+')[0]}"
        )


def _payloads(members: Mapping[str, bytes], folder: str, path: Path) -> dict[str, Tensor]:
    kind = folder.split("/")[1]
    if f"{folder}model.pt" in members:
        raise EncoderError(
            f"{path}: keeps its {kind} pickled, as PyTorch did before 2.9; refused: export it "
            f"again with PyTorch {torch.__version__.partition('+')[0]}"
        )
    config = json.loads(members[f"{folder}model_{kind}_config.json"])["config"]
    values = {}
    for name, entry in config.items():
        if entry["use_pickle"] or entry["tensor_meta"] is None:
            raise EncoderError(
                f"{path}: '{name}' could only be read by unpickling, which may run any code; "
                "refused: export a float network of plain tensors"
            )
        values[name] = _tensor(members[folder + entry["path_name"]], entry["tensor_meta"])
    return values


def _tensor(data: bytes, meta: Mapping[str, Any]) -> Tensor:
    dtype = DTYPES[meta["dtype"]]
    shape = [size["as_int"] for size in meta["sizes"]]
    if not math.prod(shape):
        return torch.zeros(shape, dtype=dtype)
    flat = torch.frombuffer(bytearray(data), dtype=dtype)
    strides = [stride["as_int"] for stride in meta["strides"]]
    return flat.as_strided(shape, strides, meta["storage_offset"]["as_int"]).clone(
        memory_format=torch.contiguous_format
    )


def _slim(module: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what running the graph needs."""
    graph, signature = module["graph"], module["signature"]
    return {
        "inputs": signature["input_specs"],
        "outputs": signature["output_specs"],
        "nodes": [
            {key: node[key] for key in ("target", "inputs", "outputs")} for node in graph["nodes"]
        ],
    }
