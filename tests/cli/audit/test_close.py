"""Entering the state by hand, and noting what becomes of a run."""

import json

import pytest

from audit.recorded import VALUES, rewrite
from histopress.audit.seal.ledger import LEDGER, check_ledger, configuration_digest, read_entries
from histopress.audit.seal.seal import read_seal, record_contents
from histopress.cli.audit.close import note_run
from histopress.cli.main import main
from histopress.store import file_digest, write_json

EVALUATED = "results/records/evaluate/model.json"


@pytest.fixture
def project(study):
    write_json(study / "config/config.yaml", VALUES)  # JSON is YAML
    return study


def entries(project):
    return [dict(entry.values) for entry in read_entries(project)]


def test_an_entry_tells_records_root_configuration_and_manifest(project, capsys):
    assert main(["audit", "close"]) == 0
    (entry,) = entries(project)
    seal = read_seal(record_contents(project))
    assert {key: entry[key] for key in ("kind", "records", "outputs", "root")} == {
        "kind": "close", "records": 11, "outputs": len(seal.outputs), "root": seal.root,
    }  # fmt: skip
    assert entry["configuration"] == configuration_digest(VALUES)
    assert entry["manifest"] == file_digest(project / "config/slides.csv")
    told = capsys.readouterr().out
    assert seal.root in told and "11 records" in told


def test_it_tells_whether_anything_has_changed_since_the_last(project, capsys):
    main(["audit", "close"])
    main(["audit", "close"])
    assert "nothing recorded has changed since entry 1" in capsys.readouterr().out
    (project / EVALUATED).unlink()
    main(["audit", "close"])
    assert "records have changed since entry 2" in capsys.readouterr().out
    assert list(check_ledger(project)) == []


def test_json_is_the_entry(project, capsys):
    assert main(["audit", "close", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"entry": entries(project)[0], "unchanged": False, "faults": []}


def test_altered_records_are_told(project, capsys):
    rewrite(project / EVALUATED, lambda value: value["facts"].update(bytes=0))
    assert main(["audit", "close"]) == 1
    assert "1 of the records are not as their jobs wrote them" in capsys.readouterr().out


def test_without_records_there_is_nothing_to_close(project, tmp_path, monkeypatch, capsys):
    (tmp_path / "config.yaml").write_text("{seed: 1}")
    monkeypatch.chdir(tmp_path)
    assert main(["audit", "close", "--config=config.yaml"]) == 2
    assert "results/records: no such folder" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


def test_a_run_is_noted_from_start_to_end(tmp_path, capsys):
    for kind in ("start", "success"):
        note_run(kind, tmp_path, values={"manifest": None}, snakemake="9.27.1")
    start, success = entries(tmp_path)
    assert (start["kind"], start["snakemake"], start["manifest"]) == ("start", "9.27.1", None)
    assert "root" not in start
    assert (success["records"], success["outputs"]) == (0, 0)
    told = capsys.readouterr()
    assert told.out.startswith("ledger of runs: entry 2") and not told.err


@pytest.mark.parametrize("kind", ["start", "success", "error"])
def test_a_run_that_cannot_be_noted_is_warned_of_in_one_line(project, kind, capsys):
    (project / LEDGER).write_text("in the way")
    note_run(kind, project, values=VALUES, snakemake="9.27.1")
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1
    assert told.err.startswith("warning: results/records/runs: the run was not noted")
