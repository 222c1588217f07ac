"""What stands now where a file was."""

import os

import pytest

from histopress.audit.cache import DigestCache
from histopress.audit.history.present import Present
from histopress.audit.history.registry import Registry
from histopress.audit.record import file_entry


@pytest.fixture
def fresh(tmp_path):
    """Look at the project anew."""
    return lambda **outside: Present(tmp_path, Registry(outside=outside), DigestCache(full=True))


def recorded(project, named, files=None, role="slide"):
    return file_entry(role, files or [named], project=project, named=named)


def test_one_file(tmp_path, fresh):
    path = tmp_path / "a.svs"
    path.write_text("abc")
    entry = recorded(tmp_path, path)
    assert fresh().standing(entry) == "same"
    path.write_text("abd")
    assert fresh().standing(entry) == "other"
    path.unlink()
    assert fresh().standing(entry) == "absent"
    assert fresh().digest(path) is None


def test_a_slide_of_many_files(tmp_path, fresh):
    parts = [tmp_path / "a.mrxs", tmp_path / "a" / "Data0.dat", tmp_path / "a" / "z" / "Aux.ini"]
    parts[2].parent.mkdir(parents=True)
    for part in parts:
        part.write_text(part.name)
    entry = recorded(tmp_path, parts[0], parts)
    assert fresh().standing(entry) == "same"
    parts[1].write_text("Data0.dax")
    assert fresh().standing(entry) == "other"


@pytest.mark.parametrize("names", [["k=all.tsv"], ["splits_0.csv", "splits_1.csv"]])
def test_a_folder_of_split_tables(tmp_path, fresh, names):
    folder = tmp_path / "splits"
    folder.mkdir()
    for name in [*names, "notes.txt", "splits_0_bool.csv"]:
        (folder / name).write_text(name)
    entry = recorded(tmp_path, folder, [folder / name for name in names], role="table")
    assert fresh().standing(entry) == "same"
    (folder / names[0]).write_text("x")
    assert fresh().standing(entry) == "other"


def test_a_folder_of_pictures(tmp_path, fresh):
    folder = tmp_path / "pictures"
    files = [folder / "a" / "1.png", folder / "b" / "1.png"]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text(str(file.parent.name))
    entry = recorded(tmp_path, folder, files, role="source")
    assert fresh().standing(entry) == "same"
    # Which of the files counted, the record does not say.
    (folder / "README").write_text("x")
    assert fresh().standing(entry) == "unknown"


def test_a_source_of_one_file(tmp_path, fresh):
    path = tmp_path / "a.h5"
    path.write_text("abc")
    entry = recorded(tmp_path, path, role="source")
    path.write_text("abd")
    assert fresh().standing(entry) == "other"


def test_a_file_outside_is_looked_for_where_it_is_registered(tmp_path, fresh):
    project = tmp_path / "project"
    project.mkdir()
    path = tmp_path / "far" / "a.svs"
    path.parent.mkdir()
    path.write_text("abc")
    entry = recorded(project, path)
    assert entry.path == "outside:a.svs"
    assert fresh(**{"a.svs": (tmp_path / "none", path)}).standing(entry) == "same"
    assert fresh().standing(entry) == "absent"
    path.write_text("abd")
    assert fresh(**{"a.svs": (path,)}).standing(entry) == "other"


def test_what_is_no_file_is_not_opened(tmp_path, fresh):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert fresh().digest(pipe) is None
    assert fresh().digest(tmp_path) is None


def test_a_file_is_read_once(tmp_path):
    path = tmp_path / "a"
    path.write_text("abc")
    digests = DigestCache(full=True)
    present = Present(tmp_path, Registry(), digests)
    entry = recorded(tmp_path, path)
    assert [present.standing(entry) for _ in range(3)] == ["same"] * 3
    assert digests.read == 1
