"""The workflow notes what becomes of a run, and never fails for it."""

import zipfile

from histopress.audit.seal.ledger import LEDGER, check_ledger, read_entries
from histopress.audit.seal.seal import read_seal, record_contents

AGAIN = ("--forcerun", "compare", "--until", "compare")


def kinds(project):
    return [entry.values["kind"] for entry in read_entries(project.folder)]


def test_a_run_is_noted_as_closing_by_hand_does(project):
    assert kinds(project) == ["start", "success"]
    done = project.histopress("audit close")
    assert done.returncode == 0, done.stderr
    _, success, close = (entry.values for entry in read_entries(project.folder))
    same = ("configuration", "manifest", "records", "outputs", "root")
    assert {key: success[key] for key in same} == {key: close[key] for key in same}
    assert success["root"] == read_seal(record_contents(project.folder)).root
    assert success["snakemake"] and close["snakemake"] is None
    assert list(check_ledger(project.folder)) == []


def test_runs_that_make_nothing_leave_no_entry(project):
    for options in ((), ("--dry-run", *AGAIN), ("--touch", *AGAIN)):
        project.snakemake(*options)
    assert kinds(project) == ["start", "success"]


def test_a_failed_run_is_noted(project):
    (project.folder / "data/bad.svs").write_bytes(b"no slide")
    with (project.folder / "config/slides.csv").open("a") as manifest:
        manifest.write("bad,Q1,data/bad.svs,A,0\n")
    project.snakemake("results/tiles/half-um/bad.h5", check=False)
    assert kinds(project) == ["start", "success", "start", "error"]


def test_a_run_that_cannot_be_noted_ends_well(project):
    (project.folder / LEDGER).rename(project.folder / "moved")
    (project.folder / LEDGER).write_text("in the way")
    output = project.snakemake(*AGAIN)
    assert output.count("the run was not noted") == 2
    assert "look at\n" in output, "the summary is printed all the same"


def test_a_pack_of_a_real_study_names_no_patient(project, tmp_path):
    pack = tmp_path / "pack.zip"
    done = project.histopress("audit pack", f"--to={pack}")
    assert done.returncode == 0, done.stderr
    assert b"P000" not in pack.read_bytes()
    with zipfile.ZipFile(pack) as archive:
        assert f"{LEDGER}/000002.json" in archive.namelist()
