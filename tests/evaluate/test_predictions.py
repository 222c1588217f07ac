import pytest

from histopress.errors import StoreError
from histopress.evaluate.predictions import (
    Prediction,
    average_predictions,
    parse_predictions,
    prediction_columns,
)

CLASSES = ("no", "yes")
ROW = {
    "slide_id": "A",
    "fold": "2",
    "split": "test",
    "t": "yes",
    "pred_t": "yes",
    "t_no": "0.25",
    "t_yes": "0.75",
}


def predict(slide: str, fold: int = 0, label: int = 0, score: float = 0.5) -> Prediction:
    return Prediction(slide_id=slide, fold=fold, label=label, probabilities=(1 - score, score))


def test_rows_of_the_test_split_are_read() -> None:
    rows = [ROW, {**ROW, "slide_id": "B", "split": "validation"}]
    found = parse_predictions(rows, target="t", classes=CLASSES, name="p.csv")
    assert found == (Prediction(slide_id="A", fold=2, label=1, probabilities=(0.25, 0.75)),)
    assert tuple(ROW) == prediction_columns("t", CLASSES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fold": "x"}, "p.csv row 2: is not a prediction"),
        ({"t": "maybe"}, "is not a prediction"),
        ({"t_no": ""}, "is not a prediction"),
        ({"t_no": "nan"}, r"p.csv row 2, slide 'A': probabilities are \[nan, 0.75\]"),
        ({"t_no": "-0.1", "t_yes": "1.1"}, "allowed are finite numbers from 0"),
        ({"t_no": "0.5"}, "slide 'A': probabilities sum to 1.25; they must sum to 1"),
    ],
)
def test_damaged_rows_are_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(StoreError, match=message):
        parse_predictions([{**ROW, **change}], target="t", classes=CLASSES, name="p.csv")


def test_a_missing_column_is_named() -> None:
    row = {name: value for name, value in ROW.items() if name != "t_yes"}
    with pytest.raises(StoreError, match=r"\('t_yes'\); columns are slide_id, fold, split, t,"):
        parse_predictions([row], target="t", classes=CLASSES, name="p.csv")


def test_repeated_trainings_are_averaged() -> None:
    runs = [[predict("B", score=0.4), predict("A", score=0.2)], [predict("A"), predict("B")]]
    first, second = average_predictions(runs)
    assert (first.slide_id, second.slide_id) == ("A", "B")
    assert first.probabilities == pytest.approx((0.65, 0.35))
    assert second.probabilities == pytest.approx((0.55, 0.45))


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], "there are no predictions"),
        ([[predict("A")], [predict("A", fold=1)]], "slide 'A': fold or label differ"),
        ([[predict("A")], [predict("A"), predict("B")]], "slide 'B': fold or label differ"),
        ([[predict("A"), predict("A")]], "predicted twice"),
    ],
)
def test_trainings_must_fit_together(runs: list, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        average_predictions(runs)
