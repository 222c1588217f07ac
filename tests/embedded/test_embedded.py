"""The embedded default study: its figure is above chance, and shuffled labels fall to chance."""

import json
from pathlib import Path

import numpy as np
import pytest

from histopress.cohort.folds import rotation
from histopress.compress.slide import read_compressed
from histopress.evaluate.auc import fold_auc
from histopress.learn.data import LabelledSlide
from histopress.learn.fold import train_fold
from histopress.learn.settings import MeanSettings, NicCnnSettings
from histopress.store import read_csv

STUDY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def embedded() -> Path:
    if not (STUDY / "results/evaluation/comparison.csv").is_file():
        pytest.skip("no results of the embedded study: run 'make run' first (.ci/run does)")
    return STUDY


def metrics(folder, encoder, model):
    path = folder / f"results/evaluation/tumour/{encoder}/{model}/metrics.json"
    return json.loads(path.read_text())


def test_the_cnn_is_above_chance(embedded):
    found = metrics(embedded, "multitask", "nic-cnn")
    assert found["n_patients"] == 24
    assert found["slides"]["used"] == found["slides"]["in_manifest"] == 36
    low, high = found["metrics"]["auc"]["interval"]
    assert 0.5 < low <= found["metrics"]["auc"]["estimate"] <= high <= 1


def test_the_trained_encoder_tells_tissues_apart(embedded):
    card = json.loads((embedded / "results/encoders/multitask/card.json").read_text())
    tissue = {task["name"]: task for task in card["tasks"]}["tissue"]
    assert tissue["validation"]["balanced_accuracy"]["low"] > 0.8
    assert tissue["grouping"] == "patient"


def shuffled_auc(folder, settings, seed):
    """AUC within folds after shuffling labels among a fold's patients: the whole cross-validation.

    Within folds, so that every fold keeps both classes.
    """
    rows = {row["slide_id"]: row for row in read_csv(folder / "config/slides.csv")}
    split = read_csv(folder / "results/splits/tumour/rotation.csv")
    folds = {row["slide_id"]: int(row["fold"]) for row in split}
    fold_of = {row["patient_id"]: folds[name] for name, row in rows.items()}
    label = {row["patient_id"]: int(row["tumour"]) for row in rows.values()}
    rng = np.random.default_rng(seed)
    for fold in range(4):
        inside = [patient for patient in sorted(label) if fold_of[patient] == fold]
        shuffled = rng.permutation([label[patient] for patient in inside])
        label |= dict(zip(inside, shuffled, strict=True))
    slides = [
        LabelledSlide(
            slide=read_compressed(folder / f"results/compressed/multitask/{name}.h5"),
            label=int(label[row["patient_id"]]),
        )
        for name, row in rows.items()
    ]
    scores = {}
    for turn in rotation(4):
        names = {turn.test: "test", turn.validation: "validation"}
        parts = {name: names.get(folds[name], "train") for name in rows}
        found = train_fold(slides, parts, settings=settings, classes=2, seed=seed)
        tested = [name for name in rows if parts[name] == "test"]
        scores |= {name: found.probabilities[name][1] for name in tested}
    patients = sorted(label)
    own = {p: [name for name, row in rows.items() if row["patient_id"] == p] for p in patients}
    return fold_auc(
        np.array([label[p] == 1 for p in patients]),
        np.array([np.mean([scores[name] for name in own[p]]) for p in patients]),
        np.array([folds[own[p][0]] for p in patients]),
    ).average


def test_shuffled_labels_fall_to_chance(embedded):
    found = [shuffled_auc(embedded, MeanSettings(), seed) for seed in range(24)]
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found) - 0.5) < 2.5 * error
    # one cohort of this size strays by about 0.13; a leak would stand at 1
    assert np.mean(found) < 0.65


def test_shuffled_labels_fall_to_chance_for_the_cnn(embedded):
    settings = NicCnnSettings(crop=24, width=32, epochs_max=8, epoch_crops=64)
    found = [shuffled_auc(embedded, settings, seed) for seed in range(4)]
    assert abs(np.mean(found) - 0.5) < 0.2
