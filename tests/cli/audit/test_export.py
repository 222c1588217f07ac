"""Exporting by hand."""

import json
import shutil
import zipfile

import pytest

from audit.recorded import METRICS, SLIDES, rewrite
from histopress.cli.main import main


def export(capsys, *options):
    code = main(["audit", "export", *map(str, options)])
    return code, capsys.readouterr()


def text_of(crate):
    return "\n".join(
        f"{path.relative_to(crate)}\n{path.read_bytes().decode(errors='replace')}"
        for path in crate.rglob("*")
        if path.is_file()
    )


def test_a_result_leaves_with_the_records_of_all_its_jobs(configured, tmp_path, capsys):
    crate = tmp_path / "crate"
    code, said = export(capsys, METRICS, f"--crate={crate}")
    assert code == 0
    assert said.out.splitlines()[:2] == [
        f"{crate}: 11 jobs, from sources to results",
        f"  copied      {METRICS}",
    ]
    assert (crate / METRICS).read_bytes() == (configured / METRICS).read_bytes()
    assert len(list((crate / "records").iterdir())) == 11
    described = json.loads((crate / "ro-crate-metadata.json").read_text())["@graph"]
    assert sum(each["@type"] == "CreateAction" for each in described) == 12
    assert not (crate / "data").exists()


def test_a_zip_holds_everything_if_asked(configured, tmp_path, capsys):
    crate = tmp_path / "all.zip"
    code, said = export(capsys, METRICS, f"--crate={crate}", "--everything", "--json")
    values = json.loads(said.out)
    assert code == 0
    assert (values["jobs"], len(values["copied"]), values["withheld"]) == (11, 14, [])
    with zipfile.ZipFile(crate) as archive:
        assert set(values["copied"]) < set(archive.namelist())


def test_a_folder_stands_for_its_files(configured, tmp_path, capsys):
    code, said = export(capsys, "results/features", f"--crate={tmp_path / 'crate'}", "--json")
    assert code == 0
    assert json.loads(said.out)["copied"] == [f"results/features/{slide}.h5" for slide in SLIDES]


def test_a_renamed_copy_leaves_under_its_recorded_name(configured, tmp_path, capsys):
    shutil.copy(configured / METRICS, tmp_path / "final.json")
    code, said = export(capsys, tmp_path / "final.json", f"--crate={tmp_path / 'crate'}", "--json")
    assert code == 0
    assert json.loads(said.out)["copied"] == [METRICS]


def test_the_study_s_own_workflow_and_authors_come_first(configured, tmp_path, capsys):
    (configured / "Snakefile").write_text("rule own:\n")
    (configured / "CITATION.cff").write_text(
        "title: My study\nlicense: CC-BY-4.0\nauthors:\n  - name: The clinic\n"
    )
    crate = tmp_path / "crate"
    assert export(capsys, METRICS, f"--crate={crate}")[0] == 0
    assert (crate / "Snakefile").read_text() == "rule own:\n"
    assert "The clinic" in (crate / "ro-crate-metadata.json").read_text()


def test_no_patient_of_the_manifest_leaves(configured, tmp_path, capsys):
    # Here patients have one slide each, which bears their name.
    rows = [f"{slide},{slide},data/given/{slide}.svs" for slide in SLIDES]
    manifest = configured / "config/slides.csv"
    manifest.write_text("\n".join(["slide_id,patient_id,path", *rows, ""]))
    crate = tmp_path / "crate"
    code, said = export(capsys, "results/features/b.h5", f"--crate={crate}")
    assert code == 0
    assert (crate / "results/features/patient-2.h5").is_file()
    assert "3 records, which name a patient" in said.out
    assert not (crate / "records").exists()
    assert "features/b.h5" not in text_of(crate)


def test_without_the_manifest_nobody_knows_what_to_keep_back(configured, tmp_path, capsys):
    (configured / "config/slides.csv").write_text("nothing\n")
    code, said = export(capsys, "results/tiles/b.png", f"--crate={tmp_path / 'crate'}")
    assert code == 2
    assert "config/slides.csv" in said.err
    assert not (tmp_path / "crate").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: (s / "results/records/encode/b.json").unlink(), "features/b.h5, read by"),
        (lambda s: (s / METRICS).write_text("0.99"), "is modified, so nobody can tell"),
        (
            lambda s: rewrite(
                s / "results/records/tile/a.json", lambda value: value["facts"].update(bytes=0)
            ),
            "results/records/tile/a.json",
        ),
    ],
)
def test_a_history_that_is_not_whole_stays_here(configured, tmp_path, capsys, change, told):
    change(configured)
    code, said = export(capsys, METRICS, f"--crate={tmp_path / 'crate'}")
    assert code == 1
    assert told in said.err
    assert f"'histopress audit verify {METRICS}' says what to do" in said.err
    assert said.out == ""
    _, said = export(capsys, METRICS, f"--crate={tmp_path / 'crate'}", "--json")
    assert told in json.loads(said.out)["fault"]
    assert not (tmp_path / "crate").exists()


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("results/none", "results/none: no such file"),
        ("data/given/c.svs", "was given to the study (manifest's slide)"),
        ("results/records/tile/a.json", "is the record of a job"),
    ],
)
def test_what_cannot_be_exported_is_a_fault(configured, tmp_path, capsys, result, told):
    code, said = export(capsys, result, f"--crate={tmp_path / 'crate'}")
    assert code == 2
    assert told in said.err


def test_nothing_is_overwritten(configured, tmp_path, capsys):
    crate = tmp_path / "crate"
    crate.mkdir()
    code, said = export(capsys, METRICS, f"--crate={crate}")
    assert code == 2
    assert "exists already" in said.err
