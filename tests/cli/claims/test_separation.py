"""Risk groups by ``histopress claim``."""

import numpy as np

from .conftest import verdict

SEPARATION = {
    "kind": "separation", "target": "os", "encoder": "e", "permutations": 199, "margin": 0.2,
}  # fmt: skip
PROXY = SEPARATION | {"proxy": "grade", "proxy_class": "1"}
DIVISIONS = {"divisions": 4, "seeds": [0]}


def test_a_risk_that_is_learned_separates_and_turned_it_reverses(make):
    made = make(160)
    made.row("os", "e", 3.0)
    found = made.judged(SEPARATION, **DIVISIONS)
    assert verdict(found) == "shown"
    assert found["facts"]["hazard_ratio"] > 1.5
    assert found["facts"]["p_permuted"] == 1 / 200
    assert found["facts"]["score"] == "learned from survival"
    assert found["facts"]["patients"] == 160
    assert {row["group"] for row in found["rows"]} == {"low risk", "high risk"}
    made.row("os", "turned", -3.0)
    assert verdict(made.judged(SEPARATION | {"encoder": "turned"}, **DIVISIONS)) == "reversed"


def test_the_cut_comes_from_the_training_patients(made):
    """Risks of tested patients alone are moved up: all would be high, and none is."""
    rows = made.predict("os", 3.0)
    moved = [
        row.__class__(**{name: getattr(row, name) for name in row.__slots__})
        if row.split == "test"
        else row.__class__(
            **{
                **{name: getattr(row, name) for name in row.__slots__},
                "scores": (row.scores[0] - 100.0,),
            }
        )
        for row in rows
    ]
    made.evaluated("os", "e", moved)
    found = made.judged(SEPARATION, **DIVISIONS)
    assert found["sentence"].startswith("not judged (1 groups")


def test_the_score_of_a_class_stands_for_the_risk(make):
    made = make(160)
    made.row("os", "e", 0.0)
    made.row("grade", "e", 3.0, seed=1)
    found = made.judged(PROXY, **DIVISIONS)
    assert verdict(found) == "shown"
    assert found["facts"]["score"] == "grade"
    assert verdict(made.judged(PROXY | {"proxy_class": "0"}, **DIVISIONS)) == "reversed"
    folds = {f"models/grade/e/m/seed0/fold{fold}/predictions.csv" for fold in range(4)}
    rows = {
        f"evaluation/{target}/e/m/{file}"
        for target in ("os", "grade")
        for file in ("metrics.json", "predictions.csv")
    }
    assert made.read() == folds | rows | {"slides.csv"}


def test_a_class_that_is_none_is_named(made, capsys):
    made.row("os", "e", 0.0)
    made.row("grade", "e", 3.0)
    assert made.claim(PROXY | {"proxy_class": "high"}, **DIVISIONS) == 1
    assert "'high' is no class of target 'grade'; there are 0, 1" in capsys.readouterr().err


def test_models_of_an_ensemble_count_as_one(made):
    """The first of two models is wrong and the second certain: together they are right."""
    tested = set(made.slides[:50])
    for fold, strength in enumerate((-1.0, 4.0)):
        rows = [
            type(row)(
                slide_id=row.slide_id,
                fold=fold,
                split="test" if row.slide_id in tested else "train",
                label=row.label,
                scores=row.scores,
            )
            for row in made.predict("os", strength, noise=0.1)
            if row.fold == 0
        ]
        if not fold:
            made.evaluated("os", "e", rows)
        place = made.folder / f"models/os/e/m/seed0/fold{fold}/predictions.csv"
        made._write(place, made.labels("os"), rows)
    protocol = {"kind": "ensemble", "external": {"column": "center", "values": ["A"]}}
    found = made.judged(SEPARATION, divisions=2, protocol=protocol)
    assert found["facts"]["patients"] == 50
    assert found["facts"]["hazard_ratio"] > 1.5


def test_repeated_cross_validations_are_judged_once(made):
    rows = made.predict("os", 3.0)
    made.evaluated("os", "e", rows)
    for row_fold in range(4):
        again = [
            type(row)(
                slide_id=row.slide_id, fold=row.fold + 4, split=row.split, label=row.label,
                scores=tuple(np.negative(row.scores).tolist()),
            )
            for row in rows
            if row.fold == row_fold
        ]  # fmt: skip
        place = made.folder / f"models/os/e/m/seed0/fold{row_fold + 4}"
        place.mkdir()
        made._write(place / "predictions.csv", made.labels("os"), again)
    once = made.judged(SEPARATION, **DIVISIONS)
    twice = made.judged(SEPARATION, divisions=8, seeds=[0])
    assert twice["finding"] == once["finding"]


def test_a_proxy_without_its_class_is_refused(made, capsys):
    assert made.claim(SEPARATION | {"proxy": "grade"}, **DIVISIONS) == 1
    assert "'proxy' and 'proxy_class' go together" in capsys.readouterr().err
