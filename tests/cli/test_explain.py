"""Heat maps by hand, from a stored model and a compressed slide."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from histopress.cli.main import main
from histopress.compress.distance import distance_map
from histopress.compress.slide import CompressedSlide, write_compressed
from histopress.explain.grad_cam import grad_cam
from histopress.explain.maps import read_maps
from histopress.learn.cnn import FittedCnn
from histopress.learn.goal import Goal
from histopress.learn.objectives.choice import load_objective
from histopress.learn.settings import NicCnnSettings
from histopress.learn.stored import ModelInfo, save_stored

SETTINGS = NicCnnSettings(crop=11, width=8)
GOAL = Goal(kind="classification", level="slide", classes=2)


@pytest.fixture
def fitted():
    network = FittedCnn.build(SETTINGS, 4, outputs=2, seed=1).eval()
    objective = load_objective(GOAL, {})
    return FittedCnn(network=network, settings=SETTINGS, objective=objective, seed=5)


@pytest.fixture
def slide():
    kept = np.ones((12, 14), bool)
    grid = np.random.default_rng(0).standard_normal((1, 4, 12, 14)).astype(np.float16)
    return CompressedSlide(
        slide_id="a",
        grid=grid,
        tissue=kept.astype(np.float32),
        distance=distance_map(kept),
        attributes={"encoder": "e", "weights_sha256": "0" * 64},
    )


@pytest.fixture
def explain(tmp_path, monkeypatch, fitted, slide):
    monkeypatch.chdir(tmp_path)
    info = ModelInfo(
        settings=SETTINGS, goal=GOAL, target="tumour", classes=("no", "yes"), positive=1,
        encoder="e", weights_sha256="0" * 64, slides=("b",), contents=("0" * 64,),
    )  # fmt: skip
    save_stored(tmp_path / "model.safetensors", fitted.state, info)
    write_compressed(tmp_path / "a.h5", slide)
    threads = torch.get_num_threads()

    def run(settings="{}", name="a"):
        options = ["--model=model.safetensors", "--compressed=a.h5", "--maps=maps.h5"]
        return main(["explain", f"--slide-id={name}", *options, f"--settings={settings}"])

    yield run
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)


def test_the_file_holds_the_map_of_the_scored_class(explain, fitted, slide, tmp_path):
    assert explain() == 0
    maps = read_maps(tmp_path / "maps.h5")
    assert (maps.slide_id, maps.model, maps.target, maps.output) == (
        "a", "nic-cnn", "tumour", "yes",
    )  # fmt: skip
    assert maps.attributes["encoder"] == "e"
    assert not maps.attributes["trained_on"]
    np.testing.assert_array_equal(maps.arrays["grad-cam"], grad_cam(fitted, slide, output=1))


def test_another_class_can_be_asked_for(explain, fitted, slide, tmp_path):
    assert explain('{"output": "no", "rectify": true}') == 0
    maps = read_maps(tmp_path / "maps.h5")
    expected = grad_cam(fitted, slide, output=0, rectify=True)
    assert maps.output == "no"
    np.testing.assert_array_equal(maps.arrays["grad-cam"], expected)


@pytest.mark.parametrize(
    ("settings", "name", "told"),
    [
        ('{"output": "maybe"}', "a", "no class of target 'tumour'; there are no, yes"),
        ('{"methods": ["attention"]}', "a", "not for a model of kind 'nic-cnn'"),
        ("{}", "z", "is of slide 'a'"),
    ],
)
def test_what_does_not_fit_is_told(explain, capsys, settings, name, told):
    assert explain(settings, name) == 1
    assert told in capsys.readouterr().err


def test_slides_of_another_encoder_are_refused(explain, capsys, slide, tmp_path):
    slide.attributes["weights_sha256"] = "1" * 64
    write_compressed(tmp_path / "a.h5", slide)
    assert explain() == 1
    assert "encoder 'e'" in capsys.readouterr().err


def test_an_excluded_slide_has_no_map_and_does_not_stop_the_others(explain, slide, tmp_path):
    empty = {name: np.zeros((0, 0), np.float32) for name in ("tissue", "distance")}
    grid = np.zeros((1, 4, 0, 0), np.float16)
    excluded = replace(slide, grid=grid, reason="no tissue", attributes={"encoder": "e"}, **empty)
    write_compressed(tmp_path / "a.h5", excluded)
    assert explain() == 0
    maps = read_maps(tmp_path / "maps.h5")
    assert maps.arrays == {}
    assert maps.attributes["reason"] == "no tissue"
