import pytest

from histopress.cohort.labels.outcome import Outcome
from histopress.errors import StoreError
from histopress.evaluate.predictions import (
    Prediction,
    average_predictions,
    parse_predictions,
    prediction_columns,
    prediction_rows,
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
    return Prediction(slide_id=slide, fold=fold, label=label, scores=(1 - score, score))


def test_rows_of_the_test_split_are_read() -> None:
    rows = [ROW, {**ROW, "slide_id": "B", "split": "validation"}]
    found = parse_predictions(rows, target="t", classes=CLASSES, name="p.csv")
    assert found == (Prediction(slide_id="A", fold=2, label=1, scores=(0.25, 0.75)),)
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
    assert first.scores == pytest.approx((0.65, 0.35))
    assert second.scores == pytest.approx((0.55, 0.45))


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


LABELS = {
    "classification": (1, (0.1, 0.9)),
    "regression": (1 / 3, (2 / 7,)),
    "survival": (Outcome(1 / 3, True, 1), (-2 / 7,)),
}


@pytest.mark.parametrize("kind", list(LABELS))
def test_what_is_written_is_read_again(kind: str) -> None:
    label, scores = LABELS[kind]
    given = [
        Prediction(slide_id=slide, fold=fold, split=split, label=label, scores=scores)  # type: ignore
        for fold, slide, split in ((0, "B", "test"), (0, "C", "train"), (1, "A", "test"))
    ]
    classes = CLASSES if kind == "classification" else ()
    settings = {"target": "t", "kind": kind, "classes": classes}
    rows = prediction_rows(given[::-1], **settings)  # type: ignore[arg-type]
    assert tuple(rows[0]) == prediction_columns("t", classes, kind)  # type: ignore[arg-type]
    text = [{name: str(value) for name, value in row.items()} for row in rows]
    found = parse_predictions(text, **settings, name="p.csv", splits=("test", "train"))  # type: ignore
    assert found == tuple(given)
    train = parse_predictions(text, **settings, name="p.csv", splits=("train",))  # type: ignore
    assert train == (given[1],)


SURVIVAL = {
    "slide_id": "A",
    "fold": "0",
    "split": "test",
    "t_time": "3.5",
    "t_event": "1",
    "risk": "0.25",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"t_event": "True"}, "event 'True' is neither 0 nor 1"),
        ({"t_time": "-1"}, "slide 'A': the time is -1.0; allowed are finite numbers from 0"),
        ({"risk": "nan"}, "slide 'A': the prediction is nan; it must be a finite number"),
    ],
)
def test_damaged_follow_up_is_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(StoreError, match=message):
        parse_predictions([{**SURVIVAL, **change}], target="t", kind="survival", name="p.csv")


def test_a_number_that_is_none_is_refused() -> None:
    row = {"slide_id": "A", "fold": "0", "split": "test", "t": "inf", "pred_t": "1"}
    with pytest.raises(StoreError, match="the label is inf; it must be a finite number"):
        parse_predictions([row], target="t", kind="regression", name="p.csv")


def test_an_offset_between_trainings_changes_no_order() -> None:
    def run(shift: float) -> list[Prediction]:
        return [
            Prediction(slide_id=name, fold=0, label=Outcome(1.0, True, 1), scores=(risk + shift,))
            for name, risk in (("A", 0.5), ("B", -1.0))
        ]

    plain, moved = average_predictions([run(0), run(0)]), average_predictions([run(0), run(8)])
    assert [b.scores[0] - a.scores[0] for a, b in zip(plain, moved, strict=True)] == [4, 4]


def test_a_training_slide_may_stand_in_several_folds() -> None:
    runs = [
        [
            Prediction(slide_id="A", fold=fold, split="train", label=2.0, scores=(score + fold,))
            for fold in (0, 1)
        ]
        for score in (1.0, 2.0)
    ]
    assert [row.scores for row in average_predictions(runs)] == [(1.5,), (2.5,)]
