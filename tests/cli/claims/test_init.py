"""``histopress claims init``: a study's configuration, in one of the sizes."""

from pathlib import Path

import pytest
import yaml

from histopress.cli.claims.init import HEAD, RECIPES, compose
from histopress.cli.main import main
from histopress.config import load_config

ROOT = Path(__file__).parents[3]
GIVEN = ("--set", "DATA", "/data with space", "--set", "MITOSIS", "m.csv")
SIZES = yaml.safe_load((ROOT / RECIPES / "sizes.yaml").read_text())
EVERY = [(size, study) for size, studies in SIZES.items() for study in studies]


def init(folder, *options, study="node", size="tiny"):
    recipes = f"--recipes={ROOT / RECIPES}"
    return main(
        ["claims", "init", str(folder), f"--study={study}", f"--size={size}", recipes, *options]
    )


def config(folder):
    return yaml.safe_load((folder / "config/config.yaml").read_text())


@pytest.mark.parametrize(("size", "study"), EVERY)
def test_every_study_in_every_size_is_a_valid_configuration(tmp_path, size, study):
    assert init(tmp_path, *GIVEN, study=study, size=size) == 0
    assert load_config(config(tmp_path)).claims is not None


def test_all_studies_share_one_family_that_holds_all_claims():
    studies = {study for _, study in EVERY}
    given = {"DATA": "d", "MITOSIS": "m"}
    found = [compose(ROOT / RECIPES, study, "full", given)["claims"] for study in studies]
    assert {each["family"] for each in found} == {sum(len(each["of"]) for each in found)}


def test_sizes_lie_over_the_recipe_and_over_encoders_of_their_kind(tmp_path):
    assert init(tmp_path) == 0
    found, tiny = config(tmp_path), SIZES["tiny"]["node"]
    assert (
        found["phantom"]["slides"]["n_patients"]
        == tiny["config"]["phantom"]["slides"]["n_patients"]
    )
    assert found["phantom"]["slides"]["design"] == "node"
    assert {encoder["filters"] for encoder in found["encoders"].values()} == {8}
    assert found["encoders"]["c64"]["channels"] == 64
    assert found["claims"]["of"]["e-size"]["seeds"] == 1


def test_names_are_filled_in(tmp_path):
    assert init(tmp_path, *GIVEN, study="tiles", size="small") == 0
    tasks = config(tmp_path)["tasks"]
    assert tasks["lymph"]["source"]["path"] == "/data with space/tiles/lymph/valid"
    assert tasks["mitosis"]["source"]["path"] == "m.csv"


def test_a_name_that_is_not_given_is_asked_for(tmp_path, capsys):
    assert init(tmp_path, *GIVEN[3:], study="tiles", size="small") == 1
    assert "give --set DATA VALUE" in capsys.readouterr().err
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"study": "liver"}, "--study=liver: is none of the recipes"),
        ({"study": "liver"}, "there are centers, growth, node, tiles"),
        ({"study": "sizes"}, "--study=sizes: is none of the recipes"),
        ({"size": "huge"}, "--size=huge: study 'node' has not this size; there are tiny, small"),
        ({"study": "tiles", "size": "tiny"}, "study 'tiles' has not this size; there are small"),
    ],
)
def test_what_there_is_not_is_named(tmp_path, capsys, options, message):
    assert init(tmp_path, *GIVEN, **options) == 1
    assert message in capsys.readouterr().err


def test_again_changes_nothing_and_another_size_does(tmp_path):
    assert init(tmp_path) == 0
    place = tmp_path / "config/config.yaml"
    time = place.stat().st_mtime_ns
    assert init(tmp_path) == 0
    assert place.stat().st_mtime_ns == time
    before = place.read_text()
    assert init(tmp_path, size="small") == 0
    assert place.read_text() != before


def test_a_configuration_that_people_wrote_is_left_alone(tmp_path, capsys):
    place = tmp_path / "config/config.yaml"
    place.parent.mkdir()
    place.write_text("seed: 1\n")
    assert init(tmp_path) == 1
    assert "was not written by 'histopress claims init'" in capsys.readouterr().err
    assert place.read_text() == "seed: 1\n"


def test_the_file_says_that_it_is_written_again(tmp_path):
    assert init(tmp_path) == 0
    assert (tmp_path / "config/config.yaml").read_text().startswith(HEAD)
