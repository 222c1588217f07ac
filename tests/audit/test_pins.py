from pathlib import Path

import pytest
import yaml

from histopress.audit.pins import (
    declared_pins,
    imported_libraries,
    pins_digest,
    pins_of,
    unmet_pins,
    verb_pins,
)
from histopress.errors import ConfigError

ENVIRONMENTS = Path(__file__).parents[2] / "envs"


def environment(*dependencies):
    return {"channels": ["conda-forge"], "dependencies": list(dependencies)}


def package(folder, **modules):
    """A package `histopress` of the given modules, names with `__` for the dot."""
    for name, text in modules.items():
        path = folder.joinpath("histopress", *name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_pins_are_read_without_spaces_and_channels():
    found = declared_pins(environment("python =3.11", "conda-forge::numpy=2.4", "scipy >=1, <2"))
    assert found == {"python": "=3.11", "numpy": "=2.4", "scipy": ">=1,<2"}


def test_the_pip_section_counts():
    found = declared_pins(environment("python =3.11", {"pip": ["timm==1.0.31"]}))
    assert found["timm"] == "==1.0.31"


@pytest.mark.parametrize(
    ("conda", "library"),
    [("pytorch-cpu", "torch"), ("pytorch-gpu", "torch"), ("py-opencv", "opencv")],
)
def test_a_library_has_one_name_in_both_registries(conda, library):
    assert declared_pins(environment(f"{conda} =5.0")) == {library: "=5.0"}


def test_a_library_without_a_pin_is_declared_without_one():
    assert declared_pins(environment("numpy")) == {"numpy": ""}


@pytest.mark.parametrize(
    ("dependencies", "told"),
    [(["=3.11"], "cannot read"), (["numpy =2.4", {"pip": ["numpy==2.4.6"]}], "pinned as")],
)
def test_what_cannot_be_read_is_refused(dependencies, told):
    with pytest.raises(ConfigError, match=told):
        declared_pins(environment(*dependencies))


def test_an_environment_without_dependencies_has_no_pins():
    assert declared_pins({"dependencies": None}) == {}


def test_libraries_are_those_that_the_reached_code_imports(tmp_path):
    source = package(
        tmp_path,
        cli__go="from histopress.work import f\ndef run():\n    import torch.nn\n",
        work="import os\nimport cv2\nfrom sklearn.svm import SVC\nfrom histopress.deep import g\n",
        deep="def g():\n    from PIL import Image\n",
        other="import scipy\n",
    )
    found = imported_libraries("histopress.cli.go", source)
    assert found == {"python", "torch", "opencv", "scikit-learn", "pillow"}


def test_a_library_that_works_through_another_brings_it(tmp_path):
    source = package(tmp_path, cli__go="import tifffile, openslide, tqdm, pydantic\n")
    assert imported_libraries("histopress.cli.go", source) == {
        *("python", "tifffile", "imagecodecs", "openslide-python", "openslide")
    }


def test_only_pins_of_what_the_verb_imports_move_its_digest():
    def digest(*dependencies):
        return pins_digest(verb_pins(declared_pins(environment(*dependencies)), ["numpy"]))

    before = digest("numpy =2.4", "matplotlib-base =3.11")
    assert digest("matplotlib-base =3.12", "numpy =2.4") == before
    assert digest("numpy =2.5", "matplotlib-base =3.11") != before


@pytest.mark.parametrize(
    ("verb", "name", "holds", "lacks"),
    [
        ("tile", "slide", {"openslide", "opencv", "h5py"}, {"torch", "tqdm"}),
        ("train", "learn", {"torch", "h5py", "safetensors"}, {"tifffile", "openslide"}),
    ],
)
def test_verbs_of_this_package_have_the_pins_that_they_work_with(verb, name, holds, lacks):
    declared = declared_pins(yaml.safe_load((ENVIRONMENTS / f"{name}.yaml").read_text()))
    found = set(verb_pins(declared, imported_libraries(f"histopress.cli.{verb}")))
    assert holds <= found and not lacks & found


@pytest.mark.parametrize(
    ("pin", "version", "met"),
    [
        ("=2.4", "2.4.6", True),
        ("=2.4", "2.4", True),
        ("=2.4", "2.40", False),
        ("=2.13", "2.13.0+cpu", True),
        ("==2.4.6", "2.4.6", True),
        ("==2.13.0", "2.13.0+cpu", True),
        ("==2.4", "2.4.6", False),
        ("==2.4.*", "2.4.6", True),
        (">=2.5", "2.4", True),  # of another form: not judged
        ("", "2.4", True),
    ],
)
def test_an_installed_version_is_held_against_its_pin(pin, version, met):
    found = unmet_pins({"torch": pin}, {"torch": version})
    assert found == ({} if met else {"torch": (pin, version)})


def test_installed_versions_go_by_the_libraries_names():
    assert unmet_pins({"opencv": "=5.0"}, {"opencv-python-headless": "4.9"}) == {
        "opencv": ("=5.0", "4.9")
    }
    assert unmet_pins({"torch": "=2.13"}, {}) == {}


def test_a_verb_has_the_pins_of_what_its_code_imports():
    found = pins_of("histopress.cli.encode", "learn")
    assert {"python", "numpy", "torch", "openslide"} <= set(found)
    assert "scikit-learn" not in found, "the encoder's code does not use it"
    assert (
        found["torch"]
        == declared_pins(yaml.safe_load((ENVIRONMENTS / "learn.yaml").read_text()))["torch"]
    )


def test_without_the_workflow_nothing_is_said_of_pins(tmp_path):
    source = package(tmp_path / "site", cli__tile="import numpy\n")
    assert pins_of("histopress.cli.tile", "slide", source) is None


def test_an_environment_that_is_none_is_told(tmp_path):
    source = package(tmp_path / "src", cli__tile="import numpy\n")
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs/slide.yaml").write_text("- a: [")
    with pytest.raises(ConfigError, match=r"slide\.yaml: is no conda environment"):
        pins_of("histopress.cli.tile", "slide", source)
