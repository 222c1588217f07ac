"""What training refuses, by hand as in the workflow."""

import json
from dataclasses import replace

import numpy as np
import pytest

from histopress.cli.main import main
from histopress.cohort.splitting.splits import SplitRow, write_split
from histopress.compress.slide import CompressedSlide, read_compressed, write_compressed
from histopress.store import read_csv

PARTS = ("train", "validation", "test")
SETTINGS = {
    "target": {"kind": "classification", "column": "label"},
    "model": {"kind": "mean"},
    "protocol": {"folds": 3},
}


@pytest.fixture
def cohort(tmp_path, monkeypatch):
    """Twelve slides of twelve patients; positives have a shifted channel."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    (tmp_path / "compressed").mkdir()
    lines, rows = ["slide_id,patient_id,path,label"], []
    for number in range(12):
        grid = rng.normal(size=(1, 3, 4, 5)).astype(np.float16)
        grid[:, 0] += 3 * (number % 2)
        slide = CompressedSlide(
            slide_id=f"s{number}",
            grid=grid,
            tissue=np.ones((4, 5), np.float32),
            distance=np.full((4, 5), 1 / 20, np.float32),
        )
        write_compressed(tmp_path / f"compressed/s{number}.h5", slide)
        lines.append(f"s{number},p{number},s{number}.svs,{number % 2}")
        fold = (number // 2) % 3
        rows.append(
            SplitRow(slide_id=f"s{number}", repeat=0, group="", fold=fold, stratum="x", version=1)
        )
    (tmp_path / "slides.csv").write_text("\n".join(lines) + "\n")
    write_split(tmp_path / "split.csv", rows)
    return tmp_path


def train(folder, target_name="t", **changes):
    return main(
        [
            "train", f"--target={target_name}", "--encoder=e", "--model=m", "--seed=0", "--fold=1",
            f"--manifest={folder / 'slides.csv'}", f"--split={folder / 'split.csv'}",
            f"--compressed={folder / 'compressed'}", f"--weights={folder / 'm.safetensors'}",
            f"--history={folder / 'h.csv'}", f"--predictions={folder / 'p.csv'}",
            f"--settings={json.dumps(SETTINGS | changes)}",
        ]
    )  # fmt: skip


def test_tests_one_fold_chooses_on_the_next_and_learns(cohort):
    assert train(cohort) == 0
    rows = read_csv(cohort / "p.csv")
    assert {row["fold"] for row in rows} == {"1"}
    by_split = {part: {row["slide_id"] for row in rows if row["split"] == part} for part in PARTS}
    assert by_split == {
        "test": {"s2", "s3", "s8", "s9"},
        "validation": {"s4", "s5", "s10", "s11"},
        "train": {"s0", "s1", "s6", "s7"},
    }
    tested = [row for row in rows if row["split"] == "test"]
    assert len(tested) == 4
    assert all(row["t"] == row["pred_t"] for row in tested)
    assert {row["coverage"] for row in rows} == {"1.0"}


def test_a_patient_on_two_sides_is_refused(cohort, capsys):
    text = (cohort / "slides.csv").read_text()
    (cohort / "slides.csv").write_text(text.replace("s2,p2", "s2,p0"))
    assert train(cohort) == 1
    message = capsys.readouterr().err
    assert "'s0'" in message
    assert "'s2'" in message
    assert "p0" not in message
    assert not (cohort / "p.csv").exists()


def test_a_slide_without_a_fold_is_refused(cohort, capsys):
    with (cohort / "slides.csv").open("a") as manifest:
        manifest.write("s12,p12,s12.svs,0\n")
    slide = replace(read_compressed(cohort / "compressed/s0.h5"), slide_id="s12", attributes={})
    write_compressed(cohort / "compressed/s12.h5", slide)
    assert train(cohort) == 1
    assert "slides s12: have a label but no fold" in capsys.readouterr().err


def test_a_grid_of_another_slide_is_refused(cohort, capsys):
    (cohort / "compressed/s3.h5").write_bytes((cohort / "compressed/s0.h5").read_bytes())
    assert train(cohort) == 1
    assert "s3.h5: holds slide 's0'; compress 's3' again" in capsys.readouterr().err


def test_a_missing_grid_is_named(cohort, capsys):
    (cohort / "compressed/s3.h5").unlink()
    assert train(cohort) == 1
    assert "s3.h5: no such file" in capsys.readouterr().err


def test_a_target_named_as_a_column_of_predictions_is_refused(cohort, capsys):
    """Its labels would be overwritten by what stands in that column."""
    number = {"kind": "regression", "column": "label"}
    assert train(cohort, target=number, target_name="coverage") == 1
    assert "two columns 'coverage'" in capsys.readouterr().err
