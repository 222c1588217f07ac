"""The embedded default study: its figure is above chance, and shuffled labels fall to chance."""

from pathlib import Path

import numpy as np
import pytest

from histopress.cohort.splitting.folds import rotation
from histopress.compress.slide import read_compressed
from histopress.evaluate.auc import fold_auc
from histopress.learn.data import LabelledSlide
from histopress.learn.fold import train_fold
from histopress.learn.goal import Goal
from histopress.learn.settings import NicCnnSettings
from histopress.store import read_csv, read_json

STUDY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def embedded() -> Path:
    if not (STUDY / "results/evaluation/comparison.csv").is_file():
        pytest.skip("no results of the embedded study: run 'make run' first (.ci/run does)")
    return STUDY


def metrics(folder, encoder, model):
    path = folder / f"results/evaluation/tumour/{encoder}/{model}/metrics.json"
    return read_json(path)


def test_the_cnn_is_above_chance(embedded):
    found = metrics(embedded, "multitask", "nic-cnn")
    assert found["n_patients"] == 24
    assert [step["slides"] for step in found["flow"]] == [36] * len(found["flow"])
    low, high = found["metrics"]["auc"]["interval"]
    assert 0.5 < low <= found["metrics"]["auc"]["estimate"] <= high <= 1


def test_the_trained_encoder_tells_tissues_apart(embedded):
    card = read_json(embedded / "results/encoders/multitask/card.json")
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
    patients = sorted(label)
    slides = [
        LabelledSlide(
            slide=read_compressed(folder / f"results/compressed/multitask/{name}.h5"),
            label=int(label[row["patient_id"]]),
            patient=patients.index(row["patient_id"]),
        )
        for name, row in rows.items()
    ]
    goal = Goal(kind="classification", level="patient", classes=2)
    scores = {}
    for turn in rotation(4):
        names = {turn.test: "test", turn.validation: "validation"}
        parts = {name: names.get(folds[name], "train") for name in rows}
        found = train_fold(slides, parts, settings=settings, goal=goal, seed=seed)
        tested = [name for name in rows if parts[name] == "test"]
        scores |= {name: found.predictions[name][1] for name in tested}
    own = {p: [name for name, row in rows.items() if row["patient_id"] == p] for p in patients}
    return fold_auc(
        np.array([label[p] == 1 for p in patients]),
        np.array([np.mean([scores[name] for name in own[p]]) for p in patients]),
        np.array([folds[own[p][0]] for p in patients]),
    ).average


def test_shuffled_labels_fall_to_chance(embedded):
    null = read_json(embedded / "results/evaluation/tumour/multitask/mean/null.json")
    figures = [
        float(row["figure"])
        for row in read_csv(embedded / "results/evaluation/tumour/multitask/mean/null.csv")
    ]
    assert len(figures) == null["permutations"] == 200
    assert abs(np.mean(figures) - 0.5) < 3 * np.std(figures, ddof=1) / np.sqrt(len(figures))
    assert null["observed"] == metrics(embedded, "multitask", "mean")["metrics"]["auc"]["estimate"]
    above = sum(figure >= null["observed"] for figure in figures)
    assert null["p"] == pytest.approx((1 + above) / 201)
    # Pooled features tell little of 24 patients: the row stands a deviation above its null.
    assert null["observed"] > np.mean(figures) + np.std(figures)


def test_every_injected_leak_was_refused(embedded):
    leaks = read_json(embedded / "results/evaluation/tumour/leaks.json")["leaks"]
    assert leaks and all(leak["refused"] for leak in leaks)


def test_the_choice_within_folds_stands_beside_the_rows(embedded):
    rows = read_csv(embedded / "results/evaluation/comparison.csv")
    assert [row["selected"] for row in rows].count("nested") == 1
    assert len(rows) == 5


def test_shuffled_labels_fall_to_chance_for_the_cnn(embedded):
    settings = NicCnnSettings(crop=24, width=32, epochs_max=8, epoch_crops=64)
    found = [shuffled_auc(embedded, settings, seed) for seed in range(4)]
    assert abs(np.mean(found) - 0.5) < 0.2
    # The network that sees where tumour lies leaves them far behind.
    assert metrics(embedded, "multitask", "nic-cnn")["metrics"]["auc"]["estimate"] > max(found)


def test_the_claims_were_judged(embedded):
    found = {
        name: read_json(embedded / f"results/claims/{name}.json")
        for name in ("multitask-over-colour", "looks-at-tumour")
    }
    assert found["looks-at-tumour"]["sentence"] == "shown, by more than 0.1"
    assert found["multitask-over-colour"]["finding"]["decision"]["estimate"] > 0
    plan = (embedded / "results/claims/plan.md").read_text()
    assert "looks-at-tumour" in plan and "smallest effect" in plan
