import json
import warnings

import pytest
import torch
from torch import nn

from histopress.cli.main import main
from histopress.encoder.card import load_network, read_card


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_released_file_becomes_an_encoder_folder(data, project, capsys):
    assert main(["encoder", "import", str(data / "encoders/encoder_multitask-4.h5")]) == 0
    folder = project / "results/encoders/encoder_multitask-4"
    card = read_card(folder / "card.json")
    assert (card.channels, card.input_px, card.input_spacing_um) == (128, 64, 1.0)
    assert card.training == {"patients": "unknown"}
    load_network(card, folder / "weights.safetensors")
    record = json.loads(
        (project / "results/records/encoder_import/encoder_multitask-4.json").read_text()
    )
    assert [entry["path"] for entry in record["inputs"]] == ["outside:encoder_multitask-4.h5"]

    assert main(["encoder", "card", str(folder)]) == 0
    page = capsys.readouterr().out
    assert page.startswith("# Encoder encoder_multitask-4\n")
    assert "64 × 64 µm of tissue" in page
    text = folder / "card.md"
    assert main(["encoder", "card", str(folder / "card.json"), f"--text={text}"]) == 0
    assert text.read_text() == page


def test_another_file_than_the_configured_is_refused(data, project, capsys):
    file = data / "encoders/encoder_bigan.h5"
    encoder = {"kind": "keras", "grid": "", "file": str(file), "sha256": "0" * 64}
    settings = json.dumps({"encoder": encoder})
    assert main(["encoder", "import", str(file), f"--settings={settings}"]) == 1
    assert "the configuration says 0000" in capsys.readouterr().err
    assert not list(project.rglob("*.safetensors"))


def test_a_script_becomes_an_encoder_folder(project, capsys):
    network = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(network.eval()), "net.pt")
    encoder = {
        "kind": "torchscript",
        "grid": "",
        "file": "net.pt",
        "input_px": 32,
        "input_spacing_um": 0.5,
        "mean": [0.7, 0.6, 0.7],
        "std": [0.2, 0.2, 0.2],
        "licence": "CC-BY-4.0",
    }
    settings = json.dumps({"encoder": encoder})
    assert main(["encoder", "import", "net.pt", f"--settings={settings}"]) == 0
    folder = project / "results/encoders/net"
    card = read_card(folder / "card.json")
    assert (card.architecture, card.channels, card.input_px) == ("torchscript", 4, 32)
    assert (card.mean, card.licence) == ((0.7, 0.6, 0.7), "CC-BY-4.0")
    (project / "net.pt").unlink()
    patches = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    scaled = ((patches + 1) / 2 - torch.tensor(card.mean).view(3, 1, 1)) / 0.2
    with torch.inference_mode():
        found = load_network(card, folder / "weights.safetensors")(patches)
        torch.testing.assert_close(found, network(scaled))


def test_a_forgotten_file_is_asked_for(capsys):
    try:
        main(["encoder", "import"])
    except SystemExit as stop:
        assert stop.code == 2
    assert "give the file" in capsys.readouterr().err


def test_the_file_of_a_user_s_function_enters_the_record(project):
    (project / "nets_of_ours.py").write_text(
        "from torch import nn\n"
        "def build():\n"
        "    return nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())\n"
    )
    encoder = {
        "kind": "callable", "grid": "", "name": "nets_of_ours:build", "input_px": 32,
        "input_spacing_um": 0.5,
    }  # fmt: skip
    settings = json.dumps({"encoder": encoder})
    options = ["--encoder=ours", "--record=record.json", f"--settings={settings}"]
    assert main(["encoder", "import", *options]) == 0
    (entry,) = json.loads((project / "record.json").read_text())["inputs"]
    assert (entry["role"], entry["path"]) == ("function", "nets_of_ours.py")
