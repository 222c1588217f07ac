"""What claims ask for and a configuration does not have: each named once."""

import copy

import pytest

from histopress.claims.settings import SaliencyClaim
from histopress.config import load_config
from histopress.errors import ConfigError
from histopress.simulate.anatomy.tissue import Tissue

BASE = {"letter": "a", "statement": "One is better.", "target": "grade", "model": "cnn"}
CLAIMS = {
    "contrast": {"first": ["one"], "second": ["rgb"]},
    "inclusion": {"encoders": ["one", "two"]},
    "separation": {"target": "os", "encoder": "one", "proxy": "grade", "proxy_class": "high"},
    "limit": {"target": "lesion", "encoders": ["one", "rgb"]},
    "saliency": {"encoder": "one"},
    "precision": {"encoder": "foreign"},
}
CONFIG = {
    "phantom": {"slides": {}},
    "grids": {"g": {}},
    "tasks": {"lymph": {"source": {"kind": "table", "path": "lymph.h5"}}},
    "encoders": {
        "rgb": {"kind": "mean-rgb", "grid": "g"},
        "one": {"kind": "multitask", "grid": "g", "tasks": ["lymph"]},
        "two": {"kind": "multitask", "grid": "g", "tasks": ["lymph"]},
        "foreign": {"kind": "features", "path": "{slide}.h5"},
    },
    "targets": {
        "grade": {"kind": "classification", "column": "grade", "level": "patient"},
        "lesion": {"kind": "classification", "column": "lesion"},
        "os": {"kind": "survival", "endpoint": "os"},
    },
    "models": {"cnn": {"kind": "nic-cnn"}, "mean": {"kind": "mean"}},
    "claims": {
        "family": 6,
        "latents": "latents.csv",
        "of": {kind: BASE | {"kind": kind} | own for kind, own in CLAIMS.items()},
    },
}


def faults(change: dict) -> list[str]:
    """Faults after ``change``: values by dotted path; None removes the key."""
    config = copy.deepcopy(CONFIG)
    for path, value in change.items():
        *parents, last = path.split("/")
        place = config
        for parent in parents:
            place = place[parent]
        if value is None:
            del place[last]
        else:
            place[last] = value
    try:
        load_config(config)
    except ConfigError as error:
        return str(error).splitlines()
    return []


def test_claims_of_every_kind_are_fine() -> None:
    assert faults({}) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("contrast/target", "x", "contrast.target: is 'x'; targets are grade, lesion, os"),
        ("contrast/model", "x", "contrast.model: is 'x'; models are cnn, mean"),
        ("contrast/first", ["x"], "contrast.first: is 'x'; encoders are foreign, one, rgb, two"),
        ("contrast/second", ["x"], "contrast.second: is 'x'; encoders are"),
        ("contrast/second", ["one"], "contrast: is {'letter"),
        ("contrast/first", ["two", "two"], "name two twice; name each once"),
        ("contrast/kind", "vote", "contrast.kind: is vote; allowed are"),
        ("contrast/letter", "z", "contrast.letter: is 'z'; allowed are"),
        ("inclusion/encoders", ["one", "x"], "inclusion.encoders: is 'x'; encoders are"),
        ("inclusion/encoders", ["one", "rgb"], "inclusion.encoders: 'rgb' learns no patch task"),
        ("separation/encoder", "x", "separation.encoder: is 'x'; encoders are"),
        ("separation/target", "grade", "separation.target: 'grade' is a classification; risk"),
        ("separation/proxy", "x", "separation.proxy: is 'x'; targets are"),
        ("separation/proxy", "os", "separation.proxy: 'os' is a survival; name a classification"),
        ("separation/proxy_class", None, "'proxy' and 'proxy_class' go together"),
        ("limit/target", "grade", "limit.target: lesions are of slides"),
        ("limit/shares", [0.5, 0.5], "name 0.5 twice"),
        ("saliency/model", "mean", "saliency.model: 'mean' is a mean; Grad-CAM needs a nic-cnn"),
        ("saliency/encoder", "foreign", "saliency.encoder: 'foreign' was made elsewhere"),
        ("saliency/tissue", ["skin"], "saliency.tissue.0: is 'skin'; allowed are 'stroma'"),
        ("precision/bits", [8, 8], "name 8 twice"),
        ("precision/bits", [16], "precision.bits.0: is 16;"),
    ],
)
def test_each_fault_is_named_once(path: str, value: object, message: str) -> None:
    found = faults({f"claims/of/{path}": value})
    assert len(found) == 1
    assert found[0].startswith("config: claims.of.")
    assert message in found[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"claims/family": 5}, "claims.family: is 5, but 6 claims are stated"),
        ({"phantom": None}, "claims.of.saliency: only phantoms have a class map"),
        ({"claims/of": {}}, "claims.of: is {}; "),
        ({"claims/of": None}, "claims.of: is missing"),
        ({"claims/family": None}, "claims.family: is missing"),
    ],
)
def test_faults_of_all_claims_are_named_once(change: dict, message: str) -> None:
    found = faults(change)
    assert len(found) == 1
    assert message in found[0]


def test_a_missing_table_of_sizes_is_named_once_for_all_that_need_it() -> None:
    more = BASE | {"kind": "limit"} | CLAIMS["limit"]
    found = faults({"claims/latents": None, "claims/of/more": more, "claims/family": 7})
    assert len(found) == 1
    assert found[0].startswith("config: claims.latents: is missing; it names the table")
    assert found[0].endswith("kind limit (limit, more)")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plan", "claims.of.plan: is taken by the plan"),
        ("Plan", "claims.of.Plan: is taken by the plan"),
        ("a/b", "claims.of.a/b: 'a/b' cannot stand in a path"),
        ("Contrast", "claims.of.Contrast: differs from 'contrast' in case only"),
    ],
)
def test_names_become_files(name: str, message: str) -> None:
    claims = copy.deepcopy(CONFIG["claims"])
    claims["of"][name] = BASE | {"kind": "contrast"} | CLAIMS["contrast"]
    found = faults({"claims": claims | {"family": 7}})
    assert len(found) == 1
    assert message in found[0]


def test_every_tissue_of_the_map_can_be_asked_for() -> None:
    names = [tissue.name.lower() for tissue in Tissue if tissue is not Tissue.GLASS]
    found = SaliencyClaim(**BASE, encoder="one", tissue=tuple(names))
    claims = {"family": 1, "of": {"x": {**vars(found)}}}
    assert faults({"claims": claims}) == []
