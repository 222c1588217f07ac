import pytest
from pydantic import TypeAdapter, ValidationError

from histopress.learn.network import STRIDES
from histopress.learn.settings import (
    AbmilSettings,
    MeanSettings,
    ModelSettings,
    NicCnnSettings,
    NumericsSettings,
)

ADAPTER = TypeAdapter(ModelSettings)


def test_kind_tells_the_model():
    assert ADAPTER.validate_python({"kind": "nic-cnn", "crop": 24}) == NicCnnSettings(crop=24)
    assert ADAPTER.validate_python({"kind": "mean"}) == MeanSettings()
    weighted = ADAPTER.validate_python({"kind": "abmil", "class_weights": [1, 5], "reduce": 64})
    assert weighted == AbmilSettings(class_weights=(1.0, 5.0), reduce=64)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "cnn"},
        {"kind": "nic-cnn", "crop": 25},
        {"kind": "nic-cnn", "batch": 1},
        {"kind": "nic-cnn", "dropout": 1.0},
        {"kind": "mean", "crop": 24},
        {"kind": "mean", "strengths": []},
        {"kind": "mean", "class_weights": "balanced-batches"},
        {"kind": "mean", "dropout": 0.1},
        {"kind": "abmil", "crop": 24},
        {"kind": "abmil", "cells_max": 0},
        {"kind": "nic-cnn", "class_weights": [1.0, 0.0]},
        {"kind": "nic-cnn", "fusion": "early"},
        {"kind": "nic-cnn", "reduce": 0},
        {"kind": "mean", "strengths": [0.0]},
    ],
)
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(wrong)


def test_every_crop_offered_has_a_network():
    schema = ADAPTER.json_schema()["$defs"]["NicCnnSettings"]["properties"]
    assert schema["crop"]["enum"] == list(STRIDES)


def test_every_key_is_described():
    for each in (
        *ADAPTER.json_schema()["$defs"].values(),
        TypeAdapter(NumericsSettings).json_schema(),
    ):
        for name, key in each["properties"].items():
            assert key.get("description", "").endswith("."), name
