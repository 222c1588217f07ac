import importlib.util

import pytest
import torch
from safetensors.torch import save_file

from histopress.encoder.card import EncoderCard, load_network, save_weights
from histopress.encoder.foreign.reading import read_foreign
from histopress.encoder.settings import ForeignSettings
from histopress.errors import EncoderError

HERE = importlib.util.find_spec("timm") is not None


@pytest.mark.skipif(HERE, reason="timm is installed")
def test_a_missing_library_is_named(tmp_path):
    settings = ForeignSettings(
        kind="timm", name="resnet10t", grid="g", input_px=64, input_spacing_um=0.5
    )
    with pytest.raises(EncoderError, match=r"histopress\[timm\]"):
        read_foreign(settings, tmp_path / "w.safetensors")


@pytest.mark.skipif(not HERE, reason="timm is not installed: pip install 'histopress[timm]'")
def test_a_model_with_local_weights(tmp_path):
    import timm

    full = timm.create_model("test_resnet", num_classes=5).eval()
    save_file(full.state_dict(), tmp_path / "w.safetensors")
    settings = ForeignSettings(
        kind="timm", name="test_resnet", grid="g", input_px=64, input_spacing_um=0.5
    )
    found = read_foreign(settings, tmp_path / "w.safetensors")
    card = EncoderCard(
        architecture="timm",
        channels=found.channels,
        input_px=64,
        input_spacing_um=0.5,
        origin="test",
        weights_sha256=save_weights(tmp_path / "kept.safetensors", found.values),
        program=found.program,
    )
    network = load_network(card, tmp_path / "kept.safetensors")
    patches = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        expected = full.forward_head(full.forward_features(patches), pre_logits=True)
        torch.testing.assert_close(network(patches), expected)
    with pytest.raises(EncoderError, match="has no model 'resnet51'"):
        read_foreign(
            ForeignSettings(
                kind="timm", name="resnet51", grid="g", input_px=64, input_spacing_um=0.5
            ),
            tmp_path / "w.safetensors",
        )
