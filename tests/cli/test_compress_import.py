"""Embeddings of other tools through the verb, and what configuration and workflow make of them."""

import json
import subprocess
import sys
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from histopress.cli.main import main
from histopress.cli.plan import NEVER, Plan
from histopress.compress.slide import read_compressed
from histopress.errors import ConfigError, ManifestError
from histopress.store import read_csv, read_json

ENCODER = {"kind": "features", "path": "features/{slide}.h5"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Four slides that CLAM extracted features of; the slides themselves are elsewhere."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "features").mkdir()
    rows = ["slide_id,patient_id,path"]
    for number in range(4):
        rows.append(f"s{number},p{number},gone/s{number}.svs")
        coords = np.array([(x, y) for x in range(6) for y in range(4)], np.int32) * 256
        with h5py.File(tmp_path / f"features/s{number}.h5", "w") as file:
            file["features"] = np.random.default_rng(number).normal(size=(24, 8)).astype("f4")
            file["coords"] = coords
    (tmp_path / "slides.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def configured(**more):
    return {"manifest": "slides.csv", "encoders": {"uni": ENCODER}} | more


def compress(slide="s0", *, features=None, settings=None, encoder=None):
    chosen = {"encoder": ENCODER | (encoder or {}), **(settings or {})}
    arguments = [
        "compress", "import", f"--slide-id={slide}", "--encoder=uni",
        f"--features={f'features/{slide}.h5' if features is None else features}",
        "--compressed=out.h5", "--record=record.json", f"--settings={json.dumps(chosen)}",
    ]  # fmt: skip
    return main(arguments)


def test_a_file_of_clam_becomes_a_compressed_slide(project):
    assert compress() == 0
    slide = read_compressed(project / "out.h5")
    assert slide.slide_id == "s0"
    assert slide.grid.shape == (1, 8, 4, 6)
    with h5py.File("features/s0.h5") as file:
        expected = file["features"][()].reshape(6, 4, 8).transpose(2, 1, 0)
    assert np.array_equal(slide.grid[0], expected.astype(np.float16))
    assert slide.distance.sum() == pytest.approx(1)
    assert slide.attributes["encoder"] == "uni"
    assert slide.attributes["convention"] == "clam"
    record = read_json(project / "record.json")
    assert record["facts"]["patches"] == 24
    assert record["inputs"][0]["sha256"] == slide.attributes["source_sha256"]


def test_the_verb_runs_as_the_workflow_calls_it(project):
    plan = Plan.load(configured(), project, check_files=True)
    settings = plan.settings("compress import", SimpleNamespace(slide="s1", encoder="uni"))
    done = subprocess.run(
        [
            sys.executable, "-m", "histopress", "compress", "import", "--slide-id=s1",
            "--encoder=uni", f"--features={plan.features('uni', 's1')}", "--compressed=c/s1.h5",
            f"--settings={settings}", f"--code={plan.code('compress import')}",
            "--record=r/s1.json", "--threads=1",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert read_compressed(project / "c/s1.h5").kept.all()


def test_a_bad_file_fails_or_is_quarantined(project, capsys):
    with h5py.File("features/s0.h5", "r+") as file:
        file["features"][3, 2] = np.inf
    assert compress() == 1
    assert "slide 's0': the embedding of patch 3 is inf in column 2" in capsys.readouterr().err
    assert not (project / "out.h5").exists()
    assert compress(settings={"on_bad_slide": "quarantine"}) == 0
    slide = read_compressed(project / "out.h5")
    assert "patch 3 is inf" in slide.reason
    assert not slide.kept.any()
    assert read_json(project / "record.json")["facts"]["status"] == "excluded"


def test_a_missing_file_may_be_quarantined(project):
    assert compress(features="") == 1
    assert compress(features="", settings={"on_bad_slide": "quarantine"}) == 0
    assert "no features file" in read_compressed(project / "out.h5").reason


def test_settings_reach_the_reader(project, capsys):
    assert compress(encoder={"convention": "stamp"}) == 1
    assert "no dataset 'feats'" in capsys.readouterr().err
    assert compress(encoder={"scale": 2.0, "stride": 256}) == 0
    assert read_compressed(project / "out.h5").attributes["stride"] == 256
    doubled = read_compressed(project / "out.h5").grid
    compress()
    assert np.allclose(doubled, 2 * read_compressed(project / "out.h5").grid, rtol=1e-3)


def test_features_alone_need_no_slides_grids_tiles_or_cards(project):
    plan = Plan.load(configured(), project, check_files=True)
    assert plan.compressed() == [f"results/compressed/uni/s{n}.h5" for n in range(4)]
    assert plan.overlays() == plan.cards() == []
    assert plan.features("uni", "s2") == "features/s2.h5"
    assert (plan.foreign_features, plan.encoded) == ("uni", NEVER)


def test_beside_an_encoder_of_slides_each_goes_its_way(project):
    values = configured(
        grids={"g": {}},
        encoders={"uni": ENCODER, "colour": {"kind": "mean-rgb", "grid": "g"}},
        on_bad_slide="quarantine",
    )
    plan = Plan.load(values, project, check_files=True)
    assert (plan.foreign_features, plan.encoded) == ("uni", "colour")
    assert len(plan.compressed()) == 8
    assert len(plan.overlays()) == 4
    assert plan.cards() == ["results/encoders/colour/card.md"]


def test_slides_must_be_there_where_an_encoder_reads_them(project):
    values = configured(
        grids={"g": {}}, encoders={"uni": ENCODER, "colour": {"kind": "mean-rgb", "grid": "g"}}
    )
    with pytest.raises(ManifestError, match=r"gone/s0\.svs"):
        Plan.load(values, project, check_files=True)


def test_every_missing_file_is_listed_before_anything_starts(project):
    for name in ("s1", "s3"):
        (project / f"features/{name}.h5").unlink()
    with pytest.raises(ManifestError) as caught:
        Plan.load(configured(), project, check_files=True)
    assert [fault.partition(" (")[0] for fault in caught.value.faults] == [
        "slide 's1': no file at 'features/s1.h5'",
        "slide 's3': no file at 'features/s3.h5'",
    ]
    plan = Plan.load(configured(on_bad_slide="quarantine"), project, check_files=True)
    assert plan.features("uni", "s1") is None
    assert plan.features("uni", "s0") == "features/s0.h5"


@pytest.mark.parametrize("path", ["features/a.h5", "features/{id}.h5", "{slide}{x}"])
def test_the_path_must_name_the_slide(project, path):
    with pytest.raises(ConfigError, match=r"encoders\.uni.*path"):
        Plan.load(configured(encoders={"uni": ENCODER | {"path": path}}), project, check_files=True)


def test_the_place_of_the_files_does_not_change_the_job(project):
    wildcards = SimpleNamespace(slide="s0", encoder="uni")
    plans = [
        Plan.load(configured(encoders={"uni": ENCODER | more}), project, check_files=False)
        for more in ({}, {"path": "elsewhere/{slide}/f.h5"}, {"stride": 128})
    ]
    here, there, other = (plan.settings("compress import", wildcards) for plan in plans)
    assert here == there != other


def test_the_rest_of_the_pipeline_runs_unchanged(project):
    """CLAM's features of 16 patients, two pieces of tissue each, learned by a slide-level model."""
    rng = np.random.default_rng(0)
    rows = ["slide_id,patient_id,path,tumour"]
    for number in range(16):
        tumour = number % 2
        rows.append(f"t{number:02},p{number},gone/t{number}.svs,{tumour}")
        pieces = []
        for left, columns, lines in ((0, 5, 4), (9000, 3, 2)):
            x0, y0 = rng.integers(0, 3000, 2) + np.array([left, 0])
            x, y = np.meshgrid(np.arange(columns), np.arange(lines), indexing="ij")
            pieces.append(np.stack([x.ravel() * 256 + x0, y.ravel() * 256 + y0], axis=1))
        coords = np.concatenate(pieces).astype(np.int32)
        values = rng.normal(size=(len(coords), 8)).astype("f4")
        values += 3 * tumour
        with h5py.File(f"features/t{number:02}.h5", "w") as file:
            file["features"], file["coords"] = values, coords
    (project / "slides.csv").write_text("\n".join(rows) + "\n")
    values = configured(
        targets={"tumour": {"kind": "classification", "column": "tumour", "positive": "1"}},
        models={"m": {"kind": "mean", "strengths": [10.0]}},
    )
    plan = Plan.load(values, project, check_files=True)
    for slide in plan.study.slide_ids:
        settings = plan.settings("compress import", SimpleNamespace(slide=slide, encoder="uni"))
        arguments = [
            "compress", "import", f"--slide-id={slide}", "--encoder=uni",
            f"--features={plan.features('uni', slide)}", f"--compressed=c/{slide}.h5",
            f"--settings={settings}",
        ]  # fmt: skip
        assert main(arguments) == 0
    job = SimpleNamespace(target="tumour", encoder="uni", model="m", seed="0", fold="0")
    common = ["--target=tumour", "--manifest=slides.csv", "--split=split.csv"]
    assert main(["split", *common, f"--settings={plan.settings('split', job)}"]) == 0
    arguments = [
        "train", *common, "--encoder=uni", "--model=m", "--seed=0", "--fold=0", "--compressed=c",
        "--weights=w.safetensors", "--history=h.csv", "--predictions=p.csv",
        f"--settings={plan.settings('train', job)}",
    ]  # fmt: skip
    assert main(arguments) == 0
    tested = [row for row in read_csv(project / "p.csv") if row["split"] == "test"]
    assert tested
    assert all(row["pred_tumour"] == row["tumour"] for row in tested)
