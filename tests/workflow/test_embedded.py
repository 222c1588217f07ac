"""The embedded default study: its figure is above chance, and shuffled labels fall to chance."""

import json
import shutil

import numpy as np
import pytest
import yaml

from histopress.cohort.folds import rotation
from histopress.compress.slide import read_compressed
from histopress.evaluate.auc import fold_auc
from histopress.learn.data import LabelledSlide
from histopress.learn.fold import train_fold
from histopress.learn.settings import MeanSettings, NicCnnSettings
from histopress.store import read_csv

from .conftest import ROOT, Project


@pytest.fixture(scope="module")
def embedded(tmp_path_factory) -> Project:
    folder = tmp_path_factory.mktemp("embedded") / "study"
    shutil.copytree(ROOT / "config", folder / "config")
    project = object.__new__(Project)
    project.folder = folder
    project.config = yaml.safe_load((folder / "config/config.yaml").read_text())
    project.snakemake()
    return project


def metrics(project, encoder, model):
    path = project.folder / f"results/evaluation/tumour/{encoder}/{model}/metrics.json"
    return json.loads(path.read_text())


def test_the_cnn_is_above_chance(embedded):
    found = metrics(embedded, "supervised", "nic-cnn")
    assert found["n_patients"] == 24
    assert found["slides"]["used"] == found["slides"]["in_manifest"] == 36
    low, high = found["metrics"]["auc"]["interval"]
    assert 0.5 < low <= found["metrics"]["auc"]["estimate"] <= high <= 1


def test_the_trained_encoder_tells_tissues_apart(embedded):
    card = json.loads((embedded.folder / "results/encoders/supervised/card.json").read_text())
    assert card["training"]["validation_accuracy"] > 0.9
    assert card["training"]["validation_patients"] >= 3


def shuffled_auc(project, settings, seed):
    """AUC within folds after shuffling labels among a fold's patients: the whole cross-validation.

    Within folds, so that every fold keeps both classes.
    """
    rows = {row["slide_id"]: row for row in read_csv(project.folder / "config/slides.csv")}
    split = read_csv(project.folder / "results/splits/tumour/rotation.csv")
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
            slide=read_compressed(project.folder / f"results/compressed/supervised/{name}.h5"),
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
