"""Claims on the toy study: judged once, and again only where something of theirs changed."""

import copy
import json

import pytest

from .conftest import Project, changed

CLAIM = {"letter": "a", "statement": "A statement of the toy study.", "target": "tumour"}
CLAIMS = {
    "family": 3,
    "resamples": 200,
    "headed": "Toys.",
    "of": {
        "encoders": CLAIM
        | {"kind": "contrast", "model": "mean", "first": ["tiny"], "second": ["mean-rgb"]},
        "maps": CLAIM | {"kind": "saliency", "model": "cnn", "encoder": "tiny"},
        "bits": CLAIM | {"kind": "precision", "model": "mean", "encoder": "mean-rgb", "seeds": 1},
    },
}


def claiming(project: Project, **changes: object) -> Project:
    project.configure(changed(claims=copy.deepcopy(CLAIMS), **changes))
    return project


@pytest.fixture(scope="module")
def judged(finished, tmp_path_factory) -> Project:
    """Judge the claims once; tests look but do not touch."""
    project = claiming(finished.copy(tmp_path_factory.mktemp("claims") / "study"))
    assert project.planned() == {"claims_plan": 1, "claim": 3}
    project.snakemake("claims")
    return project


def result(project: Project, name: str) -> dict:
    return json.loads((project.folder / f"results/claims/{name}.json").read_text())


def test_a_plan_then_verdicts_and_figures(judged):
    plan = (judged.folder / "results/claims/plan.md").read_text()
    assert "corrected for 3 claims" in plan
    assert plan.count("A statement of the toy study.") == 3
    for name in CLAIMS["of"]:
        assert result(judged, name)["sentence"]
        figure = judged.folder / f"results/claims/{name}.svg"
        assert figure.stat().st_size > 1000
    found = result(judged, "encoders")
    assert found["facts"]["patients"] == 6
    assert [row["encoder"] for row in found["rows"]] == ["tiny", "mean-rgb"]
    assert {row["bits"] for row in result(judged, "bits")["rows"]} == {16, 8, 4}
    # Half of the six slides have tumour.
    assert result(judged, "maps")["facts"]["slides"] == 3


def test_nothing_is_left_to_do_and_an_auditor_finds_nothing(judged):
    assert judged.planned() == {}
    for verb in ("audit verify", "audit stale"):
        done = judged.histopress(verb)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    for name in CLAIMS["of"]:
        done = judged.histopress("audit trace", f"results/claims/{name}.json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "config/slides.csv" in done.stdout


def test_the_table_shows_all_claims(judged):
    done = judged.histopress("claims table", "--page=verdicts.md", "--figure=verdicts.svg")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (judged.folder / "verdicts.md").read_text()
    assert done.stdout.startswith("Toys.")
    assert done.stdout.count("A statement of the toy study.") == 3
    for name in ("verdicts.md", "verdicts.svg"):
        (judged.folder / name).unlink()


@pytest.fixture
def own(judged, tmp_path) -> Project:
    return judged.copy(tmp_path / "study")


def test_another_margin_judges_that_claim_again_and_no_other(own):
    claiming(own, claims__of__bits__margin=0.2)
    assert own.planned() == {"claims_plan": 1, "claim": 1}
    done = own.histopress("audit stale")
    assert " 2 stale," in done.stdout, done.stdout
    assert "settings claim.margin: 0.03 → 0.2" in done.stdout
    own.snakemake("claims")
    assert result(own, "bits")["facts"]["margin"] == 0.2
    assert own.planned() == {}


def test_labels_that_change_judge_a_claim_that_trains_again(own):
    table = own.folder / "config/slides.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines, ""]))
    assert own.planned() == {}
    rows = [line.split(",") for line in lines]
    place = rows[0].index("tumour")
    rows[1][place], rows[2][place] = rows[2][place], rows[1][place]
    table.write_text("\n".join([*map(",".join, rows), ""]))
    assert own.planned()["claim"] == 3
