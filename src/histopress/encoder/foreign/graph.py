"""Running an exported graph: a list of PyTorch operators, called one after the other."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from histopress.errors import EncoderError

DTYPES = {
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
    13: torch.bfloat16,
}
"""PyTorch's numbers of element types in exported programs."""

LAYOUTS = {7: torch.strided}
MEMORY = {
    1: torch.contiguous_format,
    2: torch.channels_last,
    3: torch.channels_last_3d,
    4: torch.preserve_format,
}
FILES = frozenset({"from_file", "save", "load"})
"""Operators that reach files; never called."""

SIZES = ("add", "sub", "mul", "floordiv", "mod", "neg", "eq", "ne", "lt", "le", "gt", "ge")
"""Arithmetic on sizes, as Python's ``operator`` names it."""


class GraphNetwork(nn.Module):
    """A network that interprets the graph of an exported program.

    Parameters
    ----------
    graph : mapping
        ``inputs``, ``outputs`` and ``nodes`` in PyTorch's JSON schema 8.
    values : mapping of str to Tensor
        Parameters, buffers and constants by name.

    Raises
    ------
    EncoderError
        The graph uses what is not an ``aten`` operator on tensors and sizes, takes or gives more
        than one tensor, or changes its own weights.

    Notes
    -----
    Nothing of the graph is evaluated or compiled as text. Devices are ignored: all runs where
    the patches are.
    """

    def __init__(self, graph: Mapping[str, Any], values: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.names: dict[str, str] = {}
        self.entry = ""
        for spec in graph["inputs"]:
            self._place(spec, values)
        kinds = [next(iter(spec)) for spec in graph["outputs"]]
        if kinds != ["user_output"] or not self.entry:
            raise EncoderError(
                f"exported program: takes {'one' if self.entry else 'no'} tensor and gives "
                f"{', '.join(kinds) or 'nothing'}; an encoder takes one tensor, gives one and "
                "changes nothing: export it after .eval()"
            )
        self.exit = _name(graph["outputs"][0]["user_output"]["arg"])
        self.steps = [
            (_operator(node["target"]), node["inputs"], node["outputs"]) for node in graph["nodes"]
        ]
        for index, (_, name) in enumerate(sorted(self.names.items())):
            self.register_buffer(f"value{index}", values[name], persistent=False)

    def _place(self, spec: Mapping[str, Any], values: Mapping[str, Tensor]) -> None:
        kind, content = next(iter(spec.items()))
        key = {
            "parameter": "parameter_name",
            "buffer": "buffer_name",
            "tensor_constant": "tensor_constant_name",
        }.get(kind)
        if key is not None:
            if content[key] not in values:
                raise EncoderError(f"exported program: lacks the values of '{content[key]}'")
            self.names[content["arg"]["name"]] = content[key]
        elif kind == "user_input" and not self.entry and "as_tensor" in content["arg"]:
            self.entry = _name(content["arg"])
        else:
            raise EncoderError(
                f"exported program: has an input of kind '{kind}' besides its weights and the "
                "patches; an encoder takes one tensor"
            )

    def forward(self, patches: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B C"]:
        """Run the graph."""
        found: dict[str, Any] = {
            name: getattr(self, f"value{index}") for index, name in enumerate(sorted(self.names))
        }
        found[self.entry] = patches
        for function, inputs, outputs in self.steps:
            positional, named = [], {}
            for entry in inputs:
                value = _value(entry["arg"], found)
                # Kind 2 is given by keyword; files before that field give all in order.
                if entry.get("kind") == 2:
                    named[entry["name"]] = value
                else:
                    positional.append(value)
            _keep(function(*positional, **named), outputs, found)
        return found[self.exit]


def _operator(target: str) -> Callable[..., Any]:
    words = target.split(".")
    if words[:3] == ["torch", "ops", "aten"] and len(words) == 5 and words[3] not in FILES:
        packet = getattr(torch.ops.aten, words[3], None)
        found = getattr(packet, words[4], None) if packet is not None else None
        if isinstance(found, torch._ops.OpOverload):
            return found
    if words[0] == "_operator" and len(words) == 2 and words[1] in SIZES:
        return getattr(operator, words[1])
    if target in ("math.floor", "math.ceil", "math.trunc"):
        return getattr(math, words[1])
    raise EncoderError(
        f"exported program: uses '{target}'; an encoder computes with aten operators of this "
        "PyTorch and reaches no file (nested graphs and custom operators are not read)"
    )


def _name(argument: Mapping[str, Any]) -> str:
    if "as_tensor" not in argument:
        raise EncoderError(f"exported program: gives {next(iter(argument))[3:]}, not a tensor")
    return argument["as_tensor"]["name"]


def _value(argument: Mapping[str, Any], found: Mapping[str, Any]) -> Any:
    """Turn one argument of the JSON into a value."""
    kind, content = next(iter(argument.items()))
    if kind in PLAIN:
        return content
    if kind in TABLES:
        return TABLES[kind][content]
    if kind in ("as_tensor", "as_sym_int", "as_sym_bool", "as_sym_float", "as_optional_tensor"):
        return _one(content, found)
    if kind in ("as_tensors", "as_sym_ints", "as_sym_bools", "as_optional_tensors"):
        return [_one(entry, found) for entry in content]
    if kind in ("as_none", "as_device"):
        return None
    raise EncoderError(f"exported program: an argument of kind '{kind[3:]}' is not read")


PLAIN = frozenset(
    f"as_{kind}"
    for kind in ("int", "ints", "float", "floats", "bool", "bools", "string", "strings")
)
TABLES: Mapping[str, Mapping[int, Any]] = {
    "as_scalar_type": DTYPES,
    "as_layout": LAYOUTS,
    "as_memory_format": MEMORY,
}


def _one(entry: Mapping[str, Any], found: Mapping[str, Any]) -> Any:
    """Look up a tensor or size; numbers stand for themselves."""
    if "as_none" in entry:
        return None
    if "as_tensor" in entry:
        return found[entry["as_tensor"]["name"]]
    name = entry.get("name", entry.get("as_name"))
    return next(iter(entry.values())) if name is None else found[name]


def _keep(result: Any, outputs: Sequence[Mapping[str, Any]], found: dict[str, Any]) -> None:
    """Store what an operator gave under the names of the graph."""
    many = isinstance(result, (tuple, list))
    if len(outputs) == 1 and "as_tensors" in outputs[0]:
        outputs, many = [{"as_tensor": entry} for entry in outputs[0]["as_tensors"]], True
    results = result if many else [result]
    for output, value in zip(outputs, results, strict=True):
        if "as_none" not in output:
            content = next(iter(output.values()))
            found[content.get("name", content.get("as_name"))] = value
