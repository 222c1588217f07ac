from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from histopress.cohort.labels.order import order_classes
from histopress.cohort.labels.outcome import Outcome
from histopress.cohort.labels.sources import read_source
from histopress.cohort.labels.tables import LabelRow, LabelTable
from histopress.cohort.manifest import Manifest
from histopress.cohort.settings import (
    ClassificationTarget,
    ProtocolSettings,
    RegressionTarget,
    SurvivalTarget,
    TableSettings,
)
from histopress.cohort.targets import Labels, slide_labels
from histopress.errors import ConfigError, ManifestError

Cohort = Callable[..., Manifest]
ROWS = [("A", "p", "no"), ("B", "q", "yes"), ("C", "q", ""), ("D", "r", "yes")]


def test_labels_become_places_of_classes(cohort: Cohort) -> None:
    labels = slide_labels(cohort(ROWS), "t", ClassificationTarget(column="tumour"), seed=1)
    assert labels.classes == ("no", "yes")
    assert labels.values == {"A": 0, "B": 1, "D": 1}
    assert labels.left_out == {"C": "label missing"}
    assert labels.strata == {"A": "no", "B": "yes", "D": "yes"}
    assert labels.positive == 1
    assert not labels.permuted


def test_declared_order_and_positive_class_are_kept(cohort: Cohort) -> None:
    settings = ClassificationTarget(column="tumour", classes=("yes", "no"), positive="yes")
    labels = slide_labels(cohort(ROWS), "t", settings, seed=1)
    assert labels.classes == ("yes", "no")
    assert labels.values == {"A": 1, "B": 0, "D": 0}
    assert labels.positive == 0


def test_numbers_are_ordered_by_value() -> None:
    assert order_classes(["10", "2", "-1", "1.5", "2"]) == ("-1", "1.5", "2", "10")
    assert order_classes(["T10", "T2", "N0"]) == ("N0", "T2", "T10")
    assert order_classes(["x²", "1", "nan"]) == ("1", "nan", "x²")


@pytest.mark.parametrize(
    ("rows", "settings", "error", "message"),
    [
        (
            [("A", "p", "yes"), ("B", "q", "yes")],
            {},
            ManifestError,
            "target 't': manifest, column 'tumour': every label is 'yes'; at least two classes",
        ),
        (
            [("A", "p", "")],
            {},
            ManifestError,
            "target 't': manifest: 'tumour' holds no label of a slide",
        ),
        (
            [("A", "p", "no"), ("B", "q", "maybe")],
            {"classes": ("no", "yes")},
            ManifestError,
            (
                "target 't': manifest row 3: column 'tumour': 'maybe' is not a class; "
                "allowed are 'no', 'yes', or an empty cell"
            ),
        ),
        (
            [("A", "pat", "no"), ("B", "pat", "yes"), ("C", "q", "no")],
            {"level": "patient"},
            ManifestError,
            (
                "target 't': manifest, column 'tumour': slides of one patient disagree: "
                "'A' (row 2), 'B' (row 3)"
            ),
        ),
        (ROWS, {"positive": "y"}, ConfigError, "positive is 'y'; allowed are 'no', 'yes'"),
        (
            [*ROWS, ("E", "s", "x")],
            {"positive": "x"},
            ConfigError,
            "positive is given with 3 classes",
        ),
        (ROWS, {"classes": ("no", "yes", "no")}, ConfigError, "a class is listed twice"),
    ],
)
def test_faults_of_labels(
    cohort: Cohort, rows: list, settings: dict, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        slide_labels(cohort(rows), "t", ClassificationTarget(column="tumour", **settings), seed=1)
    assert message in str(caught.value)
    assert "'pat'" not in str(caught.value)


def test_a_word_for_missing_leaves_the_slide_out_of_this_target(cohort: Cohort) -> None:
    rows = [("A", "p", "no"), ("B", "q", "NA"), ("C", "r", "yes")]
    labels = slide_labels(cohort(rows), "t", ClassificationTarget(column="tumour"), seed=1)
    assert labels.left_out == {"B": "label missing"}
    assert labels.classes == ("no", "yes")


def test_missing_words_may_be_declared(cohort: Cohort) -> None:
    settings = ClassificationTarget(column="tumour", classes=("NA", "no"))
    rows = [("A", "p", "no"), ("B", "q", "NA")]
    assert slide_labels(cohort(rows), "t", settings, seed=1).values == {"A": 1, "B": 0}


def test_the_control_shuffles_labels_by_seed_and_not_by_row(cohort: Cohort) -> None:
    rows = [(f"S{i:02}", f"p{i}", "yes" if i < 15 else "no") for i in range(30)]
    settings = ClassificationTarget(column="tumour", permute=3)
    true = slide_labels(cohort(rows), "t", ClassificationTarget(column="tumour"), seed=1)
    first = slide_labels(cohort(rows), "t", settings, seed=1)
    assert first.permuted
    assert sorted(first.values.values()) == sorted(true.values.values())
    assert first.values != true.values
    assert slide_labels(cohort(rows[::-1]), "t", settings, seed=1).values == first.values
    other = ClassificationTarget(column="tumour", permute=4)
    assert slide_labels(cohort(rows), "t", other, seed=1).values != first.values
    assert slide_labels(cohort(rows), "t", settings, seed=2).values != first.values


def test_the_control_keeps_a_patient_together_at_patient_level(cohort: Cohort) -> None:
    rows = [(f"S{i:02}", f"p{i // 3}", "yes" if i < 15 else "no") for i in range(30)]
    settings = ClassificationTarget(column="tumour", permute=3, level="patient")
    codes = slide_labels(cohort(rows), "t", settings, seed=1).values
    for patient in range(10):
        assert len({codes[f"S{patient * 3 + k:02}"] for k in range(3)}) == 1
    assert sum(codes.values()) == 15
    assert (
        codes
        != slide_labels(cohort(rows), "t", ClassificationTarget(column="tumour"), seed=1).values
    )


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (ClassificationTarget, {"column": ""}),
        (ClassificationTarget, {"column": "x", "classes": ["one"]}),
        (ClassificationTarget, {"column": "x", "level": "block"}),
        (ClassificationTarget, {"column": "x", "permute": -1}),
        (ClassificationTarget, {"column": "x", "colum": "y"}),
        (ProtocolSettings, {"folds": 2}),
    ],
)
def test_settings_out_of_bounds_are_refused(model: type, values: dict) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(model).validate_python(values)


