"""Results of the real workflow, made anew from their records: which level each kind reaches."""

import json

import pytest

from audit.recorded import rewrite

SLIDE = "phantom-0001-a"
MODEL = "results/models/tumour/tiny/cnn/seed0/fold0/model.safetensors"
METRICS = "results/evaluation/tumour/tiny/cnn/metrics.json"
COMPRESSED = f"results/compressed/tiny/{SLIDE}.h5"
RESULTS = {
    "phantom": f"data/phantom/{SLIDE}.tif",
    "tiles and overlay": f"results/tiles/half-um/{SLIDE}.h5",
    "patches": "results/patches/tissue/64px-1um.h5",
    "encoder": "results/encoders/tiny/weights.safetensors",
    "features": f"results/features/tiny/{SLIDE}.h5",
    "compressed": COMPRESSED,
    "split": "results/splits/tumour/rotation.csv",
    "model and predictions": MODEL,
    "metrics and figures": METRICS,
    "probe": "results/probes/mean-rgb/tissue/metrics.json",
    "comparison": "results/evaluation/comparison.svg",
}
OLDER = {
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Nehalem",
    "MKL_CBWR": "COMPATIBLE",
}
"""Numerical libraries take these for another processor than there is."""


@pytest.fixture(scope="module")
def audited(finished, tmp_path_factory):
    """A finished study to replay in: only outcomes are written."""
    return finished.copy(tmp_path_factory.mktemp("audited") / "study")


def replay(project, *arguments):
    """Replay; gives the exit code and what is printed as JSON, else the message."""
    done = project.histopress("audit replay", *arguments, "--json")
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


@pytest.mark.parametrize("kind", RESULTS)
def test_each_kind_of_result_comes_out_byte_by_byte(audited, kind):
    before = audited.results()
    status, found = replay(audited, RESULTS[kind])
    assert (status, found["level"], found["changes"]) == (0, "bytes", [])
    assert RESULTS[kind] in [each["path"] for each in found["outputs"]]
    assert audited.results() == before


def test_another_processor_reaches_the_metric_at_least(audited, monkeypatch):
    for name, value in OLDER.items():
        monkeypatch.setenv(name, value)
    status, found = replay(audited, MODEL)
    levels = {each["path"].rpartition("/")[2]: each["level"] for each in found["outputs"]}
    assert "differs" not in levels.values()
    assert status == (1 if "metric" in levels.values() else 0)
    for each in found["outputs"]:
        assert (each["deviation"] is None) == (each["level"] == "bytes")


def test_what_is_gone_is_rebuilt_from_what_is_left(project):
    for path in (COMPRESSED, f"results/features/tiny/{SLIDE}.h5"):
        (project.folder / path).unlink()
    status, told = replay(project, COMPRESSED)
    assert (status, "--deep rebuilds it first" in told) == (2, True)
    status, found = replay(project, COMPRESSED, "--deep")
    assert (status, found["level"]) == (0, "bytes")
    assert [(each["origin"], each["level"]) for each in found["inputs"]] == [("rebuilt", "bytes")]
    assert not (project.folder / COMPRESSED).exists()


def test_a_figure_that_was_edited_is_told_with_how_far_it_is_off(project):
    path = project.folder / METRICS
    value = json.loads(path.read_text())
    value["metrics"]["auc"]["estimate"] = 0.99
    path.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    status, found = replay(project, METRICS)
    [metrics] = [each for each in found["outputs"] if each["path"] == METRICS]
    assert (status, found["level"], metrics["standing"]) == (1, "differs", "changed")
    assert metrics["rebuilt"] == metrics["recorded"]
    assert metrics["deviation"]["where"] == "metrics.auc.estimate"
    others = {each["level"] for each in found["outputs"] if each is not metrics}
    assert others == {"bytes"}


def test_a_result_whose_code_is_nowhere_says_so(project):
    def lose(record):
        record["source"] = {"commit": "0" * 40, "dirty": False, "patch": None}
        record["recipe"]["code"] = "0" * 64

    rewrite(project.folder / f"results/records/compress/tiny/{SLIDE}.json", lose, honest=True)
    status, told = replay(project, COMPRESSED)
    assert status == 2
    assert "the code that ran cannot be had: no repository here has the commit 0000" in told


def test_a_record_of_an_earlier_version_says_so(project):
    def age(record):
        record["schema"] = "record/1"
        for part in ("ports", "source"):
            del record[part]

    rewrite(project.folder / f"results/records/compress/tiny/{SLIDE}.json", age, honest=True)
    status, told = replay(project, COMPRESSED)
    assert (status, "written by an earlier version" in told) == (2, True)


def test_nothing_of_a_fresh_study_is_there_to_accept(audited):
    done = audited.histopress("audit accept", "--reason=none")
    assert (done.returncode, done.stdout.split(":")[0]) == (0, "nothing to accept")
    assert not (audited.folder / "results/records/accepted").exists()
