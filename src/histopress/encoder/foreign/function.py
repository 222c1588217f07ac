"""A network that a function of the user's builds: ``module:name``."""

import hashlib
import importlib
import inspect
import sys
from pathlib import Path
from threading import Lock
from types import ModuleType

import torch
from torch import nn

from histopress.errors import EncoderError

BUILDING = Lock()
"""Networks draw from PyTorch's global generator; one is built at a time, and it is put back."""


def build_function(name: str, *, advance: int = 0) -> nn.Module:
    """Call ``module:name`` without arguments; the project's folder comes first in the search.

    Parameters
    ----------
    name : str
        Such as ``encoders.ours:build``, found in the working folder or on ``PYTHONPATH``.
    advance : int
        Random numbers to pass over before the call: a network that initialises at random then
        comes out otherwise.

    Raises
    ------
    EncoderError
        There is no such function, it fails, or it gives no ``torch.nn.Module``.

    Notes
    -----
    This runs the user's code. Its weights are replaced by those of the encoder's weights file.
    """
    function = getattr(_import(name), name.partition(":")[2], None)
    if not callable(function):
        raise EncoderError(
            f"encoder '{name}': the module is there but has no such function; give `name` as "
            "module:function"
        )
    with BUILDING, torch.random.fork_rng(devices=[]):
        torch.rand(advance)
        try:
            network = function()
        except Exception as error:  # whatever the user's code throws
            raise EncoderError(
                f"encoder '{name}': the function, called without arguments, failed "
                f"({type(error).__name__}: {error})"
            ) from error
    if not isinstance(network, nn.Module):
        raise EncoderError(
            f"encoder '{name}': the function gave a {type(network).__name__}; it must give a "
            "torch.nn.Module"
        )
    return network.eval()


def function_digest(name: str) -> str:
    """Sha256 of the source file that defines ``module:name``; modules it imports not included.

    Raises
    ------
    EncoderError
        The module cannot be imported or has no source file.
    """
    module = _import(name)
    file = inspect.getsourcefile(module)
    if file is None:
        raise EncoderError(f"encoder '{name}': its module has no source file to vouch for")
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _import(name: str) -> ModuleType:
    module, colon, function = name.partition(":")
    if not (module and colon and function.isidentifier()):
        raise EncoderError(
            f"encoder name '{name}': a `callable` is named module:function, such as my.module:build"
        )
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(module)
    except Exception as error:  # the module's own code may throw anything
        raise EncoderError(
            f"encoder '{name}': cannot import '{module}' from {here} or PYTHONPATH "
            f"({type(error).__name__}: {error})"
        ) from error
