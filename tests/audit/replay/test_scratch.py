"""The folder in which one job is run again."""

import pytest

from histopress.audit.record import FileEntry
from histopress.audit.replay.scratch import Scratch
from histopress.audit.replay.supply import Supply
from histopress.errors import StoreError
from histopress.store import atomic


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "home/study"
    (folder / "results/tiles").mkdir(parents=True)
    (folder / "results/tiles/a.h5").write_text("tiles")
    return folder


@pytest.fixture
def scratch(project, tmp_path):
    return Scratch(tmp_path / "scratch", project)


def supply(path, *places):
    entry = FileEntry(role="x", path=path, sha256="0" * 64, bytes=1)
    return Supply(entry=entry, links=tuple((place, place) for place in places), origin="in place")


def test_inputs_stand_where_they_stood(project, scratch):
    scratch.link([supply("results/tiles/a.h5", project / "results/tiles/a.h5")])
    assert (scratch.project / "results/tiles/a.h5").read_text() == "tiles"
    assert scratch.port("results/tiles/a.h5") == "results/tiles/a.h5"


def test_an_old_version_stands_at_its_old_place(project, scratch, tmp_path):
    (tmp_path / "old").write_text("old tiles")
    entry = FileEntry(role="x", path="results/tiles/a.h5", sha256="0" * 64, bytes=1)
    links = ((project / entry.path, tmp_path / "old"),)
    scratch.link([Supply(entry=entry, links=links, origin="git history")])
    assert (scratch.project / "results/tiles/a.h5").read_text() == "old tiles"


def test_folders_are_real_so_that_nothing_lands_in_the_project(project, scratch):
    scratch.link([supply("results/tiles/a.h5", project / "results/tiles/a.h5")])
    (scratch.project / "results/tiles/b.h5").write_text("new")
    assert [path.name for path in (project / "results/tiles").iterdir()] == ["a.h5"]


def test_an_output_over_an_input_replaces_the_link_and_not_the_file(project, scratch):
    scratch.link([supply("results/tiles/a.h5", project / "results/tiles/a.h5")])
    with atomic(scratch.project / "results/tiles/a.h5") as temporary:
        temporary.write_text("new")
    assert (project / "results/tiles/a.h5").read_text() == "tiles"
    scratch.check_inputs()


def test_a_job_that_writes_through_a_link_is_found_out(project, scratch):
    scratch.link([supply("results/tiles/a.h5", project / "results/tiles/a.h5")])
    (scratch.project / "results/tiles/a.h5").write_text("tilez")
    with pytest.raises(StoreError, match=r"a\.h5: was written to while a job was replayed"):
        scratch.check_inputs()


def test_a_path_that_leads_out_of_the_project_leads_to_a_stand_in(project, scratch):
    outside = project.parent / "scans/s.mrxs"
    parts = (outside.parent / "s/Index.dat", outside)
    parts[0].parent.mkdir(parents=True)
    for part in parts:
        part.write_text(part.name)
    scratch.link([supply("outside:s.mrxs", *parts)])
    port = scratch.port("outside:s.mrxs")
    assert port == "../scans/s.mrxs"
    assert (scratch.project / port).read_text() == "s.mrxs"
    assert (scratch.project / "../scans/s/Index.dat").read_text() == "Index.dat"
    assert (scratch.project / port).is_symlink()


def test_an_output_outside_is_put_aside(scratch):
    assert scratch.port("outside:predictions.csv") == "outside/predictions.csv"
