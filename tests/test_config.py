import copy
from pathlib import Path

import pytest
import yaml

from histopress.cli.schema import END, START, insert_table, key_table, schema_text
from histopress.config import Config, json_schema, load_config
from histopress.errors import ConfigError

CONFIG = Path(__file__).parents[1] / "config"
MINIMAL = {
    "grids": {"g": {}},
    "encoders": {"e": {"kind": "mean-rgb", "grid": "g"}},
    "targets": {"t": {"kind": "classification", "column": "label"}},
    "models": {"m": {"kind": "nic-cnn", "crop": 24}},
}


def changed(path, value):
    config = copy.deepcopy(MINIMAL)
    *parents, last = path.split(".", 1) if path.startswith("encoders.transfer") else path.split(".")
    place = config
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    return config


def test_defaults_are_the_published_ones():
    config = load_config(MINIMAL)
    assert isinstance(config, Config)
    grid = config.grids["g"]
    assert (grid.tile_px, grid.stride_px, grid.spacing_um, grid.min_tissue) == (128, 128, 0.5, 0.6)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("sede", 1, "config: sede: unknown key; did you mean 'seed'?"),
        ("seed", "one", "config: seed: is 'one'; "),
        ("seed", -1, "config: seed: is -1; input should be greater than or equal to 0"),
        ("grids.g.spacing_um", 50, "config: grids.g.spacing_um: is 50; "),
        ("grids.g.tissue.colour", 1, "config: grids.g.tissue.colour: unknown key"),
        ("grids", {}, "config: grids: is {}; "),
        ("encoders.e.grid", "h", "config: encoders.e.grid: is 'h'; grids are g"),
        ("encoders.e.kind", "resnet", "config: encoders.e.kind: is resnet; allowed are 'mean-rgb'"),
        ("encoders.e.views", 4, "config: encoders.e.views: is 4; allowed are 1 or 8"),
        ("encoders.f", {"kind": "keras", "grid": "g"}, "config: encoders.f.file: is missing"),
        ("encoders.f", {"grid": "g"}, "config: encoders.f.kind: is missing"),
        (
            "encoders.f",
            {"kind": "multitask", "grid": "g", "tasks": ["lymph"]},
            "config: encoders.f.tasks: is 'lymph'; tasks are none",
        ),
        (
            "encoders.f",
            {"kind": "timm", "grid": "g", "input_px": 64, "input_spacing_um": 1, "file": "w"},
            "config: encoders.f.name: is missing; kind 'timm' needs it",
        ),
        (
            "encoders.transfer.all",
            {"kind": "mean-rgb", "grid": "g"},
            "names that begin with 'transfer.' are taken; rename it",
        ),
        ("probe", {"tasks": ["lymph"]}, "config: probe.tasks: is 'lymph'; tasks are none"),
        ("manifest", None, "config: manifest: is none, but targets are learned from slides"),
        (
            "tasks.t",
            {"source": {"kind": "cohort", "grid": "h"}},
            "config: tasks.t.source.grid: is 'h'; grids are g",
        ),
        ("models.m.crop", 12, "config: models.m.crop: is 12; allowed are 5, 11, 24"),
        ("models.M", {"kind": "mean"}, "differs from another name in case only"),
        ("targets.t.column", "", "config: targets.t.column: is ''; "),
        ("targets.a/b", {"kind": "classification", "column": "l"}, "config: targets.a/b: "),
        ("protocol.folds", 2, "config: protocol.folds: is 2; "),
        ("on_bad_slide", "skip", "config: on_bad_slide: is 'skip'; allowed are 'fail' or "),
    ],
)
def test_a_fault_is_told_with_key_value_and_what_is_allowed(path, value, message):
    with pytest.raises(ConfigError) as error:
        load_config(changed(path, value))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("targets.coverage", {"kind": "regression", "column": "c"}, "column of all predictions"),
        ("seeds", [3, 3], "config: seeds: are [3, 3]; a seed stands twice"),
        ("models.m.fusion", "bag", "config: models.m.fusion: is 'bag', which joins the slides"),
        (
            "targets.t.covariates",
            {"age": {"kind": "number"}},
            "config: targets.t.covariates: belong to patients, but targets.t.level is 'slide'",
        ),
        ("explain", {"methods": ["attention"]}, "'attention' is not for models.m of kind"),
    ],
)
def test_what_would_fail_after_training_is_told_before(path, value, message):
    with pytest.raises(ConfigError) as error:
        load_config(changed(path, value))
    assert message in str(error.value)


def test_patients_may_be_bags():
    load_config(changed("models.m.fusion", "bag") | {"targets": {
        "t": {"kind": "classification", "column": "label", "level": "patient"}}})  # fmt: skip


def test_a_path_keeps_names_that_are_also_kinds():
    values = {
        "encoders": {"supervised": {"kind": "mean-rgb", "grid": "g", "views": 4}},
        "models": {"mean": {"kind": "mean", "strengths": [-1]}},
    }
    with pytest.raises(ConfigError) as error:
        load_config(MINIMAL | values)
    assert str(error.value).splitlines() == [
        "config: encoders.supervised.views: is 4; allowed are 1 or 8",
        "config: models.mean.strengths.0: is -1; input should be greater than 0",
    ]


def test_all_faults_are_told_at_once():
    config = changed("seed", -1) | {"extra": 1}
    with pytest.raises(ConfigError) as error:
        load_config(config)
    assert len(str(error.value).splitlines()) == 2


def test_targets_need_a_model():
    with pytest.raises(ConfigError, match="targets need a model"):
        load_config(MINIMAL | {"models": {}})


def test_schema_on_disk_is_the_models():
    assert (CONFIG / "schema.json").read_text() == schema_text()


def test_key_table_is_the_models():
    text = (CONFIG / "README.md").read_text()
    assert insert_table(text, key_table(json_schema())) == text


def test_every_key_is_explained():
    table = key_table(json_schema()).splitlines()[2:]
    assert len(table) > 60
    assert [row for row in table if row.rstrip("| ").endswith("|")] == []


def test_table_is_put_between_its_marks():
    assert insert_table(f"a\n{START}\nold\n{END}\nb", "new") == f"a\n{START}\nnew\n{END}\nb"


@pytest.mark.parametrize("name", ["", "recipes/he/", "recipes/collage/"])
def test_shipped_configurations_are_valid(name):
    load_config(yaml.safe_load((CONFIG / f"{name}config.yaml").read_text()))
