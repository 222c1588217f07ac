"""Each run is noted once, and no entry changes unseen."""

import errno
import json
import subprocess
import sys
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from histopress.audit.findings import State
from histopress.audit.history.verify import verify_all
from histopress.audit.record import identifier
from histopress.audit.seal.ledger import (
    LEDGER,
    append_entry,
    check_ledger,
    configuration_digest,
    read_entries,
)
from histopress.store import write_json

PROCESSES, EACH = 4, 25
WRITER = f"""
import sys
from pathlib import Path
from histopress.audit.seal.ledger import append_entry
print(flush=True)
sys.stdin.readline()
for turn in range({EACH}):
    append_entry(Path(sys.argv[1]), "start", {{"who": sys.argv[2], "turn": turn}})
"""


@pytest.fixture
def ledger(tmp_path):
    """A ledger of five entries."""
    for kind in ("start", "success", "start", "error", "close"):
        append_entry(tmp_path, kind, {"configuration": "c" * 64})
    return tmp_path / LEDGER


def found(ledger):
    findings = list(check_ledger(ledger.parents[2]))
    assert {each.state for each in findings} <= {State.LEDGER}
    return {Path(each.path).name: each.detail for each in findings}


def change(path, **values):
    """Rewrite an entry as somebody would who computes its id anew."""
    entry = json.loads(path.read_text()) | values
    entry.pop("entry_id")
    write_json(path, entry | {"entry_id": identifier(entry)})


def test_entries_follow_one_another(ledger):
    entries = list(read_entries(ledger.parents[2]))
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].values["previous"] is None
    for before, entry in pairwise(entries):
        assert entry.values["previous"] == before.values["entry_id"]
        time = datetime.fromisoformat(entry.values["time"])
        assert entry.values["time"].endswith("+00:00") and time.microsecond == 0
    assert found(ledger) == {}


def test_no_ledger_is_no_fault(tmp_path):
    assert list(check_ledger(tmp_path)) == []


def test_an_entry_that_was_taken_out_is_missed(ledger):
    (ledger / "000002.json").unlink()
    (ledger / "000003.json").unlink()
    assert found(ledger) == {"000002.json": "entries 2 to 3 missing"}


def test_an_altered_entry_is_found(ledger):
    path = ledger / "000003.json"
    path.write_text(path.read_text().replace('"start"', '"close"'))
    assert list(found(ledger)) == ["000003.json"]


@pytest.mark.parametrize(("old", "new"), [(b"  ", b" \t"), (b'"kind"', b'"kind": 7, "kind"')])
def test_an_entry_altered_in_form_alone_is_found(ledger, old, new):
    path = ledger / "000005.json"
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    assert found(ledger) == {"000005.json": "its text is not as it was written"}


def test_an_entry_that_was_rewritten_with_its_id_breaks_the_link_after_it(ledger):
    change(ledger / "000002.json", kind="error")
    assert list(found(ledger)) == ["000003.json"]


def test_a_first_entry_has_none_before_it(ledger):
    change(ledger / "000001.json", previous="0" * 64)
    assert "it is the first" in found(ledger)["000001.json"]


def test_an_entry_under_another_number_is_found(ledger):
    (ledger / "000005.json").rename(ledger / "000006.json")
    assert found(ledger) == {
        "000005.json": "entry 5 missing", "000006.json": "says that it is number 5"
    }  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"a": NaN}', b"\xff", b'{"a": "\\ud800"}'])
def test_what_is_no_entry_is_found_and_the_ledger_goes_on(ledger, data):
    (ledger / "000005.json").write_bytes(data)
    append_entry(ledger.parents[2], "close", {})
    append_entry(ledger.parents[2], "close", {})
    assert found(ledger) == {"000005.json": "is no JSON object"}
    (ledger / "000005.json").write_bytes(b"{}")
    assert "000005.json" in found(ledger)


def test_foreign_files_are_found_but_not_those_being_written(ledger):
    for name in ("7.json", "0000001.json", "000000.json", "note.txt", ".part-1234-000006.json"):
        (ledger / name).write_text("{}")
    assert sorted(found(ledger)) == ["000000.json", "0000001.json", "7.json", "note.txt"]


def test_cut_at_its_end_a_ledger_is_whole(ledger):
    # As its docstring says: only a copy tells.
    (ledger / "000005.json").unlink()
    assert found(ledger) == {}


def test_processes_that_write_at_once_lose_no_entry(tmp_path):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, str(who)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in range(PROCESSES)
    ]
    for writer in writers:
        writer.stdout.readline()
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    entries = [entry.values for entry in read_entries(tmp_path)]
    assert [entry["number"] for entry in entries] == list(range(1, PROCESSES * EACH + 1))
    for who in range(PROCESSES):
        turns = [entry["turn"] for entry in entries if entry["who"] == str(who)]
        assert turns == list(range(EACH))
    assert list(check_ledger(tmp_path)) == []
    assert len(list((tmp_path / LEDGER).iterdir())) == PROCESSES * EACH


def test_without_hard_links_nothing_is_overwritten_either(ledger, monkeypatch):
    def refused(path, target):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    assert append_entry(ledger.parents[2], "start", {}).number == 6
    # A listing that is not up to date, as on shared disks.
    monkeypatch.setattr("histopress.audit.seal.ledger._numbers", lambda _: [4])
    assert append_entry(ledger.parents[2], "close", {}).number == 7
    monkeypatch.undo()
    assert found(ledger) == {}


def test_an_audit_tells_of_a_broken_ledger(study, look):
    append_entry(study, "start", {})
    append_entry(study, "success", {})
    assert {each.state for each in verify_all(look(study))} == {State.VERIFIED}
    change(study / LEDGER / "000001.json", kind="close")
    faults = [each for each in verify_all(look(study)) if each.is_fault]
    assert [(each.state, each.path) for each in faults] == [(State.LEDGER, f"{LEDGER}/000002.json")]


def test_a_configuration_has_one_digest_however_it_is_written():
    first, second = {"a": {"c": 1, "b": "µ"}}, {"a": {"b": "µ", "c": 1}}
    assert configuration_digest(first) == configuration_digest(second)
    assert configuration_digest({"a": 1}) != configuration_digest({"a": 1.0})
    assert configuration_digest({"a": float("nan")}) is None
    assert configuration_digest({"a": object()}) is None
