"""Other bytes, and yet what a job took from a table is there."""

import json
from dataclasses import replace

import pytest

from histopress.audit.history.registry import Registry
from histopress.audit.record import FileEntry, identifier
from histopress.audit.records import Record, read_record
from histopress.cli.audit.counted import Counted
from histopress.cli.main import main
from histopress.cli.null import observed_figures

PLACE = "results/records/split/t/rotation.json"


def divide(study, patients):
    """Split so many patients by a manifest and a table of labels; those of before stay."""
    rows = [f"s{n},p{n},s{n}.svs,{'AB'[n % 2]}" for n in range(patients)]
    (study / "slides.csv").write_text("\n".join(["slide_id,patient_id,path,center", *rows, ""]))
    labels = [f"s{n},{n % 2}" for n in range(patients)]
    (study / "labels.csv").write_text("\n".join(["slide_id,grade", *labels, ""]))
    settings = {
        "target": {
            "kind": "classification",
            "column": "grade",
            "table": {"path": "labels.csv"},
        },
        "protocol": {"folds": 3},
    }
    options = ["--target=t", "--manifest=slides.csv", "--labels=labels.csv"]
    split = ["--split=results/splits/t/rotation.csv", f"--record={PLACE}"]
    assert main(["split", *options, *split, f"--settings={json.dumps(settings)}"]) == 0


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A split made of a manifest and a table of labels, with the record of the job."""
    monkeypatch.chdir(tmp_path)
    divide(tmp_path, 8)
    return tmp_path


def holds(study, role):
    record = read_record(study / PLACE, study)
    (entry,) = (each for each in record.inputs if each.role == role)
    return Counted(study, Registry())(record, entry)


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("role", ["manifest", "labels"])
def test_a_column_that_nobody_reads_does_not_count(study, role):
    assert holds(study, role)
    for name in ("slides.csv", "labels.csv"):
        head, *rows = (study / name).read_text().splitlines()
        text = "\n".join([f"{head},note", *(f"{row},x" for row in reversed(rows)), ""])
        (study / name).write_text(text)
    assert holds(study, role)


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("slides.csv", "s1,p1,", "s1,p2,"),
        ("slides.csv", "s1.svs,B", "s1.svs,A"),
        ("labels.csv", "s1,1", "s1,0"),
        ("slides.csv", "slide_id", "slide_no"),
        ("labels.csv", "grade", "stage"),
    ],
)
def test_what_was_read_counts(study, table, old, new):
    # Labels stand in one table and their slides in the other: both are as good as their sum.
    edit(study / table, old, new)
    assert not holds(study, "manifest")
    assert not holds(study, "labels")


def test_a_table_that_is_gone_or_damaged_holds_nothing(study):
    (study / "slides.csv").write_bytes(b"\xff\xfe\x00")
    assert not holds(study, "manifest")
    (study / "slides.csv").unlink()
    assert not holds(study, "manifest")


def test_of_metrics_the_figures_count_that_a_null_is_held_against(study):
    metrics = {"primary": "auc", "metrics": {"auc": {"estimate": 0.75}}}
    recipe = {"verb": "null", "content": {"metrics": identifier(observed_figures(metrics))}}
    record = Record(place="x", recipe=recipe)
    entry = FileEntry(role="metrics", path="metrics.json", sha256="0" * 64, bytes=1)

    def held(values):
        (study / "metrics.json").write_text(json.dumps(values))
        return Counted(study, Registry())(record, entry)

    assert held(metrics)
    assert held(metrics | {"note": "redrawn"})
    assert not held(metrics | {"metrics": {"auc": {"estimate": 0.76}}})


def test_without_such_a_digest_nothing_is_held(study):
    record = Record(place="x", recipe={"verb": "train"})
    entry = FileEntry(role="manifest", path="slides.csv", sha256="0" * 64, bytes=1)
    assert not Counted(study, Registry())(record, entry)


def test_tables_are_read_once_for_all_jobs_that_take_the_same(study):
    record = read_record(study / PLACE, study)
    counted = Counted(study, Registry())
    for name in ("rotation", "v1", "v2"):
        ports = {**record.ports, "split": f"results/splits/t/{name}.csv"}
        for entry in record.inputs:
            assert counted(replace(record, ports=ports), entry)
    assert len(counted._known) == 1
    other = {**record.recipe, "wildcards": {"target": "u"}}
    counted(replace(record, recipe=other), record.inputs[0])
    assert len(counted._known) == 2


def test_a_split_that_people_made_is_held_as_well(study):
    options = ["--target=t", "--config=config.yaml"]
    (study / "config.yaml").write_text(
        json.dumps(
            {
                "manifest": "slides.csv",
                "targets": {
                    "t": {
                        "kind": "classification",
                        "column": "grade",
                        "table": {"path": "labels.csv"},
                    }
                },
                "protocol": {"folds": 3},
                "grids": {"g": {"spacing_um": 0.5}},
                "encoders": {"e": {"kind": "mean-rgb", "grid": "g"}},
                "models": {"m": {"kind": "mean"}},
            }
        )
    )
    divide(study, 30)
    assert main(["split", "rebalance", *options]) == 0
    (place,) = (study / "results/records/split_rebalance").rglob("*.json")
    record = read_record(place, study)
    (entry,) = (each for each in record.inputs if each.role == "manifest")
    edit(study / "slides.csv", "center\n", "center,note\n")
    text = (study / "slides.csv").read_text().splitlines()
    (study / "slides.csv").write_text("\n".join([text[0], *(f"{row},x" for row in text[1:]), ""]))
    assert Counted(study, Registry())(record, entry)
