from collections.abc import Callable

import pytest
from pydantic import TypeAdapter, ValidationError

from histopress.cohort.manifest import Manifest
from histopress.cohort.settings import ProtocolSettings, TargetSettings
from histopress.cohort.targets import order_classes, slide_labels
from histopress.errors import ConfigError, ManifestError

Cohort = Callable[..., Manifest]
ROWS = [("A", "p", "no"), ("B", "q", "yes"), ("C", "q", ""), ("D", "r", "yes")]


def test_labels_become_places_of_classes(cohort: Cohort) -> None:
    labels = slide_labels(cohort(ROWS), "t", TargetSettings(column="tumour"), seed=1)
    assert labels.classes == ("no", "yes")
    assert labels.codes == {"A": 0, "B": 1, "D": 1}
    assert labels.unlabelled == ("C",)
    assert labels.positive == 1
    assert not labels.permuted


def test_declared_order_and_positive_class_are_kept(cohort: Cohort) -> None:
    settings = TargetSettings(column="tumour", classes=("yes", "no"), positive="yes")
    labels = slide_labels(cohort(ROWS), "t", settings, seed=1)
    assert labels.classes == ("yes", "no")
    assert labels.codes == {"A": 1, "B": 0, "D": 0}
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
            "target 't', column 'tumour': every labelled slide is 'yes'; at least two classes",
        ),
        ([("A", "p", "")], {}, ManifestError, "column 'tumour': no slide has a label"),
        (
            [("A", "p", "no"), ("B", "q", "maybe")],
            {"classes": ("no", "yes")},
            ManifestError,
            (
                "slide 'B': label 'maybe' of target 't', column 'tumour' is not a class; "
                "allowed are 'no', 'yes', or an empty cell"
            ),
        ),
        (
            [("A", "p", "no"), ("B", "q", "NA")],
            {},
            ManifestError,
            "slide 'B': label 'NA' of target 't', column 'tumour' looks like a missing value",
        ),
        (
            [("A", "pat", "no"), ("B", "pat", "yes"), ("C", "q", "no")],
            {"level": "patient"},
            ManifestError,
            (
                "target 't' belongs to the patient, but slides of one patient disagree: "
                "'A' is 'no' and 'B' is 'yes'"
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
        slide_labels(cohort(rows), "t", TargetSettings(column="tumour", **settings), seed=1)
    assert message in str(caught.value)
    assert "'pat'" not in str(caught.value)


def test_missing_words_may_be_declared(cohort: Cohort) -> None:
    settings = TargetSettings(column="tumour", classes=("NA", "no"))
    rows = [("A", "p", "no"), ("B", "q", "NA")]
    assert slide_labels(cohort(rows), "t", settings, seed=1).codes == {"A": 1, "B": 0}


def test_the_control_shuffles_labels_by_seed_and_not_by_row(cohort: Cohort) -> None:
    rows = [(f"S{i:02}", f"p{i}", "yes" if i < 15 else "no") for i in range(30)]
    settings = TargetSettings(column="tumour", permute=3)
    true = slide_labels(cohort(rows), "t", TargetSettings(column="tumour"), seed=1)
    first = slide_labels(cohort(rows), "t", settings, seed=1)
    assert first.permuted
    assert sorted(first.codes.values()) == sorted(true.codes.values())
    assert first.codes != true.codes
    assert slide_labels(cohort(rows[::-1]), "t", settings, seed=1).codes == first.codes
    other = TargetSettings(column="tumour", permute=4)
    assert slide_labels(cohort(rows), "t", other, seed=1).codes != first.codes
    assert slide_labels(cohort(rows), "t", settings, seed=2).codes != first.codes


def test_the_control_keeps_a_patient_together_at_patient_level(cohort: Cohort) -> None:
    rows = [(f"S{i:02}", f"p{i // 3}", "yes" if i < 15 else "no") for i in range(30)]
    settings = TargetSettings(column="tumour", permute=3, level="patient")
    codes = slide_labels(cohort(rows), "t", settings, seed=1).codes
    for patient in range(10):
        assert len({codes[f"S{patient * 3 + k:02}"] for k in range(3)}) == 1
    assert sum(codes.values()) == 15
    assert codes != slide_labels(cohort(rows), "t", TargetSettings(column="tumour"), seed=1).codes


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (TargetSettings, {"column": ""}),
        (TargetSettings, {"column": "x", "classes": ["one"]}),
        (TargetSettings, {"column": "x", "level": "block"}),
        (TargetSettings, {"column": "x", "permute": -1}),
        (TargetSettings, {"column": "x", "colum": "y"}),
        (ProtocolSettings, {"folds": 2}),
    ],
)
def test_settings_out_of_bounds_are_refused(model: type, values: dict) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(model).validate_python(values)
