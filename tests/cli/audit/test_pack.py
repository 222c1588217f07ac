"""Packing by hand."""

import json

import pytest

from audit.recorded import METRICS, VALUES, rewrite, rewrite_both
from histopress.audit.records import read_records
from histopress.audit.seal.pack import unpacked
from histopress.cli.main import main
from histopress.store import file_digest, write_json

EVALUATED = "results/records/evaluate/model.json"


@pytest.fixture
def configured(study, tmp_path, monkeypatch):
    """A study with its configuration, and a cache of its own."""
    monkeypatch.setenv("HISTOPRESS_CACHE", str(tmp_path / "cache"))
    write_json(study / "config/config.yaml", VALUES)  # JSON is YAML
    return study


def test_a_pack_is_written_and_told(study, tmp_path, capsys):
    pack = tmp_path / "kept/pack.zip"
    assert main(["audit", "pack", f"--to={pack}"]) == 0
    told = capsys.readouterr().out
    assert "11 records" in told and file_digest(pack) in told
    with unpacked(pack) as folder:
        assert list(read_records(folder)) == list(read_records(study))
    assert main(["audit", "pack", f"--to={pack}", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["sha256"] == file_digest(pack)
    assert values["root"] in told


@pytest.mark.parametrize("place", ["results/pack.zip", "results/records/pack.zip", "config"])
def test_a_place_that_serves_nobody_is_refused(study, place, capsys):
    assert main(["audit", "pack", f"--to={place}"]) == 2
    assert place in capsys.readouterr().err
    assert not list(study.rglob("*.zip"))


def test_altered_records_are_not_packed(study, tmp_path, capsys):
    rewrite(study / "results/records/evaluate/model.json", lambda value: value.update(facts={}))
    assert main(["audit", "pack", f"--to={tmp_path / 'pack.zip'}"]) == 2
    assert "evaluate/model.json: record_id is" in capsys.readouterr().err
    assert not (tmp_path / "pack.zip").exists()


def test_verify_holds_a_project_against_its_pack(configured, tmp_path, capsys):
    pack = tmp_path / "pack.zip"
    main(["audit", "pack", f"--to={pack}"])
    assert main(["audit", "verify", f"--pack={pack}"]) == 0
    rewrite_both(configured)
    assert main(["audit", "verify"]) == 0, "nothing in the project contradicts it"
    for asked in ((), (METRICS,)):
        capsys.readouterr()
        assert main(["audit", "verify", *asked, f"--pack={pack}", "--json"]) == 1
        found = json.loads(capsys.readouterr().out)["findings"]
        states = {each["path"]: each["state"] for each in found}
        assert states[METRICS] == "modified"
        assert (states.get(EVALUATED) == "record altered") == (not asked)


def test_verify_refuses_what_is_no_pack(configured, tmp_path, capsys):
    pack = tmp_path / "pack.zip"
    pack.write_text("no pack")
    assert main(["audit", "verify", f"--pack={pack}", "--json"]) == 2
    told = capsys.readouterr()
    assert told.out == "" and "is no whole pack" in told.err
