"""Probe, comparison and transfer by hand, on mean colours and simple features."""

import json
from itertools import product

import numpy as np
import pytest

from histopress.cli.main import main
from histopress.encoder.card import EncoderCard, save_weights, write_card
from histopress.patches.table import PatchTable, write_patches
from histopress.store import read_csv, read_json

PROBE = {"bootstrap": 200, "hidden": 8, "mlp": {"epochs": 2, "steps": 5, "batch": 8}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two tasks, each told by its own colour channel, and an encoder of mean colours."""
    monkeypatch.chdir(tmp_path)
    for channel, task in enumerate(("red", "blue")):
        rng = np.random.default_rng(channel)
        labels = np.arange(120) % 2
        images = rng.integers(60, 200, (120, 16, 16, 3))
        images[..., channel] += 8 * labels[:, None, None]
        table = PatchTable(
            images=images.astype(np.uint8),
            labels=labels,
            classes=("no", "yes"),
            groups=tuple(map(str, range(120))),
            parts=np.array([0, 0, 0, 1, 2, 2], np.uint8)[np.arange(120) // 2 % 6],
            spacing_um=float("nan"),
        )
        write_patches(tmp_path / f"{task}.h5", table)
    digest = save_weights(tmp_path / "w.safetensors", {})
    card = EncoderCard(architecture="mean-rgb", channels=3, origin="-", weights_sha256=digest)
    write_card(tmp_path / "card.json", card)
    return tmp_path


def probe(encoder, task, *, options=("--card=card.json", "--weights=w.safetensors"), **settings):
    place = f"probes/{encoder}/{task}"
    return main(
        [
            "encoder", "probe", f"--encoder={encoder}", f"--task={task}", *options,
            f"--patches={task}.h5", f"--metrics={place}/metrics.json",
            f"--predictions={place}/predictions.csv",
            f"--settings={json.dumps({'probe': PROBE, **settings})}",
        ]
    )  # fmt: skip


def probe_all(*encoders):
    for encoder, task in product(encoders, ("red", "blue")):
        simple = encoder == "colour-texture"
        extra = {"features": "colour-texture", "options": ()} if simple else {}
        assert probe(encoder, task, **extra) == 0


def compare(**settings):
    chosen = {"encoders": ["a", "colour-texture"], "tasks": ["red", "blue"], "probe": PROBE}
    return main(
        [
            "encoder", "compare", "--probes=probes", "--table=t.csv", "--figure=f.svg",
            "--report=r.md", f"--settings={json.dumps(chosen | settings)}",
        ]
    )  # fmt: skip


def test_a_probe_leaves_metrics_and_predictions_and_repeats_itself(folder):
    assert probe("a", "red") == 0
    before = {path: path.read_bytes() for path in (folder / "probes").rglob("*.*")}
    assert len(before) == 2
    metrics = read_json(folder / "probes/a/red/metrics.json")
    assert metrics["classifiers"]["logistic"]["auc"]["value"] > 0.9
    assert metrics["encoder_facts"]["tasks"] == []
    assert metrics["input"] == {"px": 16, "spacing_um": None}
    rows = read_csv(folder / "probes/a/red/predictions.csv")
    assert len(rows) == 2 * metrics["patches"]["validation"]
    assert probe("a", "red") == 0
    assert {path: path.read_bytes() for path in before} == before


def test_an_encoder_without_its_card_is_asked_for(folder, capsys):
    assert probe("a", "red", options=()) == 1
    assert "give --card and --weights, or set 'features'" in capsys.readouterr().err


def test_encoders_are_compared_on_both_tasks_by_both_classifiers(folder):
    probe_all("a", "colour-texture")
    assert compare() == 0
    rows = read_csv(folder / "t.csv")
    assert len(rows) == 8
    assert {row["reference"] for row in rows} == {"a"}
    assert "colour-texture | no encoder" in (folder / "r.md").read_text()
    figure = (folder / "f.svg").read_bytes()
    assert compare() == 0
    assert (folder / "f.svg").read_bytes() == figure


def test_probes_of_different_patches_are_not_compared(folder, capsys):
    probe_all("a", "colour-texture")
    file = folder / "probes/a/red/metrics.json"
    file.write_text(file.read_text().replace('"validation_sha256": "', '"validation_sha256": "0'))
    assert compare() == 1
    assert "different patches" in capsys.readouterr().err
    assert not (folder / "t.csv").exists()


def transfer(encoders, **settings):
    chosen = {"tasks": ["red", "blue"], "seeds": [1, 2], "encoders": encoders, "probe": PROBE}
    return main(
        [
            "encoder", "transfer", "--probes=probes", "--table=t.csv", "--matrix=m.csv",
            "--figure=f.svg", "--report=r.md", f"--settings={json.dumps(chosen | settings)}",
        ]
    )  # fmt: skip


def test_transfer_reads_the_probes_of_all_encoders(folder):
    sets = {"none": [], "r": ["red"], "b": ["blue"], "all": ["red", "blue"]}
    names = [f"{name}{seed}" for seed in (1, 2) for name in sets]
    probe_all(*names)
    encoders = [
        {"name": f"{name}{seed}", "seed": seed, "tasks": tasks}
        for seed in (1, 2)
        for name, tasks in sets.items()
    ]
    assert transfer(encoders) == 0
    assert len(read_csv(folder / "t.csv")) == 16
    matrix = read_csv(folder / "m.csv")
    # Equal encoders: what a task adds is nothing, and said to be nothing.
    assert {row["value"] for row in matrix if row["kind"] == "added"} == {"0.0"}
    assert "Said to help or hurt: none." in (folder / "r.md").read_text()
    assert b"<svg" in (folder / "f.svg").read_bytes()


def test_transfer_refuses_a_seed_that_is_not_of_the_study(folder, capsys):
    encoders = [{"name": "x", "seed": seed, "tasks": []} for seed in (7, 8)]
    assert transfer(encoders) == 1
    assert "has seed 7, which is not among 'seeds' (1, 2)" in capsys.readouterr().err
