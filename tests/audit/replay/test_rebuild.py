"""One job run again, as its record says."""

import dataclasses
import json

import pytest

from audit.rerun import DRAWN, RECORDS, TILES
from histopress.audit.records import read_record
from histopress.audit.replay.rebuild import rebuild, recorded_call
from histopress.audit.replay.scratch import Scratch
from histopress.audit.replay.supply import Supplies
from histopress.errors import StoreError
from histopress.store import file_digest


@pytest.fixture
def again(rerun, look, graph_of, tmp_path):
    """Run the job of a verb again, its call changed at will."""

    def run(verb, *, without=(), **changes):
        record = read_record(rerun.folder / RECORDS[verb], rerun.folder)
        supplies = Supplies(look(rerun.folder), graph_of(rerun.folder), tmp_path / "history")
        scratch = Scratch(tmp_path / "scratch", rerun.folder)
        scratch.link(
            supplies.find(record, each) for each in record.inputs if each.path not in without
        )
        call = dataclasses.replace(recorded_call(record), **changes)
        return record, rebuild(call, code=rerun.package.code, scratch=scratch)

    return run


@pytest.mark.parametrize("verb", ["simulate slide", "tile", "split"])
def test_a_job_makes_the_same_bytes_under_the_same_recipe_and_touches_nothing(rerun, again, verb):
    before = rerun.files()
    record, made = again(verb)
    for entry in record.outputs:
        assert file_digest(made.outputs[entry.role]) == entry.sha256
        assert not made.outputs[entry.role].is_relative_to(rerun.folder)
    assert made.record["recipe_id"] == record.recipe_id
    assert rerun.files() == before


def test_other_settings_make_other_bytes(again):
    record, made = again("tile", settings={"grid": {"tile_px": 64, "spacing_um": 0.5}})
    [tiles] = [entry for entry in record.outputs if entry.path == TILES]
    assert file_digest(made.outputs["tiles"]) != tiles.sha256


def test_a_job_that_fails_says_in_its_own_words_why(again):
    with pytest.raises(StoreError) as told:
        again("tile", without=(DRAWN,))
    assert "'tile' {\"slide-id\"" in str(told.value)
    assert "run again and failed (exit 1)" in str(told.value)
    assert "histopress tile: " in str(told.value)
    assert "Traceback" not in str(told.value)


def test_a_record_without_the_call_says_that_it_is_of_an_earlier_version(rerun):
    record = read_record(rerun.folder / RECORDS["tile"], rerun.folder)
    with pytest.raises(StoreError, match=f"--forcerun {RECORDS['tile']}"):
        recorded_call(dataclasses.replace(record, ports={}))


def test_a_job_is_given_no_network_and_no_git_of_others(again, monkeypatch, rerun):
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    _, made = again("split")
    assert made.record["source"]["commit"] == rerun.package.head
    assert "nowhere" not in json.dumps(made.record)
