"""A record is believed only if it is as its job wrote it."""

import json
import os

import pytest

from audit.recorded import rewrite
from histopress.audit.record import FileEntry
from histopress.audit.records import read_record, read_records, record_places

PLACE = "results/records/tile/a.json"


@pytest.fixture
def read(study):
    return lambda: read_record(study / PLACE, study)


def test_a_record_is_read_as_written(study, read):
    record, value = read(), json.loads((study / PLACE).read_text())
    assert record.fault is None
    assert (record.place, record.verb) == (PLACE, "tile")
    assert record.recipe == value["recipe"]
    assert record.inputs == tuple(FileEntry(**entry) for entry in value["inputs"])
    assert [entry.path for entry in record.outputs] == ["results/tiles/a.h5", "results/tiles/a.png"]
    assert (record.record_id, record.recipe_id) == (value["record_id"], value["recipe_id"])


def test_all_records_are_found_in_a_fixed_order(study):
    (study / "results/records/runs").mkdir()
    (study / "results/records/runs/0001.json").write_text("{}")
    (study / "results/records/tile/.part-1-a.json").write_text("{")
    places = [record.place for record in read_records(study)]
    assert len(places) == 11
    assert places == sorted(places)
    assert all(record.fault is None for record in read_records(study))
    assert list(record_places(study / "nowhere")) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda v: v["facts"].update(bytes=9), "record_id"),
        (lambda v: v.update(record_id="0" * 64), "record_id"),
        (lambda v: v["run"].update(threads=9), "record_id"),
        (lambda v: v.update(more=1), "record_id"),
        (lambda v: v.update(schema="record/99"), "record/99"),
        (lambda v: v.pop("facts"), "'facts'"),
        (lambda v: v.update(outputs={}), "'outputs'"),
        (lambda v: v.update(inputs=["x"]), "no JSON object"),
        (lambda v: v["inputs"][0].pop("sha256"), "'sha256'"),
        (lambda v: v["inputs"][0].update(sha256="A" * 64), "is none"),
        (lambda v: v["inputs"][0].update(sha256="a" * 63), "is none"),
        (lambda v: v["inputs"][0].update(bytes="1"), "'bytes'"),
        (lambda v: v["outputs"][0].update(path="/etc/passwd"), "leaves the project"),
        (lambda v: v["outputs"][0].update(path="a/../../b"), "leaves the project"),
        (lambda v: v["outputs"][0].update(path="outside:../b"), "leaves the project"),
        (lambda v: v["outputs"][0].update(path=""), "leaves the project"),
    ],
)
def test_what_was_changed_is_told(study, read, change, word):
    rewrite(study / PLACE, change)
    assert word in read().fault


def test_ids_of_a_recipe_must_fit_each_other(study, read):
    from histopress.audit.record import identifier
    from histopress.store import write_json

    def sign(value):
        value.pop("record_id")
        write_json(study / PLACE, {**value, "record_id": identifier(value)})

    value = json.loads((study / PLACE).read_text())
    sign({**value, "recipe_id": "0" * 64})
    assert "recipe_id" in read().fault
    other = [{**value["inputs"][0], "sha256": "0" * 64}]
    sign({**value, "inputs": other})
    assert "digests of inputs" in read().fault


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"schema": []}',
        b"\xff",
        b"[]",
        b"null",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"a": 1' + b"0" * 9999,
    ],
)
def test_what_is_no_record_is_told(study, read, data):
    (study / PLACE).write_bytes(data)
    record = read()
    assert record.fault
    assert record.outputs == ()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda v: v["ports"].update(tiles="../../x.h5"), "leaves the project"),
        (lambda v: v["ports"].update(tiles="/etc/x.h5"), "leaves the project"),
        (lambda v: v["ports"].update(tiles="outside:/etc/x"), "leaves the project"),
        (lambda v: v["ports"].update(tiles=7), "leaves the project"),
        (lambda v: v.update(ports=["tiles"]), "'ports'"),
        (lambda v: v.update(schema="record/1", ports=["tiles"]), "another kind"),
        (lambda v: v["recipe"]["wildcards"].update(tiles="/etc/x.h5"), "is no name"),
        (lambda v: v["recipe"].update(wildcards=[]), "another kind"),
        (lambda v: v["recipe"].update(content={"slide": 1}), "another kind"),
        (lambda v: v["recipe"].update(settings=[1]), "another kind"),
        (lambda v: v["recipe"].pop("code"), "'recipe.code'"),
        (lambda v: v["source"].update(commit="HEAD"), "no digest"),
        (lambda v: v["source"].update(commit="@^{/../../x|.}"), "no digest"),
        (lambda v: v["source"].update(patch="../x"), "no digest"),
        (lambda v: v["inputs"][0].update(path="a" * 300), "leaves the project"),
    ],
)
def test_what_could_lead_anywhere_or_astray_is_refused(study, read, change, word):
    rewrite(study / PLACE, change, honest=True)
    assert word in read().fault
    assert read().outputs == (), "nothing of such a record is used"


def test_what_could_block_for_ever_is_no_record(study, read):
    (study / PLACE).unlink()
    os.mkfifo(study / PLACE)
    assert "no regular file" in read().fault


def test_a_folder_is_no_record(study, read):
    (study / PLACE).unlink()
    (study / PLACE).mkdir()
    assert read().fault


def test_a_record_of_the_first_schema_is_still_read(study, read):
    def older(value):
        value["schema"] = "record/1"
        del value["ports"], value["source"]
        for entry in value["outputs"]:
            del entry["values"]

    rewrite(study / PLACE, older, honest=True)
    found = read()
    assert found.fault is None
    assert (found.ports, found.source, found.outputs[0].values) == ({}, {}, None)


def test_only_what_counts_of_an_input_is_held_against_the_recipe(study, read):
    def narrowed(value):
        value["recipe"]["content"] = {"slide": "0" * 64}

    rewrite(study / PLACE, narrowed, honest=True)
    assert read().fault is None
    assert read().recipe["inputs"] == []
    assert [entry.role for entry in read().inputs] == ["slide"]
