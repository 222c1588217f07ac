import numpy as np
import pytest

from histopress.errors import LeakError, StoreError
from histopress.evaluate.predictions import Prediction
from histopress.evaluate.units import Units, fuse

PATIENTS = {"A1": "p", "A2": "p", "B": "q"}


def predict(slide: str, fold: int, label: int, score: float) -> Prediction:
    return Prediction(slide_id=slide, fold=fold, label=label, probabilities=(1 - score, score))


def fused(rows: list[Prediction], level: str = "slide") -> Units:
    return fuse(rows, PATIENTS, level=level, classes=("no", "yes"), positive=1)  # type: ignore


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
