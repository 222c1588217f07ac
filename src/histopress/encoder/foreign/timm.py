"""Models of the timm library with weights from a local file; nothing is downloaded."""

import importlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from histopress.encoder.foreign.function import BUILDING
from histopress.errors import EncoderError


def timm_version() -> str:
    """Version of the installed timm.

    Raises
    ------
    EncoderError
        timm is not installed.
    """
    return str(_timm().__version__)


def build_timm(name: str) -> nn.Module:
    """Build timm's model ``name`` without classifier and without weights, in inference mode.

    Raises
    ------
    EncoderError
        timm is not installed or knows no such model.
    """
    timm = _timm()
    if not timm.is_model(name.partition(".")[0]):
        near = timm.list_models(f"*{name.partition('.')[0][:8]}*")[:3]
        hint = f"; near are {', '.join(near)}" if near else ""
        raise EncoderError(f"timm {timm.__version__} has no model '{name}'{hint}")
    with BUILDING, torch.random.fork_rng(devices=[]):
        return timm.create_model(name, pretrained=False, num_classes=0).eval()


def classifier_names(network: nn.Module) -> Sequence[str]:
    """Names of the layers that timm leaves out with ``num_classes=0``."""
    known: Any = getattr(network, "pretrained_cfg", None) or {}
    names = known.get("classifier") or ()
    return (names,) if isinstance(names, str) else tuple(names)


def _timm() -> Any:
    try:
        return importlib.import_module("timm")
    except (ImportError, RuntimeError) as error:  # torchvision of another build than torch
        raise EncoderError(
            "encoders of kind `timm` need the timm library, which cannot be imported "
            f"({error}): pip install 'histopress[timm]', with torchvision from where torch is from"
        ) from error
