import os

import pytest

from histopress.audit.findings import State
from histopress.audit.history.evidence import check_evidence
from histopress.audit.record import identifier
from histopress.audit.records import FOLDER
from histopress.store import write_json

FILES = {"replays/1.json": "replay_id", "accepted/2.json": "acceptance_id"}


@pytest.fixture
def home(tmp_path):
    for name, key in FILES.items():
        path = tmp_path / FOLDER / name
        path.parent.mkdir(parents=True)
        values = {"level": "bytes", "reason": "é"}
        write_json(path, {**values, key: identifier(values)})
    for name in ("tile/a.json", "root.txt", "root.txt.sig", "runs/1.json", ".part-1-x", "source/p"):
        path = tmp_path / FOLDER / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    return tmp_path


def states(home):
    return {each.path.removeprefix(f"{FOLDER}/"): each.state for each in check_evidence(home)}


def test_what_is_as_it_was_written_is_verified(home):
    assert states(home) == dict.fromkeys(FILES, State.VERIFIED)
    assert list(check_evidence(home / "nowhere")) == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("old", "new"),
    [(b"bytes", b"valus"), (b'  "level"', b'\t "level"'), (b"_id", b"_ix"), (b"{", b"\xff")],
)
def test_each_alteration_is_found(home, name, old, new):
    path = home / FOLDER / name
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    assert states(home)[name] is State.ALTERED


def test_what_could_block_for_ever_is_told(home):
    os.mkfifo(home / FOLDER / "accepted/3.json")
    assert states(home)["accepted/3.json"] is State.ALTERED


def test_what_is_no_record_is_told(home):
    (home / FOLDER / "tile/stray.txt").write_text("x")
    assert states(home)["tile/stray.txt"] is State.UNRECORDED
