"""What the records of a finished study tell."""

import json

import pytest

from histopress.audit.values import values_digest
from histopress.cli.main import JOBS
from histopress.seeds import derive_seed

COMPUTING = {"encode", "encoder train", "encoder probe", "train", "null"}
OTHERS = {
    "claim",
    "claims plan",
    "compress export",
    "compress import",
    "encoder import",
    "encoder transfer",
    "explain",
    "predict",
}
"""Verbs that neither study runs."""


@pytest.fixture(scope="module")
def records(finished, controlled):
    """All job records of both studies, by their files."""
    return {
        path: json.loads(path.read_text())
        for project in (finished, controlled)
        for path in (project.folder / "results/records").rglob("*.json")
        if path.relative_to(project.folder / "results/records").parts[0] != "runs"
    }


def test_all_verbs_of_the_workflow_leave_records_of_one_schema(records):
    assert {record["schema"] for record in records.values()} == {"record/2"}
    assert {record["recipe"]["verb"] for record in records.values()} == set(JOBS) - OTHERS


def test_what_decides_rounding_is_told_by_all_that_compute(records):
    for path, record in records.items():
        verb, numerics = record["recipe"]["verb"], record["recipe"]["numerics"]
        if verb not in COMPUTING or (verb == "encode" and record["facts"]["status"] != "ok"):
            continue
        assert numerics["device"] == "cpu" and numerics["threads"] >= 1, path
        assert numerics["deterministic"] is True, path
    encoded = next(r for r in records.values() if r["recipe"]["verb"] == "encode")
    assert encoded["recipe"]["numerics"]["batch"] == 32


def test_every_seed_follows_from_the_one_seed_by_its_name(records):
    named = 0
    for record in records.values():
        for name, value in record["recipe"]["seeds"].items():
            assert value == derive_seed(record["recipe"]["settings"]["seed"], name)
            named += 1
    assert named > 20


def test_equal_names_have_equal_seeds_and_others_have_others(records):
    found = {}
    for record in records.values():
        for name, value in record["recipe"]["seeds"].items():
            assert found.setdefault(name, value) == value
    assert len(set(found.values())) == len(found)


def test_pins_and_code_are_told_by_every_record(records):
    for path, record in records.items():
        assert record["recipe"]["pins"]["python"], path
        assert len(record["recipe"]["code"]) == 64, path
        torch = record["recipe"]["verb"] in COMPUTING
        assert ("torch" in record["recipe"]["pins"]) >= torch, path


def test_the_call_can_be_made_again_from_the_record(records):
    for path, record in records.items():
        ports = record["ports"]
        made = {entry["role"]: entry["path"] for entry in record["outputs"]}
        assert made.items() <= ports.items(), path
        for entry in record["inputs"]:
            under = [port for port in ports.values() if entry["path"].startswith(port)]
            former = entry["role"].startswith("former ")
            assert under or former or entry["role"] in ("source", "compressed"), (path, entry)


def test_values_of_containers_are_those_of_the_files(finished):
    path = finished.folder / "results/records/compress/tiny/phantom-0001-a.json"
    (entry,) = json.loads(path.read_text())["outputs"]
    assert entry["values"] == values_digest(finished.folder / entry["path"]) is not None


def test_a_job_tells_when_and_where_it_ran(records):
    for record in records.values():
        run = record["run"]
        assert run["start"] <= run["end"] and run["start"].endswith("+00:00")
        assert (run["attempt"], run["slurm_job"]) == (1, None)
        assert run["cpu"] and run["capability"] and run["versions"]["python"]


def test_a_job_is_told_which_try_it_is(project):
    tiles = "results/tiles/half-um/phantom-0001-a.h5"
    plan = project.snakemake("--dry-run", "--printshellcmds", "--forcerun", "tile", "--", tiles)
    assert "--attempt=1" in plan
