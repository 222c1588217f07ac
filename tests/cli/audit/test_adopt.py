"""What needs no finished run; tests/workflow/test_audit_adopt.py has the rest."""

import json
import shutil

import pytest

from histopress.audit.code import SOURCE
from histopress.cli.main import main


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """A study whose only slide is not there, and that has a folder of records."""
    (tmp_path / "config").mkdir()
    config = {
        "grids": {"half-um": {"tile_px": 128, "stride_px": 128, "spacing_um": 0.5}},
        "encoders": {"mean-rgb": {"kind": "mean-rgb", "grid": "half-um"}},
    }
    (tmp_path / "config/config.yaml").write_text(json.dumps(config))
    (tmp_path / "config/slides.csv").write_text("slide_id,patient_id,path\na,P1,data/a.tif\n")
    (tmp_path / "results/records").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_study_that_was_never_run_is_no_fault(planned, capsys):
    (planned / "results/records").rmdir()
    assert main(["audit", "adopt"]) == 0
    assert capsys.readouterr().out == "nothing to adopt: there is no results/records yet\n"
    assert main(["audit", "adopt", "--json"]) == 0
    # A script that reads it finds the keys that it finds after a study's run.
    found = json.loads(capsys.readouterr().out)
    assert (found["taken"], found["settled"], found["pending"]) == (0, True, {})


def test_what_snakemake_cannot_plan_is_told_in_its_words(planned, capsys):
    assert main(["audit", "adopt"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("histopress audit adopt: Snakemake fails on this study")
    assert "data/a.tif" in said and "Traceback" not in said
    assert not (planned / "results.aside").exists()


def test_a_missing_snakefile_is_named(planned, capsys):
    assert main(["audit", "adopt", "--snakefile=nowhere/Snakefile"]) == 2
    assert "nowhere/Snakefile: no such file; give --snakefile" in capsys.readouterr().err


def test_a_workflow_with_its_own_package_is_judged_by_that_package(planned, capfd):
    copy = planned / "elsewhere"
    shutil.copytree(SOURCE, copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
    adopt = copy / "src/histopress/cli/audit/adopt.py"
    adopt.write_text(
        adopt.read_text() + "\n\ndef run(options):\n    print(__file__)\n    return 7\n"
    )
    (copy / "Snakefile").touch()
    assert main(["audit", "adopt", f"--snakefile={copy / 'Snakefile'}"]) == 7
    assert capfd.readouterr().out == f"{adopt}\n"
