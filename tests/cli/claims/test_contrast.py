"""Contrasts and inclusion by ``histopress claim``."""

import pytest

from histopress.store import read_csv, write_csv

from .conftest import verdict

CONTRAST = {"kind": "contrast", "target": "grade", "first": ["good"], "second": ["poor"]}


@pytest.mark.parametrize("target", ["grade", "score", "os"])
def test_the_better_arm_is_shown_and_swapped_it_is_reversed(made, target):
    made.row(target, "good", 3.0)
    made.row(target, "poor", 0.3, seed=1)
    claim = CONTRAST | {"target": target, "margin": 0.02}
    assert verdict(made.judged(claim)) == "shown"
    swapped = made.judged(claim | {"first": ["poor"], "second": ["good"]})
    assert verdict(swapped) == "reversed"
    assert swapped["finding"]["name"] == "poor - good"


def test_arms_that_hardly_differ_are_equivalent(made):
    made.row("grade", "good", 2.0)
    made.row("grade", "poor", 2.4)
    assert verdict(made.judged(CONTRAST)) == "equivalent"


def test_copies_show_no_spread_which_is_no_certainty(made):
    made.row("grade", "good", 2.0)
    made.row("grade", "poor", 2.0)
    found = made.judged(CONTRAST)
    assert found["finding"]["decision"]["estimate"] == 0
    assert verdict(found) == "undecided"


def test_the_record_names_all_that_was_read_and_rows_tell_the_arms(made):
    for encoder, strength in (("a", 2.0), ("b", 2.1), ("c", 0.5)):
        made.row("grade", encoder, strength, seed=len(encoder))
    made.row("grade", "unasked", 1.0)
    found = made.judged(CONTRAST | {"first": ["a", "b"], "second": ["c"]})
    asked = {
        f"evaluation/grade/{encoder}/m/{file}"
        for encoder in "abc"
        for file in ("metrics.json", "predictions.csv")
    }
    assert made.read() == asked | {"slides.csv"}
    assert [(row["side"], row["encoder"]) for row in found["rows"]] == [
        ("first", "a"), ("first", "b"), ("second", "c"),
    ]  # fmt: skip
    assert found["facts"]["patients"] == 80
    assert found["facts"]["family"] == 1
    assert found["finding"]["name"] == "a + b - c"


def test_a_larger_family_widens_the_interval(made):
    made.row("grade", "good", 2.0)
    made.row("grade", "poor", 1.0, seed=1)

    def width(**rules: object) -> float:
        decision = made.judged(CONTRAST, rules=rules)["finding"]["decision"]
        return decision["high"] - decision["low"]

    assert width(family=26) > 1.3 * width(family=1)


def test_only_slides_that_all_tested_in_one_fold_count(made):
    made.row("grade", "good", 2.0)
    made.row("grade", "poor", 1.0, seed=1)
    place = made.folder / "evaluation/grade/poor/m/predictions.csv"
    rows = read_csv(place)
    write_csv(place, rows[10:], list(rows[0]))
    assert made.judged(CONTRAST)["facts"]["patients"] == 70


def test_arms_of_another_split_are_refused(made, capsys):
    made.row("grade", "good", 2.0)
    made.row("grade", "poor", 1.0)
    place = made.folder / "evaluation/grade/poor/m/predictions.csv"
    rows = [row | {"fold": (int(row["fold"]) + 1) % 4} for row in read_csv(place)]
    write_csv(place, rows, list(rows[0]))
    assert made.claim(CONTRAST) == 1
    assert "no slide was tested by all of them in the same fold" in capsys.readouterr().err
    assert not (made.folder / "x.json").exists()


def test_a_missing_row_is_named(made, capsys):
    made.row("grade", "good", 2.0)
    assert made.claim(CONTRAST) == 1
    assert "evaluation/grade/poor/m/metrics.json: no such file" in capsys.readouterr().err


def test_an_encoder_on_both_sides_is_refused(made, capsys):
    assert made.claim(CONTRAST | {"second": ["good"]}) == 1
    assert "name good twice; name each once" in capsys.readouterr().err


def test_what_has_no_figure_is_not_judged_and_says_why(made):
    for encoder in ("good", "poor"):
        made.row("grade", encoder, 2.0)
        place = made.folder / f"evaluation/grade/{encoder}/m/predictions.csv"
        rows = [row for row in read_csv(place) if row["grade"] == "1"]
        write_csv(place, rows, list(rows[0]))
    found = made.judged(CONTRAST)
    assert found["finding"] is None
    assert "not judged (the first arm has no figure" in found["sentence"]


INCLUSION = {
    "kind": "inclusion",
    "target": "grade",
    "encoders": ["n", "u", "v", "nu", "nv", "uv", "nuv"],
}
TASKS = {name: list(name) for name in INCLUSION["encoders"]}


def plant(made, gain):
    """Task n (nuclei) helps, or all do; u and v are as good as any other."""
    for place, name in enumerate(INCLUSION["encoders"]):
        made.row("grade", name, 0.4 + gain(name), seed=place, noise=0.7)


def test_each_further_task_that_helps_is_shown(made):
    plant(made, lambda name: 1.2 * (len(name) - 1))
    found = made.judged(INCLUSION, tasks=TASKS)
    assert verdict(found) == "shown"
    assert found["facts"]["trend"]["counts"] == [1, 2, 3]
    assert [row["side"] for row in found["rows"]][3] == "n+u"


def test_fewer_tasks_that_help_reverse_it(made):
    plant(made, lambda name: 1.2 * (3 - len(name)))
    assert verdict(made.judged(INCLUSION, tasks=TASKS)) == "reversed"


def test_the_task_that_helps_is_told_beside(made):
    plant(made, lambda name: 2.0 * ("n" in name))
    found = made.judged(INCLUSION, tasks=TASKS)
    effects = {each["name"]: each["estimate"]["value"] for each in found["beside"]}
    assert effects["n learned"] > 1.5 * max(abs(effects["u learned"]), abs(effects["v learned"]))
    assert (
        max(
            found["facts"]["correlation_of_inclusion"],
            key=found["facts"]["correlation_of_inclusion"].get,
        )
        == "n"
    )


def test_encoders_without_a_trend_are_not_judged(made):
    made.row("grade", "n", 1.0)
    made.row("grade", "u", 1.0, seed=1)
    found = made.judged(INCLUSION | {"encoders": ["n", "u"]}, tasks=TASKS)
    assert "show no trend" in found["sentence"]
