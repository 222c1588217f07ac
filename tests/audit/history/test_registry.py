"""What may stand at the beginning of a history."""

import shutil
import subprocess

import pytest

from histopress.audit.history.registry import Registry, read_registry
from histopress.audit.record import FileEntry

SHA, OTHER = "a" * 64, "b" * 64


def entry(path, sha256=SHA):
    return FileEntry(role="x", path=path, sha256=sha256, bytes=1)


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "config").mkdir(parents=True)
    (folder / "patches" / "tumour").mkdir(parents=True)
    (folder / "patches" / "tumour" / "1.png").write_text("x")
    (folder / "labels.xlsx").write_text("x")
    (tmp_path / "weights.h5").write_text("x")
    return folder


def manifest(project, *rows, columns="slide_id,patient_id,path,mask_path,sha256"):
    (project / "config/slides.csv").write_text("\n".join([columns, *rows, ""]))


def test_the_manifest_and_what_it_names(project):
    manifest(project, "a,p,slides/a.svs,masks/a.png,", "b,q,/far/b.svs,,")
    found = read_registry(project, {})
    assert found.fault is None
    assert found.origin(entry("config/slides.csv")) == "manifest"
    assert found.origin(entry("slides/a.svs")) == "manifest's slide"
    assert found.origin(entry("masks/a.png")) == "manifest's mask"
    assert found.origin(entry("outside:b.svs")) == "outside the project"
    assert found.origin(entry("slides/c.svs")) is None
    assert found.origin(entry("outside:c.svs")) is None
    assert [str(path) for path in found.locate("outside:b.svs", project)] == ["/far/b.svs"]


def test_a_slide_with_a_digest_must_have_it(project):
    manifest(project, f"a,p,a.svs,,{SHA}", f"b,q,/far/b.svs,,{SHA[1:]}b", "c,r,c.svs,,")
    found = read_registry(project, {})
    for path, digest in {"a.svs": SHA, "outside:b.svs": SHA[1:] + "b"}.items():
        assert found.origin(entry(path, digest))
        assert found.origin(entry(path, OTHER)) is None
    assert found.origin(entry("c.svs", OTHER))


def test_the_files_and_folders_that_the_configuration_names(project):
    manifest(project, "a,p,a.svs,,", "b,p,b.svs,,")
    (project / "foreign").mkdir()
    (project / "foreign/a.h5").write_text("x")
    values = {
        "targets": {"grade": {"table": {"path": "labels.xlsx"}, "kind": "classification"}},
        "tasks": [{"source": {"path": "patches"}}],
        "encoders": {"e": {"file": "../weights.h5"}, "f": {"path": "foreign/{slide}.h5"}},
        "seed": 1,
        "odd": ["\0", "", "x" * 5000, "."],
    }
    found = read_registry(project, values)
    for path in ("labels.xlsx", "patches", "patches/tumour/1.png", "foreign/a.h5"):
        assert found.origin(entry(path)) == "configuration", path
    assert found.origin(entry("outside:weights.h5"))
    for path in ("foreign/b.h5", "other/x", "patches2/x"):
        assert found.origin(entry(path)) is None, path


def test_what_the_workflow_makes_is_no_source_whoever_names_it(project):
    manifest(project, "a,p,data/phantom/a.tif,,", "b,p,results/x.tif,,")
    (project / "results").mkdir()
    (project / "results/y.h5").write_text("x")
    values = {"phantom": {"slides": {}}, "file": "results/y.h5"}
    found = read_registry(project, values)
    for path in ("data/phantom/a.tif", "results/x.tif", "results/y.h5"):
        assert found.origin(entry(path)) is None
    given = read_registry(project, {"file": "results/y.h5"})
    assert given.origin(entry("data/phantom/a.tif")) == "manifest's slide"
    assert given.origin(entry("results/y.h5")) is None


def test_known_weights_are_known_by_their_bytes():
    found = Registry(weights=frozenset({SHA}))
    assert found.origin(entry("outside:w.h5")) == "weights list"
    assert found.origin(entry("outside:w.h5", OTHER)) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_what_git_tracks(project):
    manifest(project, "a,p,a.svs,,")
    (project / "config/ü b.txt").write_text("x")
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    subprocess.run(["git", "-C", str(project), "add", "config"], check=True)
    found = read_registry(project, {})
    assert found.origin(entry("config/ü b.txt")) == "git"
    assert found.origin(entry("labels.xlsx")) is None
    assert found.origin(entry("config/slides.csv")) == "manifest"


@pytest.mark.parametrize("text", [None, "", "slide_id\na\n"])
def test_without_a_proper_manifest_no_slide_is_registered(project, text):
    if text is not None:
        (project / "config/slides.csv").write_text(text)
    found = read_registry(project, {"file": "labels.xlsx"})
    assert "slides.csv" in found.fault
    assert found.origin(entry("labels.xlsx")) == "configuration"


def test_the_file_of_a_function_that_makes_an_encoder(project):
    manifest(project)
    (project / "nets").mkdir()
    (project / "nets/ours.py").write_text("")
    encoders = {"ours": {"kind": "callable", "name": "nets.ours:build"}, "other": None}
    found = read_registry(project, {"encoders": encoders})
    assert found.origin(entry("nets/ours.py")) == "configuration"
    assert found.origin(entry("nets/other.py")) is None


def test_what_the_workflow_makes_is_no_known_weights():
    found = Registry(weights=frozenset({SHA}))
    assert found.origin(entry("results/features/a.h5")) is None


def test_a_study_cannot_have_its_auditor_run_a_program(tmp_path):
    import subprocess

    planted = tmp_path / "planted"
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {planted}\n")
    program.chmod(0o755)
    study = tmp_path / "study"
    study.mkdir()
    for words in (["init", "-q"], ["config", "core.fsmonitor", str(program)]):
        subprocess.run(["git", "-C", str(study), *words], check=True)
    read_registry(study, {})
    assert not planted.exists()
    subprocess.run(["git", "-C", str(study), "ls-files", "-o"], check=True)
