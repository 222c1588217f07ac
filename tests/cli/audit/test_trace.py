"""Tracing by hand."""

import json
import shutil
import subprocess
import sys

import pytest

from audit.recorded import METRICS, SLIDES, rewrite
from histopress.cli.main import main
from histopress.store import file_digest


def trace(capsys, *options):
    code = main(["audit", "trace", *map(str, options)])
    return code, capsys.readouterr()


def test_a_result_is_told_down_to_the_slides(configured, capsys):
    code, said = trace(capsys, METRICS)
    assert code == 0
    assert said.err == ""
    first, *_, last = said.out.splitlines()
    assert first.split() == [METRICS, file_digest(configured / METRICS)[:8]]
    assert last == "11 jobs, 3 registered sources: every way ends at a registered source"
    assert "data/given/c.svs" in said.out
    assert "\x1b" not in said.out


def test_a_renamed_copy_elsewhere_has_the_same_history(configured, tmp_path, capsys):
    copy = tmp_path / "Table 2, final.json"
    shutil.copy(configured / METRICS, copy)
    code, said = trace(capsys, copy)
    _, original = trace(capsys, METRICS)
    assert code == 0
    assert said.out.splitlines()[1:] == original.out.splitlines()[1:]


def test_json_holds_every_job(configured, capsys):
    code, said = trace(capsys, METRICS, "--json")
    values = json.loads(said.out)
    assert code == 0
    assert values["whole"] is True
    assert len(values["steps"]) == 11
    slides = {
        entry["path"] for step in values["steps"] for entry in step["inputs"] if entry["origin"]
    }
    assert slides >= {"data/given/c.svs", "config/slides.csv"}


def test_a_source_is_told_as_what_it_was_given(configured, capsys):
    code, said = trace(capsys, "data/given/c.svs")
    assert code == 0
    assert said.out.splitlines()[1] == "└─ registered: manifest's slide"


def test_a_lost_record_breaks_the_history_and_says_how_to_mend_it(configured, capsys):
    (configured / "results/records/encode/b.json").unlink()
    code, said = trace(capsys, METRICS)
    assert code == 1
    assert "unrecorded ancestor: results/features/b.h5" in said.out
    assert said.out.splitlines()[-1] == "  --forcerun results/features/b.h5"
    assert json.loads(trace(capsys, METRICS, "--json")[1].out)["whole"] is False


def test_an_altered_record_breaks_the_history(configured, capsys):
    place = "results/records/encode/b.json"
    rewrite(configured / place, lambda value: value["facts"].update(bytes=0))
    code, said = trace(capsys, METRICS)
    assert code == 1
    assert f"record altered: {place}" in said.out
    assert said.out.splitlines()[-1] == f"  --forcerun {place}"


def test_an_edited_result_is_told_from_an_unknown_file(configured, tmp_path, capsys):
    (configured / METRICS).write_text("0.99")
    code, said = trace(capsys, METRICS)
    assert code == 1
    assert "modified: results/records/evaluate/model.json" in said.out
    assert f"  --forcerun {METRICS}" in said.out.splitlines()
    (tmp_path / "mine.csv").write_text("x")
    code, said = trace(capsys, tmp_path / "mine.csv")
    assert code == 1
    assert "unrecorded: no record made it and it is not registered" in said.out
    assert "name them in the manifest or under provenance.sources" in " ".join(said.out.split())


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("results/none.csv", "results/none.csv: no such file; no record names it"),
        ("results/tiles/a.png", "results/records/tile/a.json says that it was made"),
        ("results/features", "results/features: is a folder"),
        ("results/records/tile/b.json", "is the record of a job; give what the job made"),
    ],
)
def test_what_cannot_be_traced_is_a_fault(configured, capsys, path, told):
    (configured / "results/tiles/a.png").unlink()
    code, said = trace(capsys, path)
    assert code == 2
    assert said.out == ""
    assert told in said.err


def test_every_result_of_a_study_has_a_whole_history(configured, capsys):
    for slide in SLIDES:
        assert trace(capsys, f"results/features/{slide}.h5")[0] == 0
        assert trace(capsys, f"results/tiles/{slide}.png")[0] == 0


def test_away_from_a_project_it_says_where_to_go(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, said = trace(capsys, "x")
    assert code == 2
    assert "config/config.yaml" in said.err


@pytest.mark.parametrize("verb", ["trace", "verify", "diff", "export"])
def test_no_heavy_library_is_loaded(configured, verb):
    options = {
        "trace": [METRICS],
        "verify": [],
        "diff": ["results/tiles/a.h5", "results/tiles/b.h5"],
        "export": [METRICS, "--crate=crate"],
    }
    heavy = "{'torch', 'pandas', 'snakemake', 'sklearn', 'scipy', 'cv2', 'matplotlib'}"
    code = (
        "import sys; from histopress.cli.main import main\n"
        f"main({['audit', verb, *options[verb]]!r})\n"
        f"print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "[]"
