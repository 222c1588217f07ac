"""The embedded default study, as ``make run`` left it, stands up to its audit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

STUDY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def embedded() -> None:
    if not (STUDY / "results/evaluation/comparison.csv").is_file():
        pytest.skip("no results of the embedded study: run 'make run' first (.ci/run does)")


def audit(*words):
    """Exit code and JSON of one of the auditor's verbs."""
    done = subprocess.run(
        [sys.executable, "-m", "histopress", "audit", *words, "--json"],
        cwd=STUDY,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_every_byte_is_what_its_record_says_and_nothing_is_unrecorded():
    code, found = audit("verify", "--all", "--full")
    faults = [each for each in found["findings"] if each["state"] != "verified"]
    assert (code, faults) == (0, [])
    assert found["counts"]["verified"] > 400


def test_every_way_back_from_the_figures_ends_at_a_source():
    code, found = audit("trace", "results/evaluation/comparison.csv")
    assert (code, found["whole"], found["unrecorded"]) == (0, True, [])
    verbs = {step["recipe"]["verb"] for step in found["steps"]}
    assert {"simulate slide", "tile", "encode", "compress", "encoder train", "train"} <= verbs


def test_nothing_is_stale():
    code, found = audit("stale")
    assert (code, found["stale"], found["unasked"]) == (0, [], [])


@pytest.mark.parametrize(
    "result",
    [
        "results/compressed/multitask/phantom-0001-a.h5",
        "results/models/tumour/multitask/nic-cnn/seed0/fold0/model.safetensors",
        "results/evaluation/tumour/multitask/nic-cnn/metrics.json",
    ],
)
def test_results_are_made_again_to_the_byte(result):
    code, found = audit("replay", result)
    assert (code, found["level"]) == (0, "bytes")
