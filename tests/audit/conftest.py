import shutil
from contextlib import chdir

import pytest

from audit.recorded import VALUES, make_study
from audit.rerun import Package, Study, copy_study
from histopress.audit.cache import DigestCache
from histopress.audit.history.graph import Graph
from histopress.audit.history.present import Present
from histopress.audit.history.registry import read_registry
from histopress.audit.records import read_records


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    project = tmp_path_factory.mktemp("made") / "project"
    project.mkdir()
    with chdir(project):
        make_study(project)
    return project


@pytest.fixture
def study(made_once, tmp_path, monkeypatch):
    """A project folder with a finished run, which is the current folder."""
    project = tmp_path / "project"
    shutil.copytree(made_once, project)
    monkeypatch.chdir(project)
    return project


@pytest.fixture
def look():
    """Look at a project afresh, without a cache."""

    def present(project, values=VALUES):
        return Present(project, read_registry(project, values), DigestCache(full=True))

    return present


@pytest.fixture
def graph_of():
    return lambda project: Graph(read_records(project))


@pytest.fixture(scope="session")
def rerun_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rerun")
    package = Package.make(folder / "package")
    return Study.make(folder / "project", package)


@pytest.fixture
def rerun(rerun_once, tmp_path):
    """A real study of three jobs and the package that made it, of one's own."""
    return copy_study(rerun_once, tmp_path)