def numbers(cohort: Cohort, values: list[str], **keys: object) -> Labels:
    rows = [(f"S{place}", f"p{place}", value) for place, value in enumerate(values)]
    return slide_labels(cohort(rows), "t", RegressionTarget(column="tumour", **keys), seed=1)


def test_numbers_are_labels_and_their_quarters_balance_folds(cohort: Cohort) -> None:
    labels = numbers(cohort, ["8", "1.5", "", "-2", "3"], unit="mm²")
    assert labels.values == {"S0": 8.0, "S1": 1.5, "S3": -2.0, "S4": 3.0}
    assert [labels.strata[f"S{k}"] for k in (3, 1, 4, 0)] == [f"quarter {k}" for k in (1, 2, 3, 4)]
    assert (labels.kind, labels.unit, labels.classes) == ("regression", "mm²", ())
    with pytest.raises(ManifestError, match="row 3: column 'tumour': 'x' is not a number"):
        numbers(cohort, ["1", "x"])
    with pytest.raises(ManifestError, match="every number is 2; there is nothing to learn"):
        numbers(cohort, ["2", "2.0"])


FOLLOW_UP = LabelTable(
    name="follow.csv",
    columns=("case_id", "survival_months", "censorship"),
    rows=tuple(
        LabelRow(number, dict(zip(("case_id", "survival_months", "censorship"), row, strict=True)))
        for number, row in enumerate(
            [("p", "12", "1"), ("q", "3.5", "0"), ("r", "", "0"), ("s", "7", "2")], 2
        )
    ),
)


def test_a_table_brings_outcomes_to_the_slides_of_its_patients(cohort: Cohort) -> None:
    manifest = cohort([*ROWS, ("E", "s", ""), ("F", "z", "")])
    target = SurvivalTarget(table=TableSettings(path="follow.csv"), endpoint="os", competing=("2",))
    labels = slide_labels(manifest, "os", target, seed=1, table=FOLLOW_UP)
    assert labels.values == {
        "A": Outcome(12.0, False),
        "B": Outcome(3.5, True, 1),
        "C": Outcome(3.5, True, 1),
        "E": Outcome(7.0, False, 2),
    }
    assert labels.left_out == {"D": "label missing", "F": "not in the label table"}
    assert labels.strata["A"] == "censored"
    assert labels.strata["B"] == "event"
    assert (labels.level, labels.unit) == ("patient", "months")


def test_a_follow_up_is_named_once(cohort: Cohort) -> None:
    for wrong in (
        SurvivalTarget(),
        SurvivalTarget(time="a"),
        SurvivalTarget(time="a", endpoint="os"),
    ):
        with pytest.raises(ConfigError, match="give the columns 'time' and 'event', or 'endpoint'"):
            slide_labels(cohort(ROWS), "os", wrong, seed=1, table=FOLLOW_UP)


