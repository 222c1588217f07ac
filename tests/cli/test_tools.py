"""The verbs for people."""

import json

import cv2
import numpy as np
import openslide
import pytest

from histopress.cli.main import main
from histopress.store import file_digest, read_csv

PHANTOM = '{"n_patients": 2, "slides_per_patient": [1, 1], "size_px": 1024, "n_centers": 1}'


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_phantom_cohort_by_hand(here):
    assert main(["simulate", "phantom", "--manifest=m.csv", f"--settings={PHANTOM}"]) == 0
    rows = read_csv(here / "m.csv")
    assert sorted(row["tumour"] for row in rows) == ["0", "1"]
    for row in rows:
        with openslide.OpenSlide(row["path"]) as slide:
            assert slide.dimensions == (1024, 1024)
            assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(0.5)
        truth = json.loads((here / row["path"]).with_suffix(".truth.json").read_text())
        assert (truth["tumour_fraction"] > 0) == (row["tumour"] == "1")


def test_the_manifest_alone(here):
    options = ["--manifest=m.csv", "--manifest-only", f"--settings={PHANTOM}"]
    assert main(["simulate", "phantom", *options]) == 0
    assert [path.name for path in here.iterdir()] == ["m.csv"]


def test_a_collage_names_its_slides_by_digest_and_its_tiles(here, capsys):
    rng = np.random.default_rng(0)
    for kind in ("normal", "tumour"):
        (here / "tiles" / kind).mkdir(parents=True)
        for number in range(60):
            picture = cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), (32, 32))
            cv2.imwrite(str(here / "tiles" / kind / f"{number}.png"), picture)
    settings = {"tile_px": 32, "n_patients": 4, "tiles_per_slide": [6, 8]}
    first = sorted((here / "tiles/normal").iterdir())[0]
    (here / "keep-out.txt").write_text(file_digest(first) + "\n")
    options = ["--tiles=tiles", "--manifest=m.csv", "--exclude=keep-out.txt"]
    assert main(["simulate", "collage", *options, f"--settings={json.dumps(settings)}"]) == 0
    rows = read_csv(here / "m.csv")
    assert all(file_digest(here / row["path"]) == row["sha256"] for row in rows)
    used = read_csv(here / "data/collage/tiles.csv")
    assert file_digest(first) not in {row["sha256"] for row in used}
    for row in rows:
        own = [int(tile["positive"]) for tile in used if tile["slide_id"] == row["slide_id"]]
        assert np.mean(own) == pytest.approx(float(row["tumour_fraction"]))
        assert int(row["contains_tumour"]) == max(own)


def test_validate_lists_and_counts_faults(here, capsys):
    (here / "config").mkdir()
    (here / "config/config.yaml").write_text("grids: {g: {}}\nencoders: {e: {kind: x, grid: h}}\n")
    (here / "config/slides.csv").write_text("slide_id,patient_id,path\na,p,gone.svs\n")
    assert main(["validate"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "2 faults; nothing was started"
    assert len(lines) == 3


def test_validate_says_what_it_looked_at(here, capsys):
    (here / "config").mkdir()
    (here / "a.svs").touch()
    (here / "config/config.yaml").write_text(
        "grids: {g: {}}\nencoders: {e: {kind: mean-rgb, grid: g}}\n"
    )
    (here / "config/slides.csv").write_text("slide_id,patient_id,path\na,p,a.svs\n")
    assert main(["validate"]) == 0
    assert "no fault; 1 slides of 1 patients" in capsys.readouterr().out


def test_validate_without_a_configuration_says_where_it_looked(capsys):
    assert main(["validate"]) == 1
    assert "config/config.yaml: no such file" in capsys.readouterr().err
