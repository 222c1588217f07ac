import numpy as np
import pytest

from histopress.cohort.labels.outcome import Outcome
from histopress.cohort.targets import Labels
from histopress.errors import LeakError
from histopress.evaluate.choice import choose_rows
from histopress.evaluate.judge import People, judge, make_units, primary_figure
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


def test_no_patient_is_lost_to_the_choice() -> None:
    good, bad = rows("regression", noise=0.1), rows("regression", noise=30.0)
    fewer = [row for row in good if not (row.fold == 1 and row.split == "test")]
    chosen, choices = choose_rows(
        {("a", "fewer"): fewer, ("b", "bad"): bad}, labels("regression"), PEOPLE
    )
    assert [each["model"] for each in choices] == ["fewer", "bad", "fewer", "fewer"]
    assert len({row.slide_id for row in chosen if row.split == "test"}) == N


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


def ensemble(offsets: tuple[float, ...]) -> list[Prediction]:
    """A cohort divided in four, each quarter validating once, and 40 patients from outside."""
    rng = np.random.default_rng(4)
    truth = rng.normal(size=N + 40)
    times, events = rng.exponential(10 * np.exp(-truth)), rng.random(N + 40) < 0.7
    found = []
    for fold, offset in enumerate(offsets):
        for k in range(N + 40):
            split = "test" if k >= N else "validation" if k % 4 == fold else "train"
            label = Outcome(float(times[k]), bool(events[k]))
            score = float(truth[k] + 0.3 * rng.normal()) + offset
            found.append(
                Prediction(slide_id=f"s{k:02}", fold=fold, split=split, label=label,
                           scores=(score,))
            )  # fmt: skip
    return found


def test_offsets_of_the_models_of_an_ensemble_say_nothing() -> None:
    people = People(patients={f"s{k:02}": f"p{k:02}" for k in range(N + 40)})
    first, second = (
        judge(
            ensemble(offsets), labels("survival"), people, SETTINGS, rng=np.random.default_rng(0),
            horizons=(5.0,), ensemble=True,
        ).metrics
        for offsets in ((0.0,) * 4, (3.0, -2.0, 0.5, 8.0))
    )  # fmt: skip
    for name in ("hazard_ratio", "integrated_brier", "brier_at_5", "c"):
        expected = first["metrics"][name]["estimate"]
        assert second["metrics"][name]["estimate"] == pytest.approx(expected, abs=1e-9), name
    assert second["kaplan_meier"] == first["kaplan_meier"]


def choosing_without_signal(seed: int) -> tuple[float, float]:
    """Best of ten useless rows, and the figure of choosing among them by validation."""
    rng = np.random.default_rng(seed)
    truth, fold_of = rng.permutation(np.arange(N) % 2), np.arange(N) % 4

    def useless() -> list[Prediction]:
        found = []
        for fold in range(4):
            for k in range(N):
                part = {fold: "test", (fold + 1) % 4: "validation"}.get(fold_of[k], "train")
                p = float(rng.random())
                found.append(
                    Prediction(slide_id=f"s{k:02}", fold=fold, split=part, label=int(truth[k]),
                               scores=(1 - p, p))
                )  # fmt: skip
        return found

    def figure(found: object) -> float:
        tested = [row for row in found if row.split == "test"]  # type: ignore[attr-defined]
        return primary_figure(make_units(tested, labels("classification"), PEOPLE))

    candidates = {("e", str(k)): useless() for k in range(10)}
    chosen, _ = choose_rows(candidates, labels("classification"), PEOPLE)
    return max(figure(own) for own in candidates.values()), figure(chosen)


def test_choosing_within_folds_is_chance_where_the_best_of_several_is_above() -> None:
    found = np.array([choosing_without_signal(seed) for seed in range(25)])
    best, nested = found.mean(axis=0)
    errors = found.std(axis=0, ddof=1) / 25**0.5
    assert best - 0.5 > 10 * errors[0]
    assert abs(nested - 0.5) < 3 * errors[1]
