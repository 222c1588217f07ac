import pytest
from pydantic import TypeAdapter, ValidationError

from histopress.cohort.covariates import CovariateSettings, read_covariates
from histopress.errors import ManifestError

AGE = CovariateSettings(kind="number")
STAGE = CovariateSettings(kind="ordered", levels=("I", "II", "III"))
SUBTYPE = CovariateSettings(kind="category")


def read(cells, declared, patients=None):
    return read_covariates(cells, patients or {slide: slide for slide in cells}, declared)


def test_slides_of_a_patient_complete_each_other() -> None:
    cells = {"s2": {"age": "61.0"}, "s1": {"age": "[Not Available]"}, "s3": {"age": "61"}}
    found = read(cells, {"age": AGE}, {"s1": "p", "s2": "p", "s3": "p"})
    assert found == {"p": {"age": "61.0"}}


def test_missing_words_are_missing_unless_declared_as_a_level() -> None:
    cells = {"s1": {"type": "Unknown"}, "s2": {"type": " basal "}}
    assert read(cells, {"type": SUBTYPE}) == {"s1": {"type": None}, "s2": {"type": "basal"}}
    declared = CovariateSettings(kind="category", levels=("basal", "Unknown"))
    assert read(cells, {"type": declared})["s1"] == {"type": "Unknown"}


def test_contradictions_name_slides_and_not_the_patient() -> None:
    cells = {"s1": {"age": "61"}, "s2": {"age": "62"}}
    with pytest.raises(ManifestError, match=r"'s1' \('61'\), 's2' \('62'\)") as caught:
        read(cells, {"age": AGE}, {"s1": "secret", "s2": "secret"})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "setting", "message"),
    [
        ("old", AGE, "column 'c' 'old' is not a number"),
        ("IV", STAGE, "column 'c' 'IV' is not a level; allowed are 'I', 'II', 'III'"),
    ],
)
def test_cells_that_cannot_be_read_are_refused(cell, setting, message) -> None:
    with pytest.raises(ManifestError, match=message):
        read({"s1": {"c": cell}}, {"c": setting})
    with pytest.raises(ManifestError, match="column 'c' is not in the table"):
        read({"s1": {}}, {"c": setting})


def test_many_faults_are_counted() -> None:
    with pytest.raises(ManifestError, match="and 5 more of this kind"):
        read({f"s{place:02}": {"c": "x"} for place in range(15)}, {"c": AGE})


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "ordered"},
        {"kind": "number", "levels": ["a", "b"]},
        {"kind": "category", "levels": ["a", "a"]},
        {"kind": "category", "levels": ["a"]},
        {"kind": "date"},
        {"kind": "number", "unit": "years"},
    ],
)
def test_settings_that_make_no_sense_are_refused(entry) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(CovariateSettings).validate_python(entry)
