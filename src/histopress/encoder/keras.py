"""Released Keras encoders, read with h5py alone: no unpickling, no Keras.

The files of the NIC publications hold the same stack under different layer names, so layers are
taken in the order that ``model_config`` gives and their shapes are checked.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
import torch
from torch import Tensor

from histopress.encoder.network import EPSILON, LEVELS, SLOPE
from histopress.errors import EncoderError

STACK = ("Conv2D", "LeakyReLU", "BatchNormalization") * LEVELS + ("Flatten", "Dense")


@dataclass(frozen=True, kw_only=True)
class KerasEncoder:
    """What a released file holds.

    Attributes
    ----------
    architecture : str
        As in :class:`histopress.encoder.card.EncoderCard`.
    input_px, channels, filters : int
        Shape of the network.
    weights : mapping
        Tensors under the names of :class:`histopress.encoder.network.ConvolutionalEncoder`.
    """

    architecture: Literal["convolutional", "mean-rgb"]
    input_px: int
    channels: int
    filters: int
    weights: Mapping[str, Tensor]


def read_keras_encoder(path: Path) -> KerasEncoder:
    """Read a released encoder.

    Raises
    ------
    EncoderError
        The file is not Keras HDF5, or its layers are not those of a published encoder.
    """
    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        raise EncoderError(f"{path}: is no HDF5 file ({error})") from error
    with file:
        if "model_config" not in file.attrs or "model_weights" not in file:
            raise EncoderError(f"{path}: holds no Keras model with configuration and weights")
        layers = list(_layers(json.loads(file.attrs["model_config"])["config"]))
        kinds = tuple(layer["class_name"] for layer in layers)
        input_px = _input_px(layers, path)
        if kinds == ("InputLayer", "GlobalAveragePooling2D"):
            return KerasEncoder(
                architecture="mean-rgb", input_px=input_px, channels=3, filters=0, weights={}
            )
        body = [layer for layer in layers if layer["class_name"] != "InputLayer"]
        _check_stack(body, path)
        weights = _weights(file["model_weights"], body, path)
    filters, channels = (
        weights["convolutions.0.weight"].shape[0],
        weights["project.weight"].shape[0],
    )
    return KerasEncoder(
        architecture="convolutional",
        input_px=input_px,
        channels=channels,
        filters=filters,
        weights=weights,
    )


def _layers(config: Any) -> Iterator[dict[str, Any]]:
    """Walk through nested models in order."""
    for layer in config["layers"] if isinstance(config, dict) else config:
        if layer["class_name"] in ("Model", "Sequential", "Functional"):
            yield from _layers(layer["config"])
        else:
            yield layer


def _input_px(layers: list[dict[str, Any]], path: Path) -> int:
    shape = layers[0]["config"].get("batch_input_shape", [])
    if len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3:
        raise EncoderError(f"{path}: takes {shape}; an encoder takes square RGB patches")
    return int(shape[1])


def _check_stack(body: list[dict[str, Any]], path: Path) -> None:
    kinds = tuple(layer["class_name"] for layer in body)
    if kinds != STACK:
        raise EncoderError(
            f"{path}: its layers are {', '.join(kinds)}; "
            f"read are {LEVELS} × (Conv2D, LeakyReLU, BatchNormalization), Flatten, Dense"
        )
    expected: dict[str, dict[str, Any]] = {
        "Conv2D": {"kernel_size": [3, 3], "strides": [2, 2], "padding": "valid", "use_bias": True},
        "LeakyReLU": {"alpha": SLOPE},
        "BatchNormalization": {"epsilon": EPSILON, "center": True, "scale": True},
        "Dense": {"activation": "linear", "use_bias": True},
    }
    for layer in body:
        config = layer["config"]
        for key, value in expected.get(layer["class_name"], {}).items():
            found = config.get(key)
            same = abs(found - value) < 1e-6 if isinstance(value, float) else found == value
            if not same:
                raise EncoderError(
                    f"{path}: layer '{config['name']}' has {key} {found}; read is {value}"
                )


def _weights(group: h5py.Group, body: list[dict[str, Any]], path: Path) -> dict[str, Tensor]:
    arrays: dict[str, np.ndarray] = {}

    def collect(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            layer, variable = name.split("/")[-2:]
            arrays[f"{layer}/{variable.removesuffix(':0')}"] = item[()]

    group.visititems(collect)
    weights: dict[str, Tensor] = {}
    count = {"Conv2D": 0, "BatchNormalization": 0}
    for layer in body:
        name, kind = layer["config"]["name"], layer["class_name"]
        if kind in count:
            index = count[kind]
            count[kind] += 1
        for variable, (target, axes) in VARIABLES.get(kind, {}).items():
            key = f"{name}/{variable}"
            if key not in arrays:
                raise EncoderError(f"{path}: lacks the weights '{key}'")
            place = target.format(index) if "{}" in target else target
            weights[place] = torch.from_numpy(arrays[key].transpose(axes).copy())
    return weights


VARIABLES: dict[str, dict[str, tuple[str, tuple[int, ...]]]] = {
    "Conv2D": {
        "kernel": ("convolutions.{}.weight", (3, 2, 0, 1)),
        "bias": ("convolutions.{}.bias", (0,)),
    },
    "BatchNormalization": {
        "gamma": ("normalisations.{}.weight", (0,)),
        "beta": ("normalisations.{}.bias", (0,)),
        "moving_mean": ("normalisations.{}.running_mean", (0,)),
        "moving_variance": ("normalisations.{}.running_var", (0,)),
    },
    "Dense": {"kernel": ("project.weight", (1, 0)), "bias": ("project.bias", (0,))},
}
"""Keras variable → name in the network, and the order of axes."""
