import json

from histopress.cli.main import main
from histopress.encoder.card import load_network, read_card


def test_a_released_file_becomes_an_encoder_folder(data, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["encoder", "import", str(data / "encoders/encoder_multitask-4.h5")]) == 0
    folder = tmp_path / "results/encoders/encoder_multitask-4"
    card = read_card(folder / "card.json")
    assert (card.channels, card.input_px, card.input_spacing_um) == (128, 64, 1.0)
    assert card.training == {"patients": "unknown"}
    load_network(card, folder / "weights.safetensors")
    record = json.loads(
        (tmp_path / "results/records/encoder_import/encoder_multitask-4.json").read_text()
    )
    assert [entry["path"] for entry in record["inputs"]] == ["outside:encoder_multitask-4.h5"]


def test_another_file_than_the_configured_is_refused(data, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    settings = json.dumps({"sha256": "0" * 64})
    file = data / "encoders/encoder_bigan.h5"
    assert main(["encoder", "import", str(file), f"--settings={settings}"]) == 1
    assert "the configuration says 0000" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.safetensors"))


def test_a_forgotten_file_is_asked_for(capsys):
    try:
        main(["encoder", "import"])
    except SystemExit as stop:
        assert stop.code == 2
    assert "give the file" in capsys.readouterr().err
