"""Where the bytes that a job read can be had now."""

import dataclasses
import subprocess

import pytest

from audit.recorded import VALUES, make_split
from histopress.audit.digest import files_digest
from histopress.audit.record import FileEntry
from histopress.audit.records import read_record
from histopress.audit.replay.supply import Supplies
from histopress.store import file_digest, write_csv


@pytest.fixture
def supplies(study, look, graph_of, tmp_path):
    def make(values=VALUES):
        return Supplies(look(study, values), graph_of(study), tmp_path / "history")

    return make


def record_of(study, place="tile/a"):
    return read_record(study / f"results/records/{place}.json", study)


def entry(study, path, role="slide"):
    full = study / path
    return FileEntry(role=role, path=path, sha256=file_digest(full), bytes=full.stat().st_size)


def test_an_input_that_is_still_there_is_taken_where_it_lies(study, supplies):
    record = record_of(study, "train/fold0")
    for each in record.inputs:
        found = supplies().find(record, each)
        assert found.origin == "in place"
        assert found.links == ((study / each.path, study / each.path),)


def test_an_input_that_was_changed_is_not_found(study, supplies):
    record = record_of(study)
    (study / record.inputs[0].path).write_bytes(b"other")
    assert supplies().find(record, record.inputs[0]) is None
    (study / record.inputs[0].path).unlink()
    assert supplies().find(record, record.inputs[0]) is None


def test_equal_bytes_that_another_job_left_serve(study, supplies):
    record = record_of(study, "evaluate/model")
    [model] = [each for each in record.inputs if each.role == "model"]
    wanted = dataclasses.replace(model, path="results/renamed.safetensors")
    found = supplies().find(record, wanted)
    assert found.origin == "a copy"
    assert found.links == ((study / wanted.path, study / model.path),)


def test_bytes_that_version_control_had_serve(study, supplies):
    def git(*arguments):
        names = ("-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", study, *names, *arguments], check=True, capture_output=True)

    git("init", "--quiet")
    git("add", "config")
    git("commit", "--quiet", "--message=first")
    record = record_of(study, "split/s")
    [manifest] = record.inputs
    (study / manifest.path).write_text("slide_id,patient_id,path\n")
    git("commit", "--quiet", "--all", "--message=second")
    found = supplies().find(record, manifest)
    assert found.origin == "git history"
    [(place, source)] = found.links
    assert place == study / manifest.path
    assert file_digest(source) == manifest.sha256


def test_a_table_of_which_a_part_counts_may_have_changed(study, supplies):
    record = record_of(study, "split/s")
    [manifest] = record.inputs
    (study / manifest.path).write_text("slide_id,patient_id,path\n")
    assert supplies().find(record, manifest) is None
    record.recipe["content"]["manifest"] = "0" * 64
    found = supplies().find(record, manifest)
    assert (found.origin, found.links) == ("in part", ((study / manifest.path,) * 2,))


def test_a_slide_of_several_files_brings_them_all(study, supplies):
    folder = study / "data/given/m"
    folder.mkdir()
    for name in ("Data1.dat", "Index.dat"):
        (folder / name).write_text(name)
    slide = study / "data/given/m.mrxs"
    slide.write_text("mrxs")
    files = (slide, folder / "Data1.dat", folder / "Index.dat")
    wanted = FileEntry(role="slide", path="data/given/m.mrxs", sha256=files_digest(files), bytes=1)
    found = supplies().find(record_of(study), wanted)
    assert {source for _, source in found.links} == set(files)
    (folder / "Data1.dat").write_text("other")
    assert supplies().find(record_of(study), wanted) is None


def test_a_file_outside_is_found_where_the_configuration_says(study, supplies, tmp_path):
    outside = tmp_path / "scans/labels.csv"
    outside.parent.mkdir()
    outside.write_text("slide,grade\n")
    wanted = FileEntry(
        role="labels", path="outside:labels.csv", sha256=file_digest(outside), bytes=1
    )
    found = supplies(VALUES | {"other": str(outside)}).find(record_of(study), wanted)
    assert found.links == ((outside, outside),)
    assert supplies().find(record_of(study), wanted) is None


def test_the_former_version_of_a_split_is_had_if_anybody_has_it(study, supplies):
    former = (study / "results/splits/s.csv").read_bytes()
    make_split(study, note="more")
    record = record_of(study, "split/s")
    [before] = [each for each in record.inputs if record.replaces(each)]
    assert supplies().find(record, before) is None
    (study / before.path).write_bytes(former)
    assert supplies().find(record, before).origin == "in place"


def test_a_source_of_patches_brings_the_files_that_its_table_names(study, supplies):
    folder = study / "data/patches"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.png").write_bytes(name.encode())
    rows = [{"path": f"{name}.png", "label": name} for name in "ab"]
    write_csv(folder / "table.csv", rows, ["path", "label"])
    source = {"kind": "csv", "path": "data/patches/table.csv"}
    record = record_of(study)
    record.recipe["settings"] = {
        "task": {"source": source},
        "input_px": 64,
        "input_spacing_um": 1.0,
        "seed": 1,
    }
    files = [folder / "table.csv", folder / "a.png", folder / "b.png"]
    wanted = FileEntry(
        role="source", path="data/patches/table.csv", sha256=files_digest(files), bytes=1
    )
    found = supplies().find(record, wanted)
    assert found.links == tuple((file, file) for file in files)
    (folder / "b.png").write_bytes(b"c")
    assert supplies().find(record, wanted) is None
