"""The auditor's verbs on a study that the workflow made."""

import io
import json

import pytest

from audit.crate.readers import cache, issues
from histopress.cli.main import main
from histopress.store import read_csv
from workflow.conftest import SLIDES, TOKEN

__all__ = ["cache"]

METRICS = "results/evaluation/tumour/tiny/cnn/metrics.json"


@pytest.fixture
def audit(monkeypatch, tmp_path, capsys):
    """Call one of the auditor's verbs in a study; gives its exit code and what it said."""
    monkeypatch.setenv("HISTOPRESS_CACHE", str(tmp_path / "cache"))

    def call(project, *options):
        monkeypatch.chdir(project.folder)
        capsys.readouterr()
        code = main(["audit", *map(str, options)])
        return code, capsys.readouterr().out

    return call


@pytest.fixture
def crate(finished, audit, tmp_path):
    code, _ = audit(finished, "export", METRICS, f"--crate={tmp_path / 'crate'}")
    assert code == 0
    return tmp_path / "crate"


def patients_of(project):
    return {row["patient_id"] for row in read_csv(project.folder / "config/slides.csv")}


def test_a_metric_is_traced_to_the_drawn_slides(finished, audit):
    code, said = audit(finished, "trace", METRICS, "--json")
    found = json.loads(said)
    assert code == 0
    assert found["whole"] is True
    verbs = [step["recipe"]["verb"] for step in found["steps"]]
    assert {verb: verbs.count(verb) for verb in verbs} == {
        "evaluate": 1,
        "split": 1,
        "train": 3,
        "compress": SLIDES,
        "encode": SLIDES,
        "tile": SLIDES,
        "simulate slide": SLIDES,
        "encoder train": 1,
        "patches": 1,
        "simulate patches": 1,
    }
    inputs = [entry for step in found["steps"] for entry in step["inputs"]]
    origins = {entry["path"]: entry["origin"] for entry in inputs if not entry["maker"]}
    assert origins == {"config/slides.csv": "manifest"}
    _, told = audit(finished, "trace", METRICS)
    assert told.splitlines()[-1].endswith("every way ends at a registered source")


def test_every_byte_of_a_finished_study_is_accounted_for(finished, audit):
    code, said = audit(finished, "verify", "--all", "--json")
    found = json.loads(said)
    assert code == 0
    assert set(found["counts"]) == {"verified"}
    there = {path for path in finished.results() if "/." not in path}
    assert {each["path"] for each in found["findings"]} >= there


def test_no_result_has_an_unrecorded_ancestor(either, audit):
    # What an earlier configuration left may have read other tables; but nobody is unaccounted for.
    _, said = audit(either, "verify", "--all", "--json")
    counts = json.loads(said)["counts"]
    assert set(counts) <= {"verified", "input changed since"}
    assert counts["verified"] > 100


def test_a_column_that_nobody_reads_changes_nothing_that_counts(project, audit):
    manifest = project.folder / "config/slides.csv"
    head, *rows = manifest.read_text().splitlines()
    manifest.write_text("\n".join([f"{head},note", *(f"{row},x" for row in rows), ""]))
    code, said = audit(project, "verify")
    assert code == 0
    assert said.startswith("changed aside        config/slides.csv  read by compare as manifest")
    swapped = [row.replace("P0001,", "P0009,") for row in rows]
    manifest.write_text("\n".join([head, *swapped, ""]))
    code, said = audit(project, "verify")
    assert code == 1
    assert said.startswith("input changed since  config/slides.csv")


def test_two_encoders_differ_in_what_the_study_says_of_them(finished, audit):
    other = METRICS.replace("tiny", "mean-rgb")
    code, said = audit(finished, "diff", METRICS, other)
    assert code == 1
    assert f"  settings views: 1 → 8   [encode ×{SLIDES}]" in said.splitlines()


def test_the_public_validator_finds_nothing_in_a_real_crate(crate, cache):
    assert issues(crate, cache) == []


def test_other_programs_read_a_real_crate(crate):
    rocrate = pytest.importorskip("rocrate.rocrate", reason="needs rocrate")
    report = pytest.importorskip("runcrate.report", reason="needs runcrate")
    read = rocrate.ROCrate(crate)
    assert read.mainEntity.id == "Snakefile"
    assert json.loads((crate / read.dereference(METRICS).id).read_text())["primary"] == "auc"
    text = io.StringIO()
    report.dump_crate_actions(crate, f=text)
    jobs = len(list((crate / "records").iterdir()))
    assert text.getvalue().count("action: ") == jobs + 1


def test_no_patient_token_or_folder_leaves_the_study(finished, audit, tmp_path):
    records = list((finished.folder / "results/records").rglob("*.json"))
    everything = tmp_path / "everything"
    code, _ = audit(finished, "export", "results", f"--crate={everything}", "--everything")
    assert code == 0
    crated = [path for path in everything.rglob("*") if path.is_file()]
    patients = patients_of(finished)
    assert len(patients) == SLIDES
    for path in (*records, *crated):
        content = path.read_bytes()
        for secret in (*patients, TOKEN, str(finished.folder)):
            assert secret.encode() not in content, (path, secret)
            assert secret not in path.name
