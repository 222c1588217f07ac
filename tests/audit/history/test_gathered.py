"""Which files a patch task's source is, though its record names a table or a folder alone."""

import pytest

from histopress.audit.cache import DigestCache
from histopress.audit.history.gathered import gathered_files
from histopress.audit.history.present import Present
from histopress.audit.history.registry import Registry
from histopress.audit.record import file_entry
from histopress.audit.records import Record


@pytest.fixture
def pictures(tmp_path):
    """Pictures in two folders, one a class, and a table of them."""
    files = [tmp_path / "tiles" / name for name in ("a/1.png", "a/2.png", "b/1.png")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(file))
    (tmp_path / "tiles/notes.txt").write_text("x")
    rows = [f"{file.relative_to(tmp_path)},{file.parent.name}" for file in files[::2]]
    (tmp_path / "tiles.csv").write_text("\n".join(["path,label", *rows, ""]))
    return files


def gathered(**source):
    task = {"source": source}
    settings = {"task": task, "seed": 1, "input_px": 64, "input_spacing_um": 1.0}
    return Record(place="x", recipe={"settings": settings, "wildcards": {"task": "t"}})


def standing(project, entry, record):
    return Present(project, Registry(), DigestCache(full=True)).standing(entry, record)


@pytest.mark.parametrize("kind", ["csv", "folder"])
def test_every_file_that_was_gathered_counts_and_no_other(tmp_path, pictures, kind):
    place = tmp_path / ("tiles.csv" if kind == "csv" else "tiles")
    record = gathered(kind=kind, path=place.name)
    files = gathered_files(record, tmp_path)
    assert set(files) == ({place, *pictures[::2]} if kind == "csv" else set(pictures))
    entry = file_entry("source", files, project=tmp_path, named=place)
    assert standing(tmp_path, entry, record) == "same"
    (tmp_path / "tiles/notes.txt").write_text("y")
    assert standing(tmp_path, entry, record) == "same"
    pictures[0].write_text("y")
    assert standing(tmp_path, entry, record) == "other"


def test_a_source_that_cannot_be_opened_is_not_told_apart(tmp_path, pictures):
    record = gathered(kind="csv", path="tiles.csv")
    place = tmp_path / "tiles.csv"
    entry = file_entry("source", gathered_files(record, tmp_path), project=tmp_path, named=place)
    place.write_text("nothing\n")
    assert gathered_files(record, tmp_path) == ()
    assert standing(tmp_path, entry, record) == "unknown"


def test_other_jobs_gather_nothing(tmp_path):
    assert gathered_files(Record(place="x", recipe={"settings": {}}), tmp_path) == ()
