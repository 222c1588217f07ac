"""What the workflow asks of a study of encoders."""

from types import SimpleNamespace

import pytest

from histopress.cli.plan import Plan

STUDY = {
    "manifest": None,
    "grids": {"g": {}},
    "tasks": {
        name: {"source": {"kind": "csv", "path": f"{name}.csv"}, "spacing_um": 0.5}
        for name in ("lymph", "mitosis")
    },
    "encoders": {
        "both": {"kind": "multitask", "grid": "g", "tasks": ["lymph", "mitosis"]},
        "deep": {"kind": "supervised", "grid": "g", "tasks": ["lymph"], "views": 8},
        "colour": {"kind": "mean-rgb", "grid": "g"},
        "mine": {
            "kind": "callable", "grid": "g", "name": "nets.mine:build", "input_px": 32,
            "input_spacing_um": 2,
        },
    },
    "probe": {"tasks": ["lymph"]},
    "transfer": {"tasks": ["lymph", "mitosis"], "seeds": [1, 2]},
}  # fmt: skip


@pytest.fixture
def plan(tmp_path):
    for name in ("lymph", "mitosis"):
        (tmp_path / f"{name}.csv").write_text("path,label\n")
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets/mine.py").write_text("")
    return Plan.load(STUDY, tmp_path, check_files=True)


def test_a_study_without_slides_ends_in_cards_comparison_and_matrix(plan):
    assert plan.compressed() == plan.overlays() == plan.learning.evaluations() == []
    assert plan.comparisons() == [
        *(f"results/encoders/{name}/card.md" for name in STUDY["encoders"]),
        "results/probes/comparison.csv",
        "results/probes/transfer.csv",
    ]


def test_every_encoder_takes_patches_at_its_own_input(plan):
    patches = plan.study.patches
    assert patches("both", "mitosis") == "results/patches/mitosis/64px-1um.h5"
    assert patches("deep", "lymph") == "results/patches/lymph/128px-0.5um.h5"
    assert patches("mine", "lymph") == "results/patches/lymph/32px-2um.h5"
    assert patches("colour", "lymph") == patches("colour-texture", "lymph")
    assert plan.training_tables("transfer.only-lymph.seed2") == [patches("both", "lymph")]


def test_the_comparison_holds_the_simple_features_and_not_the_matrix(plan):
    assert len(plan.probes()) == len(STUDY["encoders"]) + 1
    assert not any("transfer." in path for path in plan.probes())
    # 4 sets, 2 seeds, 2 tasks
    assert len(plan.transfer_probes()) == 4 * 2 * 2


def test_views_and_grid_do_not_retrain_an_encoder(plan, tmp_path):
    changed = {**STUDY, "grids": {"h": {}}, "encoders": {}}
    for name, encoder in STUDY["encoders"].items():
        changed["encoders"][name] = {**encoder, "grid": "h", "views": 1}
    other = Plan.load(changed, tmp_path, check_files=True)
    for encoder in ("both", "deep"):
        wildcards = SimpleNamespace(encoder=encoder)
        assert plan.settings("encoder train", wildcards) == other.settings(
            "encoder train", wildcards
        )


def test_a_function_of_ones_own_is_an_input_that_can_change(plan):
    assert plan.foreign_files("mine") == ["nets/mine.py"]
    assert plan.foreign_option("mine") == []


def test_settings_of_patches_are_cut_from_their_name(plan):
    settings = plan.settings("patches", SimpleNamespace(task="lymph", input="128px-0.25um"))
    assert '"input_px":128' in settings and '"input_spacing_um":0.25' in settings


def test_a_subgroup_reruns_what_shows_it_and_no_choice_or_clinical_report(tmp_path):
    (tmp_path / "config").mkdir()
    rows = [f"s{k},p{k},s{k}.svs,{k % 2},{'mf'[k % 2]}" for k in range(16)]
    text = "\n".join(["slide_id,patient_id,path,label,sex", *rows])
    (tmp_path / "config/slides.csv").write_text(text + "\n")
    study = {
        "on_bad_slide": "quarantine",
        "grids": {"g": {}},
        "encoders": {"e": {"kind": "mean-rgb", "grid": "g"}},
        "models": {"m": {"kind": "mean"}},
    }
    wildcards = SimpleNamespace(target="t", encoder="e", model="m")
    verbs = ("train", "train clinical", "evaluate", "select", "clinical")
    found = []
    for subgroups in ([], ["sex"]):
        target = {"kind": "classification", "column": "label", "level": "patient"}
        target |= {"subgroups": subgroups}
        target["covariates"] = {"sex": {"kind": "category"}}
        plan = Plan.load({**study, "targets": {"t": target}}, tmp_path, check_files=True)
        found.append({verb: plan.settings(verb, wildcards) for verb in verbs})
    assert [verb for verb in verbs if found[0][verb] != found[1][verb]] == ["evaluate"]
