"""A phantom cohort compressed in one process: the same files as job by job."""

import json

import pytest
import yaml

from histopress.cli.main import main
from histopress.compress.slide import read_compressed
from histopress.store import read_csv

STUDY = {
    "seed": 3,
    "phantom": {
        "slides": {
            "n_patients": 6, "slides_per_patient": [1, 1], "n_centers": 1, "size_px": 512,
            "tumour_fraction": [0.2, 0.4],
        }
    },
    "grids": {"g": {"tile_px": 64, "stride_px": 64, "spacing_um": 0.5}},
    "encoders": {"colour": {"kind": "mean-rgb", "grid": "g", "views": 8}},
    "targets": {"tumour": {"kind": "classification", "column": "tumour", "level": "patient"}},
    "models": {"mean": {"kind": "mean"}},
    "protocol": {"folds": 3},
}  # fmt: skip


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    configure(tmp_path, STUDY)
    return tmp_path


def configure(folder, study):
    (folder / "config/config.yaml").write_text(yaml.safe_dump(study))


def test_the_files_are_those_of_the_verbs_one_by_one(here):
    assert main(["simulate", "cohort", "--survival={}"]) == 0
    rows = read_csv(here / "config/slides.csv")
    assert len(rows) == 6
    for row in rows:
        slide = row["slide_id"]
        compressed = read_compressed(here / f"results/compressed/colour/{slide}.h5")
        assert compressed.slide_id == slide
        assert compressed.grid.shape == (8, 3, 8, 8)
        truth = json.loads((here / row["path"]).with_suffix(".truth.json").read_text())
        assert repr(truth["tumour_fraction"]) == row["tumour_fraction"]
    slide = rows[1]["slide_id"]
    folder, again = here / "results", here / "again"
    options = [
        f"--slide-id={slide}", "--encoder=colour", f"--slide=data/phantom/{slide}.tif",
        f"--tiles=results/tiles/g/{slide}.h5", "--card=results/encoders/colour/card.json",
        "--weights=results/encoders/colour/weights.safetensors", f"--features={again}/f.h5",
        '--settings={"views": 8}',
    ]  # fmt: skip
    assert main(["encode", *options]) == 0
    features = folder / f"features/colour/{slide}.h5"
    assert (again / "f.h5").read_bytes() == features.read_bytes()
    record = json.loads((folder / f"records/encode/colour/{slide}.json").read_text())
    assert record["recipe"]["verb"] == "encode"
    for place in ("tile/g", "compress/colour", "simulate_slide"):
        assert (folder / f"records/{place}/{slide}.json").exists()
    assert (folder / "records/encoder_define/colour.json").exists()


def test_encoders_that_must_be_trained_are_named_with_what_to_do(here, capsys):
    encoders = {"deep": {"kind": "keras", "grid": "g", "file": "deep.h5"}}
    configure(here, STUDY | {"encoders": encoders})
    assert main(["simulate", "cohort", "--survival={}"]) == 1
    told = capsys.readouterr().err
    assert "encoders.deep" in told
    assert "snakemake results/encoders/deep/card.json" in told


def test_a_second_run_leaves_alone_what_still_holds(here):
    assert main(["simulate", "cohort", "--survival={}"]) == 0
    files = (path for path in (here / "results").rglob("*") if path.is_file())
    # Uncommitted code is kept once for all records.
    places = sorted(path for path in files if "source" not in path.parts)
    before = {path: path.stat().st_mtime_ns for path in places}
    gone = here / "results/compressed/colour/phantom-0002-a.h5"
    gone.unlink()
    assert main(["simulate", "cohort", "--jobs=2"]) == 0
    made = {path for path in places if path.stat().st_mtime_ns != before[path]}
    assert made == {gone, here / "results/records/compress/colour/phantom-0002-a.json"}
    grids = {"g": STUDY["grids"]["g"] | {"min_tissue": 0.5}}
    configure(here, STUDY | {"grids": grids})
    assert main(["simulate", "cohort"]) == 0
    made = {path for path in places if path.stat().st_mtime_ns != before[path]}
    drawn = {path for path in places if "simulate_slide" in str(path)}
    defined = {path for path in places if "encoder" in str(path.relative_to(here))}
    assert made == set(places) - drawn - defined


def test_a_manifest_can_be_written_for_phantoms_only(here, capsys):
    configure(here, {name: value for name, value in STUDY.items() if name != "phantom"})
    assert main(["simulate", "cohort", "--survival={}"]) == 1
    assert "config: phantom" in capsys.readouterr().err
