"""The released encoders, against a reference in numpy and float64 that shares no code."""

import json

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from histopress.encoder.card import EncoderCard, build_network
from histopress.encoder.keras import read_keras_encoder
from histopress.encoder.network import scale_patches
from histopress.errors import EncoderError


def reference(path, patches):
    """Run the released file's layers one by one: (B, 64, 64, 3) in [-1, 1] → (B, C), float64."""
    values = {}

    def collect(name, item):
        if isinstance(item, h5py.Dataset):
            layer, variable = name.split("/")[-2:]
            kind, number = layer.rsplit("_", 1) if "_" in layer else (layer, "0")
            values.setdefault(kind, {}).setdefault(int(number), {})[variable[:-2]] = item[
                ()
            ].astype(np.float64)

    with h5py.File(path) as file:
        file["model_weights"].visititems(collect)
    x = patches.astype(np.float64)
    for conv, norm in zip(
        sorted(values["conv2d"]), sorted(values["batch_normalization"]), strict=True
    ):
        kernel, bias = values["conv2d"][conv]["kernel"], values["conv2d"][conv]["bias"]
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2]
        x = np.einsum("bhwcij,ijcf->bhwf", windows, kernel) + bias
        x = np.where(x > 0, x, 0.2 * x)
        bn = values["batch_normalization"][norm]
        x = (x - bn["moving_mean"]) / np.sqrt(bn["moving_variance"] + 1e-3)
        x = x * bn["gamma"] + bn["beta"]
    last = values.get("dense") or values["encoded"]
    (dense,) = last.values()
    return x.reshape(len(x), -1) @ dense["kernel"] + dense["bias"]


@pytest.fixture(scope="module")
def patches(data):
    """Real tissue: the sample of the publication and lymph-node tiles."""
    pictures = [np.asarray(Image.open(data / "encoders" / "example_128.jpg").convert("RGB"))]
    for path in sorted((data / "tiles" / "lymph" / "valid" / "tumour").iterdir())[:7]:
        tile = np.asarray(Image.open(path).convert("RGB"))
        pictures.append(np.pad(tile, ((0, 32), (0, 32), (0, 0)), mode="reflect"))
    return np.stack(pictures)


@pytest.mark.parametrize("name", ["encoder_multitask-4.h5", "encoder_bigan.h5"])
def test_agrees_with_the_reference(data, patches, name):
    path = data / "encoders" / name
    released = read_keras_encoder(path)
    network = build_network(
        EncoderCard(
            architecture=released.architecture,
            channels=released.channels,
            input_px=released.input_px,
            filters=released.filters,
            origin="",
            weights_sha256="",
        )
    )
    network.load_state_dict(dict(released.weights), strict=False)
    with torch.inference_mode():
        found = network(scale_patches(torch.from_numpy(patches), pool=2, input_px=64)).numpy()
    scaled = patches.astype(np.float64) / 127.5 - 1
    pooled = scaled.reshape(len(scaled), 64, 2, 64, 2, 3).mean((2, 4))
    expected = reference(path, pooled)
    assert found.shape == (len(patches), 128)
    assert np.abs(found - expected).max() / np.abs(expected).max() <= 1e-5


def test_every_released_value_is_used(data):
    # origin: the publication's encoder, 595,968 values
    released = read_keras_encoder(data / "encoders" / "encoder_multitask-4.h5")
    assert sum(value.numel() for value in released.weights.values()) == 595_968


def test_released_mean_rgb(data):
    released = read_keras_encoder(data / "encoders" / "encoder_mean-rgb.h5")
    assert (released.architecture, released.channels) == ("mean-rgb", 3)


def copy_with(data, tmp_path, change):
    source = data / "encoders" / "encoder_multitask-4.h5"
    target = tmp_path / "changed.h5"
    target.write_bytes(source.read_bytes())
    with h5py.File(target, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(file, config)
        del file.attrs["model_config"]
        file.attrs.create("model_config", json.dumps(config))
    return target


def other_slope(file, config):
    config["config"]["layers"][2]["config"]["alpha"] = 0.3


def same_padding(file, config):
    config["config"]["layers"][1]["config"]["padding"] = "same"


def one_layer_less(file, config):
    del config["config"]["layers"][1]


def no_bias(file, config):
    del file["model_weights/conv2d_2/conv2d_2/bias:0"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_slope, "alpha 0.3; read is 0.2"),
        (same_padding, "padding same; read is valid"),
        (one_layer_less, "its layers are"),
        (no_bias, "lacks the weights 'conv2d_2/bias'"),
    ],
)
def test_another_network_is_refused(data, tmp_path, change, message):
    with pytest.raises(EncoderError, match=message):
        read_keras_encoder(copy_with(data, tmp_path, change))


def test_what_is_no_keras_file_is_refused(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"text")
    with pytest.raises(EncoderError, match=r"a\.h5: is no HDF5 file"):
        read_keras_encoder(tmp_path / "a.h5")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(EncoderError, match="no Keras model"):
        read_keras_encoder(tmp_path / "b.h5")
