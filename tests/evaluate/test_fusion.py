import numpy as np
import pytest

from histopress.cohort.labels.outcome import Outcome
from histopress.errors import LeakError, StoreError
from histopress.evaluate.fusion import (
    fuse_classes,
    fuse_numbers,
    fuse_risks,
    fuse_training,
    training_means,
)
from histopress.evaluate.predictions import Prediction
from histopress.evaluate.units import ClassUnits

PATIENTS = {"A1": "p", "A2": "p", "B": "q"}


def predict(slide: str, fold: int, label: int, score: float) -> Prediction:
    return Prediction(slide_id=slide, fold=fold, label=label, scores=(1 - score, score))


def fused(rows: list[Prediction], level: str = "slide") -> ClassUnits:
    return fuse_classes(rows, PATIENTS, level=level, classes=("no", "yes"), positive=1)  # type: ignore


ROWS = [predict("B", 1, 0, 0.5), predict("A2", 0, 1, 0.3), predict("A1", 0, 1, 0.9)]


def test_slides_stay_apart_and_know_their_patient() -> None:
    units = fused(ROWS)
    assert units.scores.tolist() == [0.9, 0.3, 0.5]
    assert units.patients.tolist() == [0, 0, 1]
    assert units.positives.tolist() == [True, True, False]
    assert (units.n_patients, units.n_slides, len(units)) == (2, 3, 3)


def test_a_patient_is_the_mean_of_their_slides() -> None:
    units = fused(ROWS, "patient")
    assert units.scores == pytest.approx([0.6, 0.5])
    assert units.slides.tolist() == [2, 1]
    assert units.labels.tolist() == [1, 0]
    assert units.folds.tolist() == [0, 1]
    assert (units.n_patients, units.n_slides, len(units)) == (2, 3, 2)


@pytest.mark.parametrize("level", ["slide", "patient"])
def test_the_order_of_rows_does_not_matter(level: str) -> None:
    first, second = fused(ROWS, level), fused(ROWS[::-1], level)
    assert np.array_equal(first.probabilities, second.probabilities)
    assert np.array_equal(first.patients, second.patients)


@pytest.mark.parametrize(
    ("rows", "level", "error", "message"),
    [
        ([], "slide", StoreError, "there are no test predictions"),
        ([ROWS[0], ROWS[0]], "slide", StoreError, "slide 'B': is predicted twice"),
        ([predict("Z", 0, 0, 0.5)], "slide", StoreError, "slide 'Z': has a prediction and no row"),
        (
            [predict("A1", 0, 1, 0.5), predict("A2", 1, 1, 0.5)],
            "slide",
            LeakError,
            r"slides 'A1' \(fold 0\) and 'A2' \(fold 1\) are of one patient",
        ),
        (
            [predict("A1", 0, 1, 0.5), predict("A2", 0, 0, 0.5)],
            "patient",
            StoreError,
            "slides 'A1' and 'A2' are of one patient and differ in label",
        ),
    ],
)
def test_predictions_that_cannot_be_counted(
    rows: list[Prediction], level: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        fused(rows, level)


CENTERS = {"A1": "one", "A2": "one", "B": "two"}


def test_centers_follow_the_units() -> None:
    units = fuse_classes(
        ROWS, PATIENTS, level="patient", classes=("no", "yes"), positive=1, centers=CENTERS
    )
    assert units.centers == ("one", "two")
    assert fused(ROWS).centers == ("", "", "")


def number(slide: str, fold: int, label: object, score: float, split: str = "test") -> Prediction:
    return Prediction(slide_id=slide, fold=fold, split=split, label=label, scores=(score,))  # type: ignore


def test_numbers_are_averaged() -> None:
    rows = [number("A1", 0, 2.5, 1.0), number("A2", 0, 2.5, 4.0), number("B", 1, 3.0, 5.0)]
    units = fuse_numbers(rows, PATIENTS, level="patient", unit="mm")
    assert units.values.tolist() == [2.5, 3.0]
    assert units.predictions.tolist() == [2.5, 5.0]


def test_log_hazards_are_averaged() -> None:
    alive, dead = Outcome(4.0, False), Outcome(2.0, True, 1)
    rows = [number("A1", 0, alive, -1.0), number("A2", 0, alive, 2.0), number("B", 0, dead, 1.0)]
    units = fuse_risks(rows, PATIENTS, level="patient", unit="months")
    assert units.survival.times.tolist() == [4.0, 2.0]
    assert units.survival.events.tolist() == [False, True]
    assert units.risks.tolist() == [0.5, 1.0]
    assert units.n_events == 1
    with pytest.raises(StoreError, match="differ in label"):
        fuse_risks([rows[0], number("A2", 0, dead, 1.0)], PATIENTS, level="patient", unit="months")


def test_training_samples_are_those_of_the_fold() -> None:
    alive, dead = Outcome(4.0, False), Outcome(2.0, True, 1)
    tested = [number("B", 0, dead, 1.0), number("A1", 1, alive, 0.0)]
    trained = [
        number("A1", 0, alive, 1.0, "train"),
        number("A2", 0, alive, 2.0, "train"),
        number("B", 1, dead, 7.0, "train"),
    ]
    found = fuse_training(trained, PATIENTS, level="patient", tested=tested)
    assert found[0].risks.tolist() == [1.5]
    assert found[0].survival.times.tolist() == [4.0]
    assert found[1].risks.tolist() == [7.0]
    with pytest.raises(LeakError, match="slide 'A1': is tested in fold 1, and its patient"):
        fuse_training(
            [*trained, number("A2", 1, alive, 0.0, "train")],
            PATIENTS,
            level="patient",
            tested=tested,
        )
    with pytest.raises(StoreError, match="fold 1: has test rows and no training rows"):
        fuse_training(trained[:2], PATIENTS, level="patient", tested=tested)


def test_training_means_count_patients_once() -> None:
    trained = [number(slide, 0, value, 0.0, "train") for slide, value in (("A1", 1.0), ("A2", 1.0))]
    patients = {**PATIENTS, "C": "r"}
    trained.append(number("C", 0, 4.0, 0.0, "train"))
    tested = [number("B", 0, 9.0, 0.0)]
    assert training_means(trained, patients, level="patient", tested=tested) == {0: 2.5}


def test_a_part_of_the_units_keeps_what_belongs_to_it() -> None:
    units = fuse_classes(
        ROWS, PATIENTS, level="slide", classes=("no", "yes"), positive=1, centers=CENTERS
    )
    part = units.take(np.array([False, True, True]))
    assert part.scores.tolist() == [0.3, 0.5]
    assert part.patients.tolist() == [0, 1]
    assert part.centers == ("one", "two")
    assert (part.classes, part.level, len(part), part.n_patients) == (("no", "yes"), "slide", 2, 2)
