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


MODELS = ("nic-cnn", "abmil", "mean")


def metrics(model, target="contains-tumour", encoder="multitask", name="metrics"):
    path = REAL / f"collage/results/evaluation/{target}/{encoder}/{model}/{name}.json"
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


def test_tumour_is_found_in_slides_of_real_tiles_by_every_model():
    found = {model: metrics(model) for model in MODELS}
    for own in found.values():
        assert own["n_patients"] == 40
        assert own["n_slides"] >= 60
        assert own["metrics"]["auc"]["interval"][0] > 0.5
        assert "central 32 px" in own["note"]
    cnn, mean = (found[name]["metrics"]["auc"]["estimate"] for name in ("nic-cnn", "mean"))
    assert cnn > mean - 0.05


@pytest.mark.parametrize("model", MODELS)
def test_the_share_of_tumour_is_told(model):
    assert metrics(model, "tumour-fraction")["metrics"]["spearman"]["interval"][0] > 0.5


@pytest.mark.parametrize("model", MODELS)
def test_survival_is_reported_beside_an_oracle(model):
    own = metrics(model, "survival")
    oracle = metrics("clinical", "survival", encoder="clinical")
    assert (own["n_patients"], own["n_events"]) == (40, 26)
    for found in (own, oracle):
        low, high = found["metrics"]["c"]["interval"]
        assert 0 < low < found["metrics"]["c"]["estimate"] < high < 1
    assert oracle["metrics"]["c"]["interval"][0] > 0.5
    assert "oracle" in own["note"]


@pytest.mark.parametrize("target", ["contains-tumour", "tumour-fraction", "survival"])
def test_shuffled_labels_of_real_tiles_are_chance(target):
    null = metrics("mean", target, name="null")
    assert null["permutations"] == 200
    assert abs(null["mean"] - null["chance"]) < 3 * null["monte_carlo_error"]
