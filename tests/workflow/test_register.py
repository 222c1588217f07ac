"""Registering the slides of a finished study."""

import shutil

import pytest

from histopress.store import file_digest

from .conftest import TOY, Project

SMALL = {
    "grids": TOY["grids"],
    "encoders": {"mean-rgb": TOY["encoders"]["mean-rgb"]},
}
ROW = "given,P1,data/given slide.tif"


class Given(Project):
    """A study of one slide that it was given."""

    def write_manifest(self) -> None:
        path = self.folder / "config/slides.csv"
        path.write_text(f"slide_id,patient_id,path\n{ROW}\n")


@pytest.fixture
def given(finished, tmp_path):
    project = Given(tmp_path / "given", SMALL)
    (project.folder / "data").mkdir()
    shutil.copy(
        finished.folder / "data/phantom/phantom-0001-a.tif", project.folder / "data/given slide.tif"
    )
    project.snakemake()
    return project


def test_registering_reruns_nothing_and_then_content_counts(given):
    slide = given.folder / "data/given slide.tif"
    done = given.histopress("register")
    assert done.returncode == 0, done.stderr
    manifest = (given.folder / "config/slides.csv").read_text()
    assert manifest == f"slide_id,patient_id,path,sha256\n{ROW},{file_digest(slide)}\n"
    slide.touch()
    assert given.planned() == {}
    assert given.histopress("audit stale").returncode == 0

    with slide.open("ab") as handle:
        handle.write(b"more")
    found = given.histopress("register", "--check")
    assert found.returncode == 1 and "slide 'given': the file's sha256 is" in found.stderr
