"""What `make real` promises of real slides and tiles; run it first."""

import json
from pathlib import Path

import pytest

from histopress.compress.slide import read_compressed
from histopress.store import read_csv

REAL = Path(__file__).resolve().parents[2] / "real"


@pytest.fixture(scope="module", params=["he", "collage"])
def study(request):
    folder = REAL / request.param
    if not (folder / "results/compressed").is_dir():
        pytest.skip("no results of real data: run 'make real' first (.ci/run does)")
    return folder


def metrics(model):
    path = REAL / f"collage/results/evaluation/contains-tumour/multitask/{model}/metrics.json"
    if not path.is_file():
        pytest.skip("no results of real data: run 'make real' first (.ci/run does)")
    return json.loads(path.read_text())


def test_every_slide_is_compressed_by_the_released_encoder(study):
    rows = read_csv(study / "config/slides.csv")
    assert len(rows) == {"he": 4, "collage": 60}[study.name]
    for row in rows:
        slide = read_compressed(study / f"results/compressed/multitask/{row['slide_id']}.h5")
        assert not slide.excluded
        assert slide.grid.shape[1] == 128
        cells = slide.grid[0][:, slide.kept]
        assert cells.shape[1] > 0
        assert cells.std(axis=1).min() > 0, "a feature that never changes"
        assert (study / f"results/tiles/{grid(study)}/{row['slide_id']}.png").is_file()


def grid(study):
    return {"he": "one-um", "collage": "tiles"}[study.name]


def test_tumour_is_found_in_slides_of_real_tiles():
    cnn, mean = metrics("nic-cnn"), metrics("mean")
    for found in (cnn, mean):
        assert found["n_patients"] == 40
        assert found["n_slides"] >= 60
        assert found["metrics"]["auc"]["interval"][0] > 0.5
        assert "central 32 px" in found["note"]
    assert cnn["metrics"]["auc"]["estimate"] > mean["metrics"]["auc"]["estimate"] - 0.05
