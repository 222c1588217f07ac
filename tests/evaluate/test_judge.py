import numpy as np
import pytest

from histopress.cohort.labels.outcome import Outcome
from histopress.cohort.targets import Labels
from histopress.errors import LeakError
from histopress.evaluate.judge import People, choose_rows, judge, make_units, primary_figure
from histopress.evaluate.predictions import Prediction
from histopress.evaluate.settings import EvaluationSettings

SETTINGS = EvaluationSettings(bootstrap=200)
N = 48


def labels(kind: str) -> Labels:
    classes = ("no", "yes") if kind == "classification" else ()
    return Labels(
        target="t", kind=kind, level="patient", values={}, left_out={}, strata={}, classes=classes,
        positive=1 if classes else 0, unit="months" if kind == "survival" else None,
    )  # fmt: skip


PEOPLE = People(patients={f"s{k:02}": f"p{k:02}" for k in range(N)})


def rows(kind: str, *, repeats: int = 1, noise: float = 0.3, seed: int = 0) -> list[Prediction]:
    """Predictions of a rotation over four folds, repeated with other folds."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=N)
    found = []
    for repeat in range(repeats):
        fold_of = rng.permutation(np.arange(N) % 4)
        for fold in range(4):
            for k in range(N):
                part = {fold: "test", (fold + 1) % 4: "validation"}.get(fold_of[k], "train")
                score = truth[k] + noise * rng.normal()
                label, scores = cells(kind, truth[k], score)
                found.append(
                    Prediction(
                        slide_id=f"s{k:02}",
                        fold=4 * repeat + fold,
                        split=part,
                        label=label,
                        scores=scores,
                    )
                )
    return found


def cells(kind: str, truth: float, score: float) -> tuple:
    if kind == "classification":
        p = 1 / (1 + np.exp(-score))
        return int(truth > 0), (1 - p, p)
    if kind == "regression":
        return truth, (score,)
    return Outcome(float(np.exp(-truth)), bool(truth > -1)), (score,)


KINDS = {"classification": "auc", "regression": "spearman", "survival": "c"}


@pytest.mark.parametrize(("kind", "metric"), KINDS.items())
def test_the_quoted_figure_is_that_of_the_first_cross_validation(kind: str, metric: str) -> None:
    found = judge(
        rows(kind, repeats=3), labels(kind), PEOPLE, SETTINGS, rng=np.random.default_rng(0)
    )
    assert len(found.units) == N
    assert set(found.units.folds) == {0, 1, 2, 3}
    quoted = found.metrics["metrics"][metric]["estimate"]
    assert quoted == pytest.approx(primary_figure(found.units))
    divisions = found.metrics["selection"]["divisions"]
    assert [each["division"] for each in divisions] == list(range(12))
    assert {(each["n_train"], each["n_validation"], each["n_test"]) for each in divisions} == {
        (24, 12, 12)
    }
    procedure = found.metrics["procedure"]
    assert procedure["estimand"] == "the procedure on a new cohort"
    assert procedure["estimate"] == pytest.approx(np.mean([each["test"] for each in divisions]))
    assert procedure["interval"][0] < procedure["estimate"] < procedure["interval"][1]


def test_one_cross_validation_says_nothing_of_the_procedure() -> None:
    found = judge(
        rows("regression"), labels("regression"), PEOPLE, SETTINGS, rng=np.random.default_rng(0)
    ).metrics["procedure"]
    assert found["interval"] is None
    assert found["method"] == "not available"


def test_an_ensemble_is_judged_as_one_model() -> None:
    outside = [
        Prediction(slide_id=f"s{k:02}", fold=fold, label=float(k), scores=(k + 20.0 * fold,))
        for k in range(10)
        for fold in range(4)
    ]
    inside = [
        Prediction(slide_id=f"s{k:02}", fold=fold, split="train", label=float(k), scores=(0.1 * k,))
        for k in range(20, 40)
        for fold in range(4)
    ]
    found = judge(
        outside + inside, labels("regression"), PEOPLE, SETTINGS, rng=np.random.default_rng(0),
        ensemble=True,
    )  # fmt: skip
    assert len(found.units) == 10
    assert found.units.predictions.tolist() == [k + 30.0 for k in range(10)]
    assert set(found.units.folds) == {0}


def test_each_fold_takes_the_row_that_its_validation_patients_favour() -> None:
    good, bad = rows("regression", noise=0.1), rows("regression", noise=30.0)
    # In fold 2 the roles are changed.
    first = [row for row in good if row.fold != 2] + [row for row in bad if row.fold == 2]
    second = [row for row in bad if row.fold != 2] + [row for row in good if row.fold == 2]
    chosen, choices = choose_rows(
        {("e", "first"): first, ("e", "second"): second}, labels("regression"), PEOPLE
    )
    assert [each["model"] for each in choices] == ["first", "first", "second", "first"]
    assert sorted(chosen, key=str) == sorted(good, key=str)


def test_test_patients_say_nothing_of_the_choice() -> None:
    good, bad = rows("regression", noise=0.1), rows("regression", noise=30.0)
    spoiled = [
        Prediction(slide_id=row.slide_id, fold=row.fold, split=row.split, label=row.label,
                   scores=(-row.scores[0],)) if row.split == "test" else row
        for row in good
    ]  # fmt: skip
    _, choices = choose_rows(
        {("e", "bad"): bad, ("e", "good"): spoiled}, labels("regression"), PEOPLE
    )
    assert {each["model"] for each in choices} == {"good"}


def test_a_patient_tested_in_two_folds_is_refused() -> None:
    people = People(patients={"s00": "p", "s01": "p"})
    found = [
        Prediction(slide_id=f"s0{fold}", fold=fold, label=1.0, scores=(0.5,)) for fold in (0, 1)
    ]
    with pytest.raises(LeakError, match="'s00' \\(fold 0\\) and 's01' \\(fold 1\\)"):
        make_units(found, labels("regression"), people)
