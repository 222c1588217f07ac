"""What other people's programs say of a crate; skipped where they are not installed."""

import io
import json

import pytest

from audit.crate.crated import METRICS, make_project
from audit.crate.readers import cache, issues
from histopress.audit.crate.export import export_crate

__all__ = ["cache"]


@pytest.fixture
def crate(tmp_path):
    project = tmp_path / "study"
    project.mkdir()
    records = make_project(project)
    export_crate(records, project=project, results=[METRICS], to=tmp_path / "crate")
    return tmp_path / "crate"


def test_the_public_validator_finds_nothing(crate, cache):
    assert issues(crate, cache) == []


def test_the_public_validator_would_find_something(crate, cache):
    path = crate / "ro-crate-metadata.json"
    content = json.loads(path.read_text())
    for entity in content["@graph"]:
        if entity["@type"] == "OrganizeAction":
            del entity["result"]
    path.write_text(json.dumps(content))
    assert len(issues(crate, cache)) == 1


def test_rocrate_reads_it(crate):
    rocrate = pytest.importorskip("rocrate.rocrate", reason="needs rocrate")
    read = rocrate.ROCrate(crate)
    assert read.mainEntity.id == "Snakefile"
    assert read.dereference(METRICS) is not None


def test_runcrate_tells_the_actions(crate):
    report = pytest.importorskip("runcrate.report", reason="needs runcrate")
    text = io.StringIO()
    report.dump_crate_actions(crate, f=text)
    assert text.getvalue().count("action: ") == 4
