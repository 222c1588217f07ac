import hashlib
import json
from pathlib import Path

from histopress.audit.record import build_record, file_entry, identifier
from histopress.audit.source import Source


def entry(project, name="a.txt", content=b"abc"):
    path = project / name
    path.write_bytes(content)
    return file_entry("slide", [path], project=project, named=path)


def test_a_file_is_named_relative_to_the_project(tmp_path):
    found = entry(tmp_path)
    assert found.path == "a.txt"
    assert found.bytes == 3
    assert found.sha256 == hashlib.sha256(b"abc").hexdigest()


def test_a_file_elsewhere_loses_its_folder(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "secret" / "b.svs"
    path.parent.mkdir()
    path.write_bytes(b"x")
    for named in (path, Path("../secret/b.svs")):
        found = file_entry("slide", [path], project=tmp_path / "in", named=named)
        assert found.path == "outside:b.svs"


def test_the_recipe_repeats_and_the_record_does_not(tmp_path):
    parts = {"recipe": {"verb": "tile"}, "inputs": [entry(tmp_path)], "outputs": [], "facts": {}}
    first = build_record(**parts, run={"start": "1"})
    second = build_record(**parts, run={"start": "2"})
    assert first["recipe_id"] == second["recipe_id"]
    assert first["record_id"] != second["record_id"]


def test_the_recipe_follows_the_content_of_inputs(tmp_path):
    parts = {"recipe": {"verb": "tile"}, "outputs": [], "facts": {}, "run": {}}
    first = build_record(inputs=[entry(tmp_path)], **parts)
    second = build_record(inputs=[entry(tmp_path, content=b"abd")], **parts)
    assert first["recipe_id"] != second["recipe_id"]


def test_ids_can_be_checked_by_anyone(tmp_path):
    record = build_record(recipe={}, inputs=[], outputs=[], facts={}, run={"µ": 1})
    found = record.pop("record_id")
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert found == hashlib.sha256(text.encode()).hexdigest() == identifier(record)


def test_what_does_not_count_of_an_input_leaves_the_recipe_alone(tmp_path):
    parts = {"outputs": [], "facts": {}, "run": {}}
    labels = {"recipe": {"verb": "split", "content": {"slide": "1" * 64}}}
    first = build_record(inputs=[entry(tmp_path)], **parts, **labels)
    second = build_record(inputs=[entry(tmp_path, content=b"abd")], **parts, **labels)
    assert first["recipe_id"] == second["recipe_id"]
    assert first["inputs"] != second["inputs"], "the record still names the bytes that were read"
    labels["recipe"]["content"]["slide"] = "2" * 64
    third = build_record(inputs=[entry(tmp_path)], **parts, **labels)
    assert third["recipe_id"] != first["recipe_id"]


def test_the_call_and_the_state_of_the_code_stand_outside_the_recipe():
    parts = {"recipe": {"verb": "tile"}, "inputs": [], "outputs": [], "facts": {}, "run": {}}
    bare = build_record(**parts)
    full = build_record(**parts, ports={"slide": "a.svs"}, source=Source(commit="c", patch=b"p"))
    assert full["recipe_id"] == bare["recipe_id"]
    assert full["ports"] == {"slide": "a.svs"}
    assert full["source"] == {
        "commit": "c", "dirty": True, "patch": hashlib.sha256(b"p").hexdigest(),
    }  # fmt: skip
    assert bare["source"] == {}


def test_the_values_of_outputs_alone_are_digested(tmp_path):
    import h5py

    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["a"] = 1
    found = file_entry("tiles", [path], project=tmp_path, named=path, values=True)
    assert len(found.values) == 64
    record = build_record(recipe={}, inputs=[found], outputs=[found], facts={}, run={})
    assert record["outputs"][0]["values"] == found.values
    assert "values" not in record["inputs"][0]
