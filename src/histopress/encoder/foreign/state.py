"""State dictionaries from files, without unpickling."""

import pickle
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from histopress.errors import EncoderError

WRAPPERS = ("state_dict", "model_state_dict", "model")
PREFIXES = ("module.", "_orig_mod.")
"""What training loops put around a state and before its names."""


def read_state(path: Path) -> dict[str, Tensor]:
    """Read weights as safetensors, or from a PyTorch checkpoint that holds tensors only.

    Raises
    ------
    EncoderError
        The file is neither, or could only be read by unpickling Python objects, which may run
        any code.
    """
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except (SafetensorError, OSError) as error:
            raise EncoderError(f"{path}: is no safetensors file ({error})") from error
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise EncoderError(
            f"{path}: holds more than tensors, or is damaged; reading it would need unpickling, "
            "which may run any code, and is refused. Where you trust it, save its state_dict "
            "with safetensors.torch.save_file and give that"
        ) from error
    return _tensors(found, path)


def _tensors(found: Any, path: Path) -> dict[str, Tensor]:
    for wrapper in WRAPPERS:
        if isinstance(found, Mapping) and isinstance(found.get(wrapper), Mapping):
            found = found[wrapper]
            break
    if not isinstance(found, Mapping) or not found:
        raise EncoderError(f"{path}: holds a {type(found).__name__}; needed is a state_dict")
    wrong = [str(name) for name, value in found.items() if not isinstance(value, Tensor)]
    if wrong:
        raise EncoderError(
            f"{path}: '{wrong[0]}' is no tensor; needed is a state_dict, plain or under "
            f"{', '.join(WRAPPERS)}"
        )
    names = {name: name for name in found}
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in names.values()):
            names = {name: short.removeprefix(prefix) for name, short in names.items()}
    return {names[name]: value for name, value in found.items()}


def fill_network(
    network: nn.Module, state: Mapping[str, Tensor], *, source: str, spare: Collection[str] = ()
) -> None:
    """Load ``state`` into ``network``; every value must find its place.

    Parameters
    ----------
    network : Module
        Altered.
    state : mapping of str to Tensor
        Values by name.
    source : str
        For messages.
    spare : collection of str
        Beginnings of names that the network may lack, such as a classifier's.

    Raises
    ------
    EncoderError
        Names are missing, left over or of another shape.
    """
    own = network.state_dict()
    begins = tuple(f"{name}." for name in spare if name)
    kept = {
        name: value
        for name, value in state.items()
        if name in own or not (begins and name.startswith(begins))
    }
    missing, extra = sorted(set(own) - set(kept)), sorted(set(kept) - set(own))
    if missing or extra:
        raise EncoderError(
            f"{source}: does not fit the network: {_some('lacks', missing)}"
            f"{'; ' if missing and extra else ''}{_some('has too many', extra)}"
        )
    try:
        network.load_state_dict(kept)
    except RuntimeError as error:
        raise EncoderError(f"{source}: does not fit the network ({error})") from error


def _some(label: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{label} {', '.join(names[:3])}{more}"
