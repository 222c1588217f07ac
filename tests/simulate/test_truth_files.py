"""The truth of a drawn slide as files that other programs open."""

import json

import cv2
import h5py
import numpy as np

from histopress.cli.main import main
from histopress.patches.geojson import read_geojson
from histopress.simulate.anatomy.outlines import ring_area
from histopress.simulate.drawing.kinds import NucleusKind
from histopress.simulate.phantom import draw_anatomy, draw_slide
from histopress.simulate.truth_files import TruthFiles


def test_map_nuclei_and_regions_agree(tmp_path, small, positive):
    files = TruthFiles(
        classes=tmp_path / "c.png", nuclei=tmp_path / "n.h5", regions=tmp_path / "r.geojson"
    )
    draw_slide(tmp_path / "a.tif", positive, settings=small, seed=3, beside=files)
    classes = cv2.imread(str(files.classes), cv2.IMREAD_UNCHANGED)
    anatomy = draw_anatomy(positive, settings=small, seed=3)
    assert np.array_equal(classes, anatomy.classes)
    with h5py.File(files.nuclei) as file:
        at, kind = file["at"][()], file["kind"][()]
        assert file.attrs["MITOSIS"] == NucleusKind.MITOSIS
    assert len(at) == len(kind) > 500
    column, row = at.T // 32
    assert (classes[row, column] > 0).mean() > 0.96
    tumour = kind == NucleusKind.TUMOUR
    assert (classes[row[tumour], column[tumour]] == 4).mean() > 0.8
    regions = read_geojson(files.regions).regions
    assert {region.label for region in regions} >= {"stroma", "tumour"}
    rings = [region for region in regions if region.label == "tumour"]
    area = sum(ring_area(ring) for region in rings for ring in (region.exterior, *region.holes))
    assert abs(area) == (anatomy.classes == 4).sum() * 32**2


def test_a_cohort_is_written_with_its_truth(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    slides = {"n_patients": 1, "size_px": 512, "slides_per_patient": [1, 1], "container": "aperio"}
    options = ["--manifest=m.csv", f"--settings={json.dumps(slides)}", "--threads=2"]
    assert main(["simulate", "phantom", *options]) == 0
    names = sorted(path.name for path in (tmp_path / "data/phantom").iterdir())
    assert names == [
        "phantom-0001-a.classes.png",
        "phantom-0001-a.nuclei.h5",
        "phantom-0001-a.regions.geojson",
        "phantom-0001-a.tif",
        "phantom-0001-a.truth.json",
    ]
