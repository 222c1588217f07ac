"""Heat maps of one slide and model: all methods together, in memory and on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from histopress.compress.slide import CompressedSlide
from histopress.errors import ConfigError
from histopress.explain.attention import attention_map
from histopress.explain.grad_cam import grad_cam
from histopress.explain.models import kind_of
from histopress.explain.settings import Method
from histopress.learn.interface import Fitted
from histopress.store import create_h5, open_h5, put

SCHEMA = "explain/1"

OFFERED: Mapping[str, tuple[Method, ...]] = {"nic-cnn": ("grad-cam",), "abmil": ("attention",)}
"""Methods by kind of model; other kinds have none."""


@dataclass(frozen=True, kw_only=True)
class Maps:
    """Heat maps on a slide's grid.

    Attributes
    ----------
    slide_id : str
        As in the manifest.
    arrays : mapping of str to float32 ndarray (H, W)
        By method, upright; 0 on background.
    model : str
        Kind of the model.
    target : str
        What the model learned.
    output : str
        Which output the maps concern: a class, or the target's name.
    attributes : mapping
        What else stands in the file.
    """

    slide_id: str
    arrays: Mapping[str, Float32[np.ndarray, "H W"]]
    model: str
    target: str
    output: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


def choose_methods(kind: str, asked: tuple[Method, ...]) -> tuple[Method, ...]:
    """Give the methods to use on a kind of model: those asked for, or all that there are.

    Raises
    ------
    ConfigError
        The kind of model has no map, or not the one that is asked for.

    Examples
    --------
    >>> choose_methods("abmil", ())
    ('attention',)
    """
    offered = OFFERED.get(kind, ())
    if not offered or not set(asked) <= set(offered):
        have = ", ".join(f"{name}: {', '.join(methods)}" for name, methods in OFFERED.items())
        wanted = f" {', '.join(asked)}" if asked else ""
        raise ConfigError(
            f"explain: methods{wanted}: not for a model of kind '{kind}'; there are {have}"
        )
    return asked or offered


def make_arrays(
    fitted: Fitted,
    slide: CompressedSlide,
    *,
    methods: tuple[Method, ...] = (),
    output: int = 0,
    rectify: bool = False,
) -> dict[str, Float32[np.ndarray, "H W"]]:
    """Make the maps of one slide; see :func:`grad_cam` and :func:`attention_map`."""
    arrays: dict[str, Float32[np.ndarray, "H W"]] = {}
    for method in choose_methods(kind_of(fitted), methods):
        if method == "grad-cam":
            arrays[method] = grad_cam(fitted, slide, output=output, rectify=rectify)
        else:
            arrays[method] = attention_map(fitted, slide)
    return arrays


def write_maps(path: Path, maps: Maps) -> None:
    """Write one file a slide and model; equal maps give equal bytes."""
    attributes = {
        **maps.attributes,
        "slide": maps.slide_id,
        "model": maps.model,
        "target": maps.target,
        "output": maps.output,
    }
    with create_h5(path, schema=SCHEMA, attributes=attributes) as file:
        for name in sorted(maps.arrays):
            array = np.ascontiguousarray(maps.arrays[name], np.float32)
            put(file, name, array, compression="gzip", compression_opts=4, shuffle=True)


def read_maps(path: Path) -> Maps:
    """Read the maps of a slide.

    Raises
    ------
    StoreError
        The file is missing, damaged or of another schema.
    """
    with open_h5(path, schema=SCHEMA) as file:
        attributes = dict(file.attrs)
        return Maps(
            slide_id=str(attributes["slide"]),
            arrays={name: file[name][()] for name in file},
            model=str(attributes["model"]),
            target=str(attributes["target"]),
            output=str(attributes["output"]),
            attributes=attributes,
        )
