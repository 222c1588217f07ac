from histopress.evaluate.predictions import Prediction
from histopress.evaluate.runs import average_divisions, in_split, repeats_of


def row(slide: str, fold: int, split: str = "test", score: float = 0.5) -> Prediction:
    return Prediction(slide_id=slide, fold=fold, split=split, label=1.0, scores=(score,))


def test_divisions_that_test_a_slide_again_are_another_repeat() -> None:
    rows = [row("a", 0), row("b", 1), row("b", 2), row("a", 3), row("a", 1, "train")]
    assert repeats_of(rows) == ((0, 1), (2, 3))
    assert repeats_of([row("a", 0), row("a", 1), row("a", 2)]) == ((0,), (1,), (2,))
    assert repeats_of([row("a", 0, "train")]) == ()


def test_an_ensemble_averages_the_models_of_all_divisions() -> None:
    found = average_divisions([row("a", 0, score=0.2), row("b", 0), row("a", 1, score=0.6)])
    assert [(each.slide_id, each.fold, each.scores) for each in found] == [
        ("a", 0, (0.4,)),
        ("b", 0, (0.5,)),
    ]


def test_rows_are_taken_by_part_and_division() -> None:
    rows = [row("a", 0), row("b", 0, "train"), row("c", 1)]
    assert [each.slide_id for each in in_split(rows, "test")] == ["a", "c"]
    assert [each.slide_id for each in in_split(rows, "test", (1,))] == ["c"]
