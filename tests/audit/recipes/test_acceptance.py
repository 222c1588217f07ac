"""Recipes that were declared to make equal bytes."""

import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.audit.recipes.acceptance import (
    ACCEPTABLE,
    Acceptances,
    read_acceptances,
    write_acceptance,
)
from histopress.audit.recipes.changes import ABSENT, Change

RECORD = {"recipe": {"verb": "tile"}}
A, B, C, D = (letter * 64 for letter in "abcd")


def code(old, new):
    return Change(kind="code", old=old, new=new)


@pytest.fixture
def accept(tmp_path):
    def write(*changes, verb="tile"):
        return write_acceptance(
            tmp_path,
            reason="a renamed constant",
            changes=[(verb, change) for change in changes],
            sample={"seed": 1, "of": 3, "jobs": []},
            circumstances={"time": "2026-01-01T00:00:00+00:00", "commit": None},
        )

    return write


def covers(tmp_path, change, record=RECORD):
    return read_acceptances(tmp_path).covers(record, change)


def test_without_acceptances_nothing_is_covered(tmp_path):
    assert not covers(tmp_path, code(A, B))
    assert not Acceptances().covers(RECORD, code(A, B))


def test_exactly_what_was_accepted_is_covered(tmp_path, accept):
    accept(code(A, B))
    assert covers(tmp_path, code(A, B))
    assert not covers(tmp_path, code(A, C))
    assert not covers(tmp_path, code(A, B), {"recipe": {"verb": "encode"}})
    assert not covers(tmp_path, Change(kind="pins", old=A, new=B))
    assert not covers(tmp_path, Change(kind="code", key=("other",), old=A, new=B))


def test_acceptances_chain_in_whatever_order_they_were_made(tmp_path, accept):
    accept(code(B, C))
    accept(code(D, "e" * 64))
    accept(code(A, B))
    assert covers(tmp_path, code(A, C))
    assert covers(tmp_path, code(C, A)), "what is equal is equal both ways"
    assert not covers(tmp_path, code(A, D))
    accept(code(C, D))
    assert covers(tmp_path, code(A, "e" * 64))


def test_settings_and_pins_that_came_or_went_can_be_accepted(tmp_path, accept):
    level = ("grid", "level")
    came = Change(kind="settings", key=level, old=ABSENT, new=1)
    went = Change(kind="pins", key=("scipy",), old="=1.17", new=ABSENT)
    accept(came, went)
    assert covers(tmp_path, came)
    assert covers(tmp_path, went)
    for old, new in ((None, 1), (ABSENT, 2), (ABSENT, 1.0), (ABSENT, "1")):
        assert not covers(tmp_path, Change(kind="settings", key=level, old=old, new=new))


@pytest.mark.parametrize("kind", ["input", "added input", "dropped input", "verb", "output"])
def test_inputs_are_never_covered_whatever_a_file_says(tmp_path, accept, kind):
    change = Change(kind=kind, key=("data/a.svs",), old=A, new=B)
    accept(change)
    assert kind not in ACCEPTABLE
    assert not covers(tmp_path, change)


@pytest.mark.parametrize("harm", ["content", "id", "name", "text"])
def test_an_acceptance_that_was_altered_is_not_believed_and_told(tmp_path, accept, harm):
    place = accept(code(A, B))
    value = json.loads(place.read_text())
    if harm == "content":
        value["changes"][0]["new"] = C
        place.write_text(json.dumps(value))
    elif harm == "id":
        place.write_text(json.dumps(value | {"acceptance_id": C}))
    elif harm == "name":
        shutil.move(place, place.with_name(f"{C}.json"))
    else:
        place.write_text("{")
    found = read_acceptances(tmp_path)
    assert not found.covers(RECORD, code(A, B))
    assert not found.covers(RECORD, code(A, C))
    [(path, fault)] = found.faults.items()
    assert path.startswith("results/records/accepted/")
    assert fault


def test_an_altered_acceptance_leaves_the_others_valid(tmp_path, accept):
    accept(code(A, B)).write_text("{}")
    accept(code(B, C))
    assert covers(tmp_path, code(B, C))
    assert not covers(tmp_path, code(A, B))


def test_an_acceptance_says_who_was_asked_and_why(accept):
    value = json.loads(accept(code(A, B)).read_text())
    assert value["reason"] == "a renamed constant"
    assert value["changes"] == [{"verb": "tile", "kind": "code", "key": [], "old": A, "new": B}]
    assert {"sample", "time", "commit", "acceptance_id"} <= value.keys()


PAIRS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=12)


@given(PAIRS, st.integers(0, 8), st.integers(0, 8))
def test_what_is_covered_is_what_a_walk_along_acceptances_reaches(pairs, start, end):
    from histopress.audit.recipes.acceptance import _joined, _node

    groups = tuple(_joined((_node(old), _node(new)) for old, new in pairs))
    found = Acceptances(equal={("tile", "code", ()): groups})
    reached, new = {start}, {start}
    while new:
        new = {b for pair in pairs for a, b in (pair, pair[::-1]) if a in reached} - reached
        reached |= new
    known = any(start in pair for pair in pairs)
    assert found.covers(RECORD, code(start, end)) == (known and end in reached)
