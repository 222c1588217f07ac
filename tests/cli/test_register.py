"""Digests of slides in the manifest, by the command."""

import json
from pathlib import Path

import pytest
import yaml

from histopress.cli.main import main
from histopress.cohort.manifest import read_manifest
from histopress.store import file_digest

MANIFEST = Path("config/slides.csv")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Three slides; the command does not care what is in them."""
    monkeypatch.setenv("HISTOPRESS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("config", "data/phantom"):
        Path(name).mkdir(parents=True)
    Path("config/config.yaml").write_text(yaml.safe_dump({"manifest": str(MANIFEST)}))
    rows = [f"{slide},p{slide},data/{slide}.svs" for slide in "abc"]
    MANIFEST.write_text("\n".join(["slide_id,patient_id,path", *rows, ""]))
    for slide in "abc":
        Path(f"data/{slide}.svs").write_text(f"slide {slide}")
    return folder


def registered():
    manifest = read_manifest(MANIFEST, root=Path.cwd(), check_files=False)
    return {row.slide_id: row.sha256 for row in manifest}


def test_all_slides_are_registered_once(capsys):
    assert main(["register"]) == 0
    assert registered() == {slide: file_digest(Path(f"data/{slide}.svs")) for slide in "abc"}
    assert "3 slides: 3 registered now" in capsys.readouterr().out
    before = MANIFEST.read_bytes()
    assert main(["register"]) == 0
    assert MANIFEST.read_bytes() == before
    assert "3 agree with their digest" in capsys.readouterr().out


def test_a_slide_that_changed_is_told_and_left_alone(capsys):
    main(["register"])
    before = MANIFEST.read_bytes()
    Path("data/b.svs").write_text("other")
    for options in ([], ["--check"], ["--full"]):
        assert main(["register", *options]) == 1
        assert "slide 'b': the file's sha256 is" in capsys.readouterr().err
    assert MANIFEST.read_bytes() == before


def test_a_missing_slide_is_told_and_the_others_are_registered(capsys):
    Path("data/b.svs").unlink()
    assert main(["register"]) == 1
    found = capsys.readouterr()
    assert "slide 'b': no file at 'data/b.svs'" in found.err
    assert "2 registered now, 1 missing" in found.out
    assert registered()["b"] is None and registered()["a"]


def test_checking_writes_nothing(capsys):
    before = MANIFEST.read_bytes()
    assert main(["register", "--check"]) == 0
    assert MANIFEST.read_bytes() == before
    assert "3 without a digest" in capsys.readouterr().out


def test_slides_that_the_workflow_draws_are_left_out(capsys):
    config = {"manifest": str(MANIFEST), "phantom": {}}
    Path("config/config.yaml").write_text(yaml.safe_dump(config))
    with MANIFEST.open("a") as manifest:
        manifest.write("d,pd,data/phantom/d.tif\n")
    Path("data/phantom/d.tif").write_text("drawn")
    assert main(["register"]) == 0
    assert registered()["d"] is None
    assert "1 drawn by the workflow and left out" in capsys.readouterr().out


def test_one_content_under_two_names_leaves_the_manifest_readable(capsys):
    Path("data/b.svs").write_text("slide a")
    assert main(["register"]) == 1
    assert "slide 'b': holds the same as slide 'a'" in capsys.readouterr().err
    assert registered()["a"] and registered()["b"] is None


def test_another_table_needs_no_configuration():
    Path("config/config.yaml").unlink()
    other = Path("other.tsv")
    other.write_text("slide_id\tpatient_id\tpath\na\tpa\tdata/a.svs\n")
    other.chmod(0o640)
    assert main(["register", "--manifest=other.tsv"]) == 0
    digest = file_digest(Path("data/a.svs"))
    assert other.read_text().splitlines()[1] == f"a\tpa\tdata/a.svs\t{digest}"
    assert other.stat().st_mode & 0o777 == 0o640


def test_a_linked_manifest_stays_a_link():
    place = MANIFEST.rename("config/real.csv")
    MANIFEST.symlink_to("real.csv")
    assert main(["register"]) == 0
    assert MANIFEST.is_symlink() and "sha256" in place.read_text()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda: MANIFEST.write_text("slide_id,path\na,data/a.svs\n"), "no column 'patient_id'"),
        (lambda: Path("config/config.yaml").unlink(), "no such file"),
        (
            lambda: Path("config/config.yaml").write_text(json.dumps({"manifest": None})),
            "has no slides to register",
        ),
    ],
)
def test_what_cannot_be_registered_is_one_message(change, told, capsys):
    change()
    assert main(["register"]) == 1
    assert told in capsys.readouterr().err


def test_results_without_a_workflow_to_tell_are_told_about(capsys, monkeypatch):
    Path("results/records").mkdir(parents=True)
    assert main(["register"]) == 0
    assert "next: 'histopress audit adopt'" in capsys.readouterr().err
