"""The split by hand, as people and the workflow make it."""

import json
from pathlib import Path

import pytest
import yaml

from histopress.cli.main import main
from histopress.cohort.splitting.divisions import divisions
from histopress.cohort.splitting.files import read_divisions
from histopress.cohort.splitting.settings import RotationProtocol
from histopress.cohort.splitting.splits import read_split
from histopress.store import read_csv

SPLIT = Path("results/splits/t/rotation.csv")
THREE = RotationProtocol(folds=3)


def write_manifest(n: int) -> None:
    parts = ("train", "test")
    rows = [
        f"s{k:02}-{s},secret{k},s{k:02}-{s}.svs,{k % 2},{parts[k % 8 > 5]}"
        for k in range(n)
        for s in range(2)
    ]
    header = "slide_id,patient_id,path,label,part"
    Path("config/slides.csv").write_text("\n".join([header, *rows, ""]))


def configure(**protocol: object) -> None:
    values = {
        "grids": {"g": {}},
        "encoders": {"e": {"kind": "mean-rgb", "grid": "g"}},
        "targets": {"t": {"kind": "classification", "column": "label"}},
        "models": {"m": {"kind": "mean"}},
        "protocol": protocol,
    }
    Path("config/config.yaml").write_text(yaml.safe_dump(values))


@pytest.fixture(autouse=True)
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    write_manifest(12)
    configure(folds=3)
    return tmp_path


def split(to: Path = SPLIT, record: str = "record.json", **protocol: object) -> int:
    settings = {
        "target": {"kind": "classification", "column": "label"},
        "protocol": protocol or {"folds": 3},
        "seed": 1,
    }
    return main(
        [
            "split",
            "--target=t",
            "--manifest=config/slides.csv",
            f"--split={to}",
            f"--settings={json.dumps(settings)}",
            f"--record={record}",
        ]
    )


def test_the_split_grows_and_nobody_moves() -> None:
    assert split() == 0
    first = read_split(SPLIT)
    assert len(first) == 24
    write_manifest(20)
    assert split() == 0
    assert set(first) < set(read_split(SPLIT))
    assert "secret" not in SPLIT.read_text()
    facts = Path("record.json").read_text()
    assert '"divisions": 3' in facts
    assert '"new": 16' in facts


@pytest.mark.parametrize(
    ("protocol", "n"),
    [
        ({"kind": "fixed", "column": "part"}, 1),
        ({"folds": 3, "repeats": 2}, 6),
        ({"kind": "ensemble", "folds": 2, "external": {"column": "part", "values": ["test"]}}, 2),
    ],
)
def test_other_protocols(protocol: dict[str, object], n: int) -> None:
    assert split(Path("s.csv"), **protocol) == 0
    assert f'"divisions": {n}' in Path("record.json").read_text()


def test_a_new_version_keeps_the_old_one_and_says_what_it_costs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    split()
    write_manifest(30)
    split()
    old = SPLIT.read_bytes()
    assert main(["split", "rebalance", "--dry-run"]) == 0
    assert SPLIT.read_bytes() == old
    assert main(["split", "rebalance"]) == 0
    told = capsys.readouterr().out
    assert "rotation.csv: version 2; " in told
    assert "of 30 patients move, and all models of it train anew" in told
    assert Path("results/splits/t/rotation.v1.csv").read_bytes() == old
    assert {row.version for row in read_split(SPLIT)} == {2}
    assert main(["split", "rebalance"]) == 1
    assert "would stand where they stand" in capsys.readouterr().err
    new = SPLIT.read_bytes()
    assert split() == 0
    assert SPLIT.read_bytes() == new


