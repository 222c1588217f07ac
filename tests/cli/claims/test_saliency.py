"""Maps of drawn slides by ``histopress claim``: networks trained on a planted signal."""

import json

import numpy as np
import pytest

from histopress.claims.class_map import cover_cells
from histopress.cli.main import main
from histopress.cohort.splitting.splits import SplitRow, write_split
from histopress.compress.slide import CompressedSlide, write_compressed
from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.drawing.canvas import cell_pixels
from histopress.simulate.phantom import draw_anatomy
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.phantom_slides import draw_cohort
from histopress.store import read_csv, write_csv, write_json

from .conftest import verdict

PHANTOM = {
    "n_patients": 12, "slides_per_patient": [1, 1], "n_centers": 1, "size_px": 1024,
    "tumour_fraction": [0.3, 0.4],
}  # fmt: skip
FOLDS, TILE = 3, 64
SIDE = 1024 // TILE
TARGET = {"kind": "classification", "column": "tumour", "positive": "1", "level": "slide"}
MODEL = {
    "kind": "nic-cnn", "crop": 11, "width": 8, "epochs_max": 30, "epoch_crops": 64,
    "learning_rate": 0.01, "test_crops": 2,
}  # fmt: skip
CLAIM = {
    "kind": "saliency", "letter": "f", "statement": "Maps mark the tumour.", "target": "tumour",
    "model": "m", "encoder": "e",
}  # fmt: skip


def drawn():
    """Slides and the share of tumour in each of their tiles."""
    settings = PhantomSettings(**{key: _tuple(value) for key, value in PHANTOM.items()})
    for slide in draw_cohort(settings, seed=1):
        anatomy = draw_anatomy(slide, settings=settings, seed=1)
        yield (
            slide,
            cover_cells(
                anatomy.classes,
                [Tissue.TUMOUR],
                cell_um=cell_pixels(slide.spacing_um) * slide.spacing_um,
                tile_um=TILE * slide.spacing_um,
                stride_um=TILE * slide.spacing_um,
                shape=(SIDE, SIDE),
            ),
        )


def _tuple(value):
    return tuple(value) if isinstance(value, list) else value


def plant(folder, *, elsewhere):
    """Write slides whose first channel tells tumour, or in positive slides all but tumour."""
    rng = np.random.default_rng(0)
    lines, split = ["slide_id,patient_id,path,center,tumour"], []
    (folder / "compressed/e").mkdir(parents=True)
    for number, (slide, share) in enumerate(drawn()):
        grid = 0.3 * rng.normal(size=(1, 3, SIDE, SIDE))
        signal = (share < 0.5) * slide.tumour if elsewhere else share >= 0.5
        grid[:, 0] += 2.0 * signal
        spacing = slide.spacing_um
        write_compressed(
            folder / f"compressed/e/{slide.slide_id}.h5",
            CompressedSlide(
                slide_id=slide.slide_id,
                grid=grid.astype(np.float16),
                tissue=np.ones((SIDE, SIDE), np.float32),
                distance=np.full((SIDE, SIDE), 1 / SIDE**2, np.float32),
                attributes={
                    "tile_px": TILE, "stride_px": TILE, "spacing_um": spacing,
                    "encoder": "e", "weights_sha256": "0" * 64,
                },
            ),
        )  # fmt: skip
        name = slide.slide_id
        lines.append(f"{name},{slide.patient_id},{name}.tif,A,{slide.tumour}")
        fold = number // 2 % FOLDS
        split.append(SplitRow(slide_id=name, repeat=0, group="", fold=fold, stratum="x", version=1))
    (folder / "slides.csv").write_text("\n".join(lines) + "\n")
    write_split(folder / "split.csv", split)


