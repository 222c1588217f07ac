"""What is stale, by the command; against Snakemake it is tested in tests/workflow."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from audit.recorded import rewrite
from histopress.audit.recipes.acceptance import write_acceptance
from histopress.audit.recipes.changes import Change
from histopress.cli.main import main

RECORD = Path("results/records/split/t/rotation.json")
MANIFEST = Path("config/slides.csv")


def configure(**protocol):
    values = {
        "grids": {"g": {}},
        "encoders": {"e": {"kind": "mean-rgb", "grid": "g"}},
        "targets": {"t": {"kind": "classification", "column": "label"}},
        "models": {"m": {"kind": "mean"}},
        "protocol": protocol,
    }
    Path("config/config.yaml").write_text(yaml.safe_dump(values))


def write_manifest(*, remark=None, first=0):
    more = ("", "") if remark is None else (",remark", f",{remark}")
    rows = [f"s{n},p{n},data/s{n}.svs,{n % 2 if n else first}{more[1]}" for n in range(12)]
    MANIFEST.write_text("\n".join([f"slide_id,patient_id,path,label{more[0]}", *rows, ""]))


def split(record=RECORD):
    settings = {
        "target": {"kind": "classification", "column": "label"},
        "protocol": {"kind": "rotation", "folds": 3},
    }
    assert not main([
        "split", "--target=t", f"--manifest={MANIFEST}", f"--settings={json.dumps(settings)}",
        "--split=results/splits/t/rotation.csv", f"--record={record}",
    ])  # fmt: skip


@pytest.fixture(autouse=True)
def study(tmp_path, monkeypatch):
    """A study of which the patients are divided and nothing else was made."""
    monkeypatch.setenv("HISTOPRESS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "study"
    (folder / "config").mkdir(parents=True)
    monkeypatch.chdir(folder)
    write_manifest()
    configure(folds=3)
    split()
    return folder


def ask(capsys, *options):
    """Ask for JSON; gives the exit code and what was printed."""
    capsys.readouterr()
    code = main(["audit", "stale", "--json", *options])
    return code, json.loads(capsys.readouterr().out)


def reasons(found):
    return [(one["kind"], tuple(one["key"])) for job in found["stale"] for one in job["reasons"]]


def test_what_is_fresh_is_counted_and_so_is_what_was_never_made(capsys):
    code, found = ask(capsys)
    assert (code, found["fresh"], found["stale"]) == (0, 1, [])
    assert found["unmade"]["tile"] == 12 and "split" not in found["unmade"]
    assert main(["audit", "stale"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("1 record: 1 fresh, 0 stale, 0 no longer asked for")
    assert "asked for and without a record: " in told and "tile ×12" in told


def test_a_setting_is_a_reason_with_its_old_and_new_value(capsys):
    configure(folds=4)
    code, found = ask(capsys)
    (job,) = found["stale"]
    assert (code, job["record"], job["verb"]) == (1, str(RECORD), "split")
    assert job["reasons"] == [
        {"kind": "settings", "key": ["protocol", "folds"], "old": 3, "new": 4}
    ]
    assert found["reasons"]["settings"]["jobs"] == 1
    main(["audit", "stale"])
    assert "settings protocol.folds: 3 → 4   [split]" in capsys.readouterr().out


def test_of_the_manifest_only_what_is_taken_counts(capsys):
    write_manifest(remark="x")
    assert ask(capsys)[0] == 0
    write_manifest(remark="x", first=1)
    code, found = ask(capsys)
    assert (code, reasons(found)) == (1, [("content", (str(MANIFEST),))])


def test_a_target_that_is_gone_leaves_results_that_nobody_asks_for(capsys):
    values = yaml.safe_load(Path("config/config.yaml").read_text())
    values["targets"] = {"u": values["targets"].pop("t")}
    Path("config/config.yaml").write_text(yaml.safe_dump(values))
    code, found = ask(capsys)
    assert (code, found["unasked"], found["stale"]) == (0, [str(RECORD)], [])


def test_the_latest_of_two_records_of_a_job_counts(capsys):
    RECORD.rename(RECORD.with_name("former.json"))
    rewrite(
        RECORD.with_name("former.json"),
        lambda value: value["run"].update(end="2020-01-01T00:00:00+00:00"),
        honest=True,
    )
    split()
    code, found = ask(capsys)
    assert (code, found["fresh"]) == (0, 1)
    assert found["unasked"] == [str(RECORD.with_name("former.json"))]


def test_a_seed_that_is_derived_otherwise_is_a_reason(capsys):
    rewrite(RECORD, lambda value: value["recipe"]["seeds"].update({"split/t": 1}), honest=True)
    code, found = ask(capsys)
    assert (code, reasons(found)) == (1, [("seed", ("split/t",))])


@pytest.mark.parametrize("part", ["code", "pins"])
def test_other_code_and_other_pins_are_reasons(capsys, part):
    other = {"code": "0" * 64, "pins": {"numpy": "=1.0"}}
    rewrite(RECORD, lambda value: value["recipe"].update({part: other[part]}), honest=True)
    code, found = ask(capsys)
    assert code == 1
    assert {kind for kind, _ in reasons(found)} == {part}


def test_what_was_accepted_is_no_reason(capsys, study):
    configure(folds=4)
    change = Change(kind="settings", key=("protocol", "folds"), old=3, new=4)
    place = write_acceptance(
        study, reason="the same", changes=[("split", change)], sample={}, circumstances={}
    )
    assert ask(capsys)[0] == 0
    place.write_text(place.read_text().replace("the same", "another"))
    code, found = ask(capsys)
    assert (code, reasons(found)) == (1, [("settings", ("protocol", "folds"))])
    assert list(found["faults"]) == [str(place.relative_to(study))]
    main(["audit", "stale"])
    assert "not believed: results/records/accepted/" in capsys.readouterr().out


def test_a_record_that_was_altered_makes_its_job_stale(capsys):
    rewrite(RECORD, lambda value: value["facts"].update(slides=99))
    code, found = ask(capsys)
    assert code == 1
    ((kind, (fault,)),) = reasons(found)
    assert kind == "record" and "record_id" in fault


def test_a_record_that_cannot_be_read_is_none(capsys):
    RECORD.write_text("{")
    code, found = ask(capsys)
    assert (code, found["records"], found["unmade"]["split"]) == (0, 0, 1)


def test_records_of_the_first_schema_are_judged_by_bytes_and_without_pins(capsys):
    def older(value):
        value["schema"] = "record/1"
        for name in ("pins", "seeds", "numerics", "content"):
            value["recipe"].pop(name)
        value.pop("ports"), value.pop("source")

    rewrite(RECORD, older, honest=True)
    code, found = ask(capsys)
    assert (code, found["fresh"], found["unjudged"]) == (0, 1, 1)
    MANIFEST.write_text(MANIFEST.read_text() + "\n")
    code, found = ask(capsys)
    assert (code, reasons(found)) == (1, [("input", (str(MANIFEST),))])


def test_an_invalid_study_is_a_fault_with_its_list(capsys):
    Path("config/config.yaml").write_text("encoders: {e: {kind: mean-rgb, grid: h}}\nsede: 1\n")
    assert main(["audit", "stale"]) == 2
    told = capsys.readouterr().err
    assert "sede" in told and told.startswith("histopress audit stale: ")


def test_a_study_that_never_ran_is_a_fault(capsys, tmp_path, monkeypatch):
    (tmp_path / "new/config").mkdir(parents=True)
    (tmp_path / "new/config/config.yaml").write_text(Path("config/config.yaml").read_text())
    monkeypatch.chdir(tmp_path / "new")
    assert main(["audit", "stale"]) == 2
    assert "results/records: no such folder" in capsys.readouterr().err


def test_the_question_needs_no_heavy_library(study):
    code = (
        "import sys; from histopress.cli.main import main; main(['audit', 'stale'])\n"
        "print(sorted({'torch', 'pandas', 'snakemake', 'sklearn'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