def test_every_version_of_a_split_has_a_whole_history(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HISTOPRESS_CACHE", str(study.parent / "cache"))
    record = "results/records/split/t/rotation.json"
    split(record=record)
    write_manifest(30)
    split(record=record)
    assert main(["split", "rebalance"]) == 0
    assert main(["audit", "verify"]) == 0
    for path in (SPLIT, SPLIT.with_suffix(".v1.csv")):
        assert main(["audit", "trace", str(path)]) == 0
    write_manifest(36)
    split(record=record)
    capsys.readouterr()
    assert main(["audit", "verify", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    stale = {each["path"]: each["record"] for each in found if each["state"] != "verified"}
    # The manifest has grown since everybody was assigned anew; nothing is unaccounted for.
    assert stale == {"config/slides.csv": "results/records/split_rebalance/t/rotation.v1.json"}
    assert main(["audit", "trace", str(SPLIT)]) == 0
    assert "split rebalance target=t" in capsys.readouterr().out


def test_an_imported_split_comes_from_a_source_that_the_study_names(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HISTOPRESS_CACHE", str(study.parent / "cache"))
    split(record="results/records/split/t/rotation.json")
    folds = study.parent / "folds"
    assert main(["split", "export", f"--folder={folds}"]) == 0
    SPLIT.unlink()
    Path("results/records/split/t/rotation.json").unlink()
    assert main(["split", "import", str(folds)]) == 0
    capsys.readouterr()
    assert main(["audit", "trace", str(SPLIT)]) == 1
    assert "provenance.sources" in capsys.readouterr().out
    configure(folds=3)
    with Path("config/config.yaml").open("a") as config:
        config.write(f"provenance: {{sources: [{folds}]}}\n")
    assert main(["validate"]) in (0, 1)
    assert "provenance" not in capsys.readouterr().err
    assert main(["audit", "trace", str(SPLIT)]) == 0
    assert main(["audit", "verify"]) == 0


def test_rebalancing_needs_a_split_and_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["split", "rebalance"]) == 1
    assert "no such split yet" in capsys.readouterr().err
    assert main(["split", "rebalance", "--target=x"]) == 1
    assert "--target is 'x'; targets are t" in capsys.readouterr().err


def test_a_split_leaves_for_clam_and_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    split()
    rows = read_split(SPLIT)
    assert main(["split", "export", "--folder=out"]) == 0
    assert len(list(Path("out").glob("splits_?.csv"))) == 3
    assert len(list(Path("out").glob("splits_?_bool.csv"))) == 3
    assert read_divisions(Path("out")) == divisions(rows, THREE)
    assert "secret" not in "".join(file.read_text() for file in Path("out").iterdir())
    assert main(["split", "import", "out"]) == 1
    assert "there is a split already" in capsys.readouterr().err
    SPLIT.unlink()
    assert main(["split", "import", "out"]) == 0
    assert read_split(SPLIT) == rows
    assert "24 slides as out has them, 0 added" in capsys.readouterr().out


def test_patho_bench_gets_pseudonyms_unless_patients_are_asked_for() -> None:
    split()
    assert main(["split", "export", "--folder=out", "--form=patho-bench"]) == 0
    path = Path("out/k=all.tsv")
    assert "secret" not in path.read_text()
    cases = {row["slide_id"]: row["case_id"] for row in read_csv(path, "\t")}
    assert cases["s00-0"] == cases["s00-1"] != cases["s01-0"]
    assert read_divisions(path) == divisions(read_split(SPLIT), THREE)
    assert main(["split", "export", "--folder=out", "--form=patho-bench", "--cases=patients"]) == 0
    assert "secret11" in path.read_text()


def test_another_tools_divisions_are_a_protocol_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    split()
    main(["split", "export", "--folder=out"])
    assert split(Path("table.csv"), kind="table", path="out") == 0
    groups = {row.slide_id: row.group.split() for row in read_split(Path("table.csv"))}
    for number, parts in enumerate(read_divisions(Path("out"))):
        assert {slide for slide, own in groups.items() if own[number] == "test"} == set(parts.test)
    configure(folds=4)
    SPLIT.unlink()
    assert main(["split", "import", "out"]) == 1
    assert "kind: table, path: out" in capsys.readouterr().err