def train(folder):
    """Train every fold, and leave the tested predictions as ``evaluate`` does."""
    settings = {"target": TARGET, "model": MODEL, "protocol": {"folds": FOLDS}}
    tested = []
    for fold in range(FOLDS):
        place = folder / f"models/tumour/e/m/seed0/fold{fold}"
        place.mkdir(parents=True)
        options = [
            "--target=tumour", "--encoder=e", "--model=m", "--seed=0", f"--fold={fold}",
            f"--manifest={folder / 'slides.csv'}", f"--split={folder / 'split.csv'}",
            f"--compressed={folder / 'compressed/e'}",
            f"--weights={place / 'model.safetensors'}", f"--history={place / 'history.csv'}",
            f"--predictions={place / 'predictions.csv'}", f"--settings={json.dumps(settings)}",
        ]  # fmt: skip
        assert main(["train", *options]) == 0
        tested += [row for row in read_csv(place / "predictions.csv") if row["split"] == "test"]
    place = folder / "evaluation/tumour/e/m"
    place.mkdir(parents=True)
    write_csv(place / "predictions.csv", tested, list(tested[0]))
    quoted = {"auc": {"estimate": 1.0, "interval": None, "n_patients": len(tested)}}
    facts = {"target": "tumour", "kind": "classification", "level": "slide", "primary": "auc"}
    classes = {"classes": ["0", "1"], "positive": "1", "unit": None}
    write_json(place / "metrics.json", {**facts, **classes, "metrics": quoted})


def judge(folder, **claim):
    settings = {"claim": CLAIM | claim, "phantom": PHANTOM, "seeds": [0]}
    options = [f"--{name}={folder / name}" for name in ("evaluation", "models", "compressed")]
    return main(
        [
            "claim", "--claim=x", f"--manifest={folder / 'slides.csv'}", *options,
            f"--result={folder / 'x.json'}", f"--figure={folder / 'x.svg'}",
            f"--record={folder / 'record.json'}", f"--settings={json.dumps(settings)}",
        ]
    )  # fmt: skip


def result(folder):
    return json.loads((folder / "x.json").read_text())


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """A study whose networks see tumour; tests look but do not touch."""
    folder = tmp_path_factory.mktemp("seen")
    plant(folder, elsewhere=False)
    train(folder)
    return folder


def test_a_map_that_marks_the_tumour_is_shown(seen, monkeypatch):
    monkeypatch.chdir(seen)
    assert judge(seen) == 0
    found = result(seen)
    assert verdict(found) == "shown"
    # Half of the slides have tumour.
    assert found["finding"]["decision"]["n"] == 6
    assert found["facts"]["jaccard"] > found["facts"]["random_jaccard"] + 0.1
    assert {row["slide_id"] for row in found["rows"]} == {
        slide.slide_id for slide, _ in drawn() if slide.tumour
    }


def test_the_record_names_models_slides_and_predictions(seen, monkeypatch):
    monkeypatch.chdir(seen)
    assert judge(seen) == 0
    read = {entry["path"] for entry in json.loads((seen / "record.json").read_text())["inputs"]}
    models = {f"models/tumour/e/m/seed0/fold{fold}/model.safetensors" for fold in range(FOLDS)}
    rows = {f"evaluation/tumour/e/m/{file}" for file in ("metrics.json", "predictions.csv")}
    slides = {f"compressed/e/{slide.slide_id}.h5" for slide, _ in drawn()}
    assert read == models | rows | slides | {"slides.csv"}


def test_a_map_that_marks_all_but_the_tumour_is_reversed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plant(tmp_path, elsewhere=True)
    train(tmp_path)
    assert judge(tmp_path) == 0
    assert verdict(result(tmp_path)) == "reversed"


def test_tissue_that_no_slide_shows_is_not_judged(seen, monkeypatch):
    monkeypatch.chdir(seen)
    assert judge(seen, tissue=["follicle"]) == 0
    assert result(seen)["sentence"].startswith("not judged (fewer than two folds have a tested")


def test_tissue_that_does_not_exist_is_refused(seen, monkeypatch, capsys):
    monkeypatch.chdir(seen)
    assert judge(seen, tissue=["skin"]) == 1
    assert "is 'skin'; allowed are 'stroma'" in capsys.readouterr().err
