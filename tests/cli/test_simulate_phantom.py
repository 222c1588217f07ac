"""The tables of a phantom cohort: what the manifest tells, what is kept back, what is reachable."""

import json

import pytest
import yaml

from histopress.cli.main import main
from histopress.store import read_csv

SLIDES = {"n_patients": 18, "n_centers": 3, "size_px": 512, "tumour_fraction": [0.3, 0.5]}
GROWTH = SLIDES | {"design": "growth"}
KEPT = ["--latents=truth/latents.csv", "--oracle=truth/oracle.json"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def simulate(*options, slides=None):
    chosen = [] if slides is None else ["--manifest=m.csv", f"--settings={json.dumps(slides)}"]
    return main(["simulate", "phantom", "--manifest-only", *chosen, *options])


def test_a_growth_cohort_tells_records_and_keeps_causes_back(here):
    assert simulate("--survival={}", *KEPT, slides=GROWTH) == 0
    rows, latents = read_csv(here / "m.csv"), read_csv(here / "truth/latents.csv")
    assert len(rows) == 27
    assert list(rows[0])[4:] == [
        "growth_pattern", "proliferation", "survival_months", "censorship", "age",
    ]  # fmt: skip
    assert [row["patient_id"] for row in latents] == sorted({row["patient_id"] for row in rows})
    hazard = {row["patient_id"]: float(row["true_log_hazard"]) for row in latents}
    assert len(set(hazard.values())) == 18
    oracle = json.loads((here / "truth/oracle.json").read_text())
    assert set(oracle) == {"growth_pattern", "proliferation", "survival"}
    for target in oracle.values():
        assert target["chance"] < target["counted"] <= 1
        assert target["chance"] < target["expected"] <= 1


def test_the_law_of_survival_is_the_files(here):
    (here / "law.json").write_text('{"censoring_share": 0.0, "pattern_log_hazard": 4.0}')
    assert simulate("--survival=law.json", *KEPT, slides=GROWTH) == 0
    assert {row["censorship"] for row in read_csv(here / "m.csv")} == {"0"}
    latents = read_csv(here / "truth/latents.csv")
    worst = max(latents, key=lambda row: float(row["true_log_hazard"]))
    assert worst["pattern"] == "replacement"
    assert float(worst["true_log_hazard"]) > 2


def test_latents_change_nothing_of_the_manifest(here):
    assert simulate(*KEPT, slides=GROWTH) == 0
    told = (here / "m.csv").read_bytes()
    assert simulate(slides=GROWTH) == 0
    assert (here / "m.csv").read_bytes() == told


def test_nodes_are_labelled_slide_by_slide(here):
    assert simulate(*KEPT, slides=SLIDES | {"design": "node"}) == 0
    rows, latents = read_csv(here / "m.csv"), read_csv(here / "truth/latents.csv")
    assert list(rows[0])[4:] == ["metastasis"]
    assert {row["metastasis"] for row in rows} == {"0", "1"}
    for row, latent in zip(rows, latents, strict=True):
        assert (float(latent["metastasis_um"]) > 0) == (row["metastasis"] == "1")
    assert json.loads((here / "truth/oracle.json").read_text())["metastasis"]["expected"] == 1.0


def test_a_study_names_its_cohort_itself(here):
    (here / "config").mkdir()
    study = {
        "seed": 7,
        "phantom": {"slides": GROWTH},
        "grids": {"g": {}},
        "encoders": {"colour": {"kind": "mean-rgb", "grid": "g"}},
    }
    (here / "study.yaml").write_text(yaml.safe_dump(study))
    assert simulate("--config=study.yaml", *KEPT) == 0
    assert simulate("--seed=7", slides=GROWTH) == 0
    assert (here / "config/slides.csv").read_bytes() == (here / "m.csv").read_bytes()
    assert simulate("--seed=8", slides=GROWTH) == 0
    assert (here / "config/slides.csv").read_bytes() != (here / "m.csv").read_bytes()


@pytest.mark.parametrize(
    ("options", "slides", "told"),
    [
        (["--latents=l.csv"], SLIDES, "--latents: the design 'tumour' keeps nothing back"),
        (["--oracle=o.json"], SLIDES, "--oracle: the design 'tumour' keeps nothing back"),
        (["--survival={}"], SLIDES | {"design": "node"}, "--survival: slides of the design 'node'"),
        (['--survival={"log_hazard": 1}'], GROWTH, "log_hazard"),
        (["--config=study.yaml"], SLIDES, "--manifest: is also in study.yaml"),
        (["--config=study.yaml", "--folder=f"], None, "--folder: is also in study.yaml"),
        (["--config=study.yaml"], None, "study.yaml: phantom, manifest: one is missing"),
        ([], None, "--manifest: is missing"),
    ],
)
def test_refuses_and_writes_nothing(here, capsys, options, slides, told):
    study = {"grids": {"g": {}}, "encoders": {"colour": {"kind": "mean-rgb", "grid": "g"}}}
    (here / "study.yaml").write_text(yaml.safe_dump(study))
    assert simulate(*options, slides=slides) == 1
    assert told in capsys.readouterr().err
    assert [path.name for path in here.iterdir()] == ["study.yaml"]
