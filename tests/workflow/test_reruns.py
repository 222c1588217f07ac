"""What a change reruns, and what it leaves alone."""

import os
import shutil

import pytest

from .conftest import (
    ENCODERS,
    FOLDS,
    LABELS,
    MODELS,
    SLIDES,
    TOY,
    WITH_CONTROLS,
    add_columns,
    changed,
)

AGGREGATES = {
    "split": 1,
    "train": ENCODERS * MODELS * FOLDS,
    "evaluate": ENCODERS * MODELS,
    "select": 1,
    "compare": 1,
}

JUDGED = ("train", "evaluate", "select", "compare")
OF_ENCODER = ("encoder_card", "encoder_probe", "encoder_compare")
BELOW_ENCODER = ("encode", "compress", *JUDGED)


def test_a_second_run_has_nothing_to_do(either):
    assert either.snakemake().rstrip().splitlines()[-1].startswith("Nothing to be done")


def test_a_touched_manifest_and_reordered_keys_rerun_nothing(project):
    os.utime(project.folder / "config/slides.csv")
    project.configure(dict(reversed(TOY.items())))
    assert project.planned() == {}


def test_a_new_slide_runs_its_own_jobs_and_the_aggregates(project):
    shutil.copy(
        project.folder / "data/phantom/phantom-0001-a.tif", project.folder / "data/new slide.tif"
    )
    with (project.folder / "config/slides.csv").open("a") as manifest:
        manifest.write("new,Q1,data/new slide.tif,A,0\n")
    per_slide = {"tile": 1, "encode": ENCODERS, "compress": ENCODERS}
    assert project.planned() == per_slide | AGGREGATES

    before = (project.folder / "results/splits/tumour/rotation.csv").read_text().splitlines()
    project.snakemake("--until", "split", "tile")
    after = (project.folder / "results/splits/tumour/rotation.csv").read_text().splitlines()
    assert set(before) < set(after), "somebody moved"
    assert len(after) == len(before) + 1


def test_a_new_phantom_patient_redraws_nobody(project):
    project.configure(changed(phantom__slides__n_patients=7))
    with (project.folder / "config/slides.csv").open("a") as manifest:
        manifest.write("phantom-0007-a,P0007,data/phantom/phantom-0007-a.tif,A,0\n")
    planned = project.planned()
    assert (planned["simulate_slide"], planned["tile"]) == (1, 1)
    assert "simulate_patches" not in planned


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ({"evaluation__bootstrap": 300}, {"evaluate", "select", "compare"}),
        ({"models__mean__strengths": [0.5]}, set(JUDGED)),
        ({"encoders__tiny__channels": 5}, {"encoder_train", *OF_ENCODER, *BELOW_ENCODER}),
        ({"probe__settings__strengths": [0.1]}, {"encoder_probe", "encoder_compare"}),
        ({"tasks__tissue__tuning": 0.3}, {"patches", "encoder_train", *OF_ENCODER, *BELOW_ENCODER}),
        ({"grids__half-um__min_tissue": 0.5}, {"tile", *BELOW_ENCODER}),
    ],
)
def test_a_setting_reruns_what_depends_on_it(project, keys, rules):
    project.configure(changed(**keys))
    assert set(project.planned()) == rules


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        (
            {"note": "of one centre", "horizons": [20], "subgroups": ["tumour"]},
            {"evaluate_survival": 2, "clinical": 1, "compare": 1},
        ),
        (
            {"covariates__score": {"kind": "number"}},
            {"train_clinical": FOLDS, "evaluate_survival": 1, "clinical": 1, "compare": 1},
        ),
    ],
)
def test_what_is_told_beside_a_figure_trains_no_image_model(other, keys, rules):
    other.configure(
        changed(WITH_CONTROLS, **{f"targets__os__{key}": value for key, value in keys.items()})
    )
    assert other.planned() == rules


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ({"comparison__correction": "none"}, {"compare"}),
        ({"controls__permutations__mean": 6}, {"null"}),
        (
            {"evaluation__level": 0.9},
            {"evaluate_regression", "evaluate_survival", "clinical", "compare"},
        ),
    ],
)
def test_comparison_and_controls_rerun_only_theirs(other, keys, rules):
    other.configure(changed(WITH_CONTROLS, **keys))
    assert set(other.planned()) == rules


def test_a_changed_label_reruns_its_own_target(other):
    table = other.folder / "config/survival.csv"
    add_columns(table, {"remark": LABELS["score"]})
    add_columns(other.folder / "config/slides.csv", {"remark": LABELS["score"]})
    assert other.planned() == {}
    table.write_text(table.read_text().replace(",40,1,", ",41,1,"))
    assert other.planned() == {
        "split": 1, "leaks": 1, "train": FOLDS, "train_clinical": FOLDS, "evaluate_survival": 2,
        "clinical": 1, "compare": 1, "null": 1,
    }  # fmt: skip


def test_frozen_code_reruns_nothing_for_its_own_sake(project):
    project.configure(changed(provenance__rerun_on_code=False))
    first = project.planned()
    assert first["tile"] == SLIDES  # switching it is a change, once
