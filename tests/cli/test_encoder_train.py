"""``histopress encoder train`` as the workflow calls it, killed and started again."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from histopress.cli.main import main
from histopress.patches.table import PatchTable, write_patches

OUTPUTS = ("weights.safetensors", "card.json", "history.csv", "history.svg", "patches.png")
SETTINGS = {
    "seed": 1,
    "encoder": {
        "kind": "multitask",
        "grid": "",
        "tasks": ["stripes"],
        "channels": 4,
        "filters": 8,
        "input_px": 32,
        "input_spacing_um": 1.0,
        "schedule": {"epochs": 12, "steps": 8, "batch": 8, "keep": "last"},
    },
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patches")
    rng = np.random.default_rng(0)
    labels = np.arange(100) % 2
    images = rng.integers(100, 156, (100, 32, 32, 3), np.uint8)
    images[labels == 1, ::4] = 0
    (folder / "stripes").mkdir()
    write_patches(
        folder / "stripes/32px-1um.h5",
        PatchTable(
            images=images,
            labels=labels.astype(np.int64),
            classes=("plain", "striped"),
            groups=tuple(f"g{i // 10}" for i in range(100)),
            parts=np.repeat([0, 0, 0, 0, 0, 0, 1, 1, 2, 2], 10).astype(np.uint8),
            spacing_um=1.0,
            facts={"grouping": "patient", "licence": "CC0", "warnings": ["drawn for a test"]},
        ),
    )
    return folder


def command(tables, folder, settings=SETTINGS):
    names = ("weights", "card", "history", "curves", "sheet")
    return [
        "encoder", "train", "--encoder=e", f"--patches={tables}",
        f"--settings={json.dumps(settings)}", f"--record={folder}/record.json",
        *(f"--{name}={folder / file}" for name, file in zip(names, OUTPUTS, strict=True)),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert main(command(tables, folder)) == 0
    return folder


def test_a_card_tells_tasks_parts_and_how_well_they_are_known(whole):
    card = json.loads((whole / "card.json").read_text())
    assert (card["architecture"], card["channels"], card["input_px"]) == ("convolutional", 4, 32)
    (task,) = card["tasks"]
    assert task["name"] == "stripes" and task["classes"] == ["plain", "striped"]
    assert task["patches"] == {"training": 60, "tuning": 20, "validation": 20}
    assert task["warnings"] == ["drawn for a test"]
    metrics = task["validation"]
    assert metrics["auc"]["low"] <= metrics["auc"]["value"] <= metrics["auc"]["high"]
    assert np.sum(metrics["confusion"]) == 20
    assert card["training"]["epochs"] == 12 and card["training"]["seed"] == 1
    with (whole / "history.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 12 and {"loss", "score", "learning_rate"} <= set(rows[0])


def test_a_killed_training_goes_on_and_ends_in_the_same_bytes(tables, whole, tmp_path):
    left = tmp_path / ".weights.safetensors.checkpoint"
    arguments = command(tables, tmp_path)
    run = subprocess.Popen(
        [sys.executable, "-m", "histopress", *arguments],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not left.exists():
        assert run.poll() is None, run.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not (tmp_path / "weights.safetensors").exists(), "ended before it could be killed"
    assert main(arguments) == 0
    for name in OUTPUTS:
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes(), name
    assert not left.exists()


def test_other_settings_do_not_take_up_what_was_left(tables, whole, tmp_path):
    first = json.loads(json.dumps(SETTINGS))
    first["encoder"]["schedule"]["epochs"] = 1
    assert main(command(tables, tmp_path, first)) == 0
    short = load_file(tmp_path / "weights.safetensors")
    full = load_file(whole / "weights.safetensors")
    assert any(not np.array_equal(short[name], full[name]) for name in full)


def test_patches_of_another_size_are_refused_before_training(tables, tmp_path, capsys):
    other = json.loads(json.dumps(SETTINGS))
    other["encoder"]["input_spacing_um"] = 2.0
    assert main(command(tables, tmp_path, other)) == 1
    assert "stripes/32px-2um.h5: no such file" in capsys.readouterr().err
