"""Patches beside the records are what their names say, or it is told."""

import hashlib

import pytest

from audit.recorded import rewrite
from histopress.audit.findings import State
from histopress.audit.history.verify import verify_all, verify_results


def faults(project, look):
    """States of what is wrong, by path."""
    found = {}
    for each in verify_all(look(project)):
        if each.is_fault:
            found.setdefault(each.path, set()).add(each.state)
    return found


PATCH = b"diff --git a/src/x.py b/src/x.py\n"
KEPT = f"results/records/source/{hashlib.sha256(PATCH).hexdigest()}.patch"


@pytest.fixture
def patched(study):
    """A study one of whose jobs ran with code that was not committed."""
    name = hashlib.sha256(PATCH).hexdigest()
    source = {"commit": "0" * 40, "dirty": True, "patch": name}
    rewrite(
        study / "results/records/tile/a.json", lambda value: value.update(source=source),
        honest=True,
    )  # fmt: skip
    (study / KEPT).parent.mkdir(exist_ok=True)
    (study / KEPT).write_bytes(PATCH)
    return study


def test_a_patch_is_verified_by_its_name(patched, look):
    assert KEPT in {each.path for each in verify_all(look(patched)) if not each.is_fault}
    assert faults(patched, look) == {}


def test_a_patch_that_was_changed_or_lost(patched, look, graph_of):
    for change, state in ((b"x" + PATCH[1:], State.MODIFIED), (None, State.ABSENT)):
        (patched / KEPT).unlink() if change is None else (patched / KEPT).write_bytes(change)
        assert faults(patched, look) == {KEPT: {state}}
        below = verify_results(["results/features/a.h5"], look(patched), graph_of(patched))
        assert [each.path for each in below if each.is_fault] == [KEPT]
        aside = verify_results(["results/features/b.h5"], look(patched), graph_of(patched))
        assert not [each for each in aside if each.is_fault]


def test_a_patch_that_no_record_names_is_looked_at_too(study, look):
    room = study / "results/records/source"
    room.mkdir(exist_ok=True)
    left = room / KEPT.rpartition("/")[2]
    left.write_bytes(PATCH)
    assert faults(study, look) == {}
    left.write_bytes(PATCH[:-1])
    (room / "notes.txt").write_text("x")
    assert faults(study, look) == {
        KEPT: {State.MODIFIED},
        "results/records/source/notes.txt": {State.UNRECORDED},
    }


def test_a_record_cannot_name_a_patch_elsewhere(study, look):
    place = "results/records/tile/a.json"
    source = {"commit": "0" * 40, "dirty": True, "patch": "../../../config/labels"}
    rewrite(study / place, lambda value: value.update(source=source), honest=True)
    assert faults(study, look)[place] == {State.ALTERED}
