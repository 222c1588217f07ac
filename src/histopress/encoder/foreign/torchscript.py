"""TorchScript files: a program in PyTorch's own small language.

PyTorch reads the file's objects with a C++ unpickler that knows tensors, containers and the
classes that the file itself defines, so nothing of Python is run. The program may still ask for
operators that read or write files: in its ``forward``, in hooks around it and, already while it
is loaded, in a ``__setstate__``. All are refused here before anything runs.
"""

import io
import re
import warnings
import zipfile

import torch
from torch import Tensor, nn

from histopress.errors import EncoderError

NAMESPACES = frozenset({"aten", "prim"})
UNSEEN = (b"__setstate__", b"__forward_hooks__", b"__forward_pre_hooks__")
"""Code that runs while a program is loaded, or around the ``forward`` that is looked at."""
FORBIDDEN = frozenset({"aten::save", "aten::from_file", "prim::CallMethod", "prim::CallFunction"})
"""Operators that reach files, and calls that inlining could not look through."""


class ScriptNetwork(nn.Module):
    """A loaded program, executed as written.

    The profiling executor rewrites a program after its first runs, which may change the last bits
    of later batches; it is left off, so that a batch's bytes cannot depend on those before it.
    """

    def __init__(self, program: torch.jit.ScriptModule) -> None:
        super().__init__()
        self.program = program

    def forward(self, patches: Tensor) -> Tensor:
        """Run the program."""
        with torch.jit.optimized_execution(False):
            return self.program(patches)


def load_torchscript(data: bytes, *, source: str) -> nn.Module:
    """Load a TorchScript archive.

    Parameters
    ----------
    data : bytes
        The file's content.
    source : str
        For messages.

    Raises
    ------
    EncoderError
        The bytes are no TorchScript archive, run code while they are loaded, or hold an operator
        that reaches files.
    """
    _check_code(data, source)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
            warnings.filterwarnings("ignore", message=".*torch.jit", category=FutureWarning)
            program = torch.jit.load(io.BytesIO(data), map_location="cpu")
    except RuntimeError as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise EncoderError(
            f"{source}: PyTorch {torch.__version__} cannot load it as TorchScript "
            f"({lines[0] if lines else 'no reason given'})"
        ) from error
    _check_operators(program, source)
    return ScriptNetwork(program.eval())


def _check_code(data: bytes, source: str) -> None:
    """Refuse what would run while it is loaded."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # Each entry, not each name: of two entries of one name PyTorch may take the other.
            entries = archive.infolist()
            names = [entry.filename.lower() for entry in entries]
            codes = [archive.read(entry) for entry in entries if "/code/" in entry.filename.lower()]
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError) as error:
        raise EncoderError(f"{source}: is no TorchScript file (not a zip: {error})") from error
    if not any(name.endswith("/constants.pkl") for name in names) or not codes:
        raise EncoderError(
            f"{source}: holds no TorchScript program; it may be a pickled checkpoint: save its "
            "state_dict as safetensors and use kind `timm` or `callable`"
        )
    for word in UNSEEN:
        if any(word in code for code in codes):
            raise EncoderError(
                f"{source}: defines {word.decode()}, which runs while it is loaded or around its "
                "forward; refused: save the module without it (quantised modules need theirs: "
                "bring the float one)"
            )


def _check_operators(program: torch.jit.ScriptModule, source: str) -> None:
    text = str(program.inlined_graph)
    found = {f"{space}::{name}" for space, name in re.findall(r"\b(\w+)::(\w+)", text)}
    wrong = {name for name in found if name.split("::")[0] not in NAMESPACES or name in FORBIDDEN}
    if wrong:
        raise EncoderError(
            f"{source}: uses {', '.join(sorted(wrong))}; an encoder computes with aten operators "
            "and reaches no file"
        )