@pytest.mark.parametrize(
    ("file", "patients", "slides", "events"),
    [("tcga_brca_survival.csv", 871, 931, 102), ("tcga_coadread_survival.csv", 298, 301, 58)],
)
def test_published_follow_up_has_the_counts_of_its_table(
    cohort: Cohort, data: Path, file: str, patients: int, slides: int, events: int
) -> None:
    table = read_source(TableSettings(path=file), path=data / "tables" / file)
    rows = [(row.cells["slide_id"], row.cells["case_id"], "") for row in table.rows]
    manifest = cohort(rows)
    labels = slide_labels(manifest, "os", SurvivalTarget(endpoint="os"), seed=1, table=table)
    outcome = {manifest.patients[slide]: value for slide, value in labels.values.items()}
    assert (len(outcome), len(labels.values)) == (patients, slides)
    assert sum(value.event for value in outcome.values()) == events


def test_the_control_moves_patients_within_their_centre(cohort: Cohort) -> None:
    rows = [(f"S{k:02}", f"p{k // 2}", "yes" if k % 4 else "no", "AB"[k // 12]) for k in range(24)]
    labels = slide_labels(
        cohort(rows), "t", ClassificationTarget(column="tumour", permute=1), seed=1
    )
    true = slide_labels(cohort(rows), "t", ClassificationTarget(column="tumour"), seed=1)
    pairs = [tuple(labels.values[f"S{k + i:02}"] for i in (0, 1)) for k in range(0, 24, 2)]
    known = [tuple(true.values[f"S{k + i:02}"] for i in (0, 1)) for k in range(0, 24, 2)]
    assert pairs != known
    assert sorted(pairs[:6]) == sorted(known[:6])
    assert sorted(pairs[6:]) == sorted(known[6:])


def test_tupac16s_table_has_neither_header_nor_names(cohort: Cohort, data: Path) -> None:
    settings = TableSettings(
        path="truth.csv", columns=("mitotic", "proliferation"), numbered="TUPAC-TR-"
    )
    path = data / "tables/tupac16_training_ground_truth.csv"
    table = read_source(settings, path=path)
    manifest = cohort([(f"TUPAC-TR-{k:03}", f"p{k}", "") for k in range(1, 501)])
    grade = ClassificationTarget(table=settings, column="mitotic")
    score = RegressionTarget(table=settings, column="proliferation")
    first = slide_labels(manifest, "grade", grade, seed=1, table=table)
    assert Counter(first.values.values()) == {0: 236, 1: 117, 2: 147}
    assert first.classes == ("1", "2", "3")
    numbers = slide_labels(manifest, "score", score, seed=1, table=table).values
    assert len(numbers) == 500
    lines = path.read_text().splitlines()
    assert numbers["TUPAC-TR-500"] == float(lines[499].split(",")[1])


def test_stamps_tables_join_by_patient(cohort: Cohort, data: Path) -> None:
    clini = TableSettings(path="clini.xlsx", by="patient")
    table = read_source(clini, path=data / "tables/TCGA-CRC-DX_CLINI.xlsx")
    slides = read_source(
        TableSettings(path="slides.csv"), path=data / "tables/TCGA-CRC-DX_SLIDE.csv"
    )
    manifest = cohort([(row.cells["FILENAME"], row.cells["PATIENT"], "") for row in slides.rows])
    column = "MSIStatus"
    target = ClassificationTarget(table=clini, column=column, level="patient")
    labels = slide_labels(manifest, "msi", target, seed=1, table=table)
    owner = {row.cells["PATIENT"]: row.cells[column] for row in table.rows}
    for slide, code in labels.values.items():
        assert labels.classes[code] == owner[manifest.patients[slide]]
    assert len(labels.values) + len(labels.left_out) == len(manifest)
    assert len(labels.values) > 100


@pytest.mark.parametrize("level", ["patient", "slide"])
def test_a_patients_label_goes_to_patients_with_any_number_of_slides(
    cohort: Cohort, level: Literal["patient", "slide"]
) -> None:
    """Else patients with a rare number of slides keep their labels, and the null tells them."""
    rows = [(f"S{p}{k}", f"p{p}", str(p)) for p in range(6) for k in range(p + 1)]
    met = set()
    for seed in range(60):
        settings = RegressionTarget(column="tumour", level=level, permute=seed)
        labels = slide_labels(cohort(rows), "t", settings, seed=1)
        own = [{labels.values[f"S{p}{k}"] for k in range(p + 1)} for p in range(6)]
        assert [len(values) for values in own] == [1] * 6
        assert sorted(value for values in own for value in values) == list(range(6))
        met |= {(p, *values) for p, values in enumerate(own)}
    assert len(met) == 36


def test_slides_that_differ_within_a_patient_move_together_between_patients_alike(
    cohort: Cohort,
) -> None:
    rows = [(f"S{p}{k}", f"p{p}", str(3 * p + k)) for p in range(6) for k in range(1 + p // 3)]
    settings = RegressionTarget(column="tumour", permute=0)
    found = slide_labels(cohort(rows), "t", settings, seed=1).values
    assert sorted(found.values()) == sorted(float(cell) for _, _, cell in rows)
    for p in (3, 4, 5):
        assert found[f"S{p}1"] - found[f"S{p}0"] == 1
