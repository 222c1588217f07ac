from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from histopress.cohort.labels.conventions import FollowUp, find_follow_up, recognise
from histopress.cohort.labels.join import Join, join_table
from histopress.cohort.labels.tables import LabelTable, number_slides, read_label_table
from histopress.cohort.labels.values import class_labels, number_labels, survival_labels
from histopress.errors import ManifestError

Make = Callable[..., LabelTable]
PATIENTS = {"a": "p", "b": "p", "c": "q", "d": "r"}
MONTHS = FollowUp(time="t", event="e", unit="months", coding="event")


def joined(make: Make, columns: str, rows: Sequence[str]) -> Join:
    return join_table(make(columns, rows), PATIENTS)


def test_classes_of_slides_with_what_is_left_out(table: Make) -> None:
    join = joined(table, "slide_id label", ["b 10", "a 9", "c unknown"])
    labels = class_labels(join, "label", level="slide")
    assert labels.classes == ("9", "10")
    assert labels.units.ids == ("a", "b")
    assert labels.codes.tolist() == [0, 1]
    assert labels.units.left_out == {"c": "label missing", "d": "not in the label table"}
    assert labels.units.counts == {
        "labelled": 2,
        "label missing": 1,
        "not in the label table": 1,
    }


def test_a_patient_has_one_label_for_all_slides(table: Make) -> None:
    join = joined(table, "PATIENT label", ["q no", "p yes"])
    labels = class_labels(join, "label", level="patient", classes=("yes", "no"))
    assert labels.units.ids == ("p", "q")
    assert labels.codes.tolist() == [0, 1]
    assert labels.units.of_slide == {"a": 0, "b": 0, "c": 1}


def test_a_slide_that_says_nothing_stays_out_though_its_patient_has_a_label(table: Make) -> None:
    join = joined(table, "slide_id label", ["a yes", "b -", "c no"])
    labels = class_labels(join, "label", level="patient")
    assert labels.units.of_slide == {"a": 0, "c": 1}
    assert labels.units.left_out["b"] == "label missing"


def test_contradictions_of_a_patient_are_one_error_that_names_slides(table: Make) -> None:
    rows = ["a yes", "b no", "c no", "d yes"]
    join = joined(table, "slide_id label", rows)
    assert class_labels(join, "label", level="slide").codes.tolist() == [1, 0, 0, 1]
    with pytest.raises(ManifestError) as error:
        class_labels(join, "label", level="patient")
    assert error.value.faults == (
        (
            "labels.csv, column 'label': slides of one patient disagree: 'a' (row 2), 'b' (row 3); "
            "correct the labels, or read them at slide level"
        ),
    )


def test_rows_of_one_slide_that_disagree_are_refused_and_equal_ones_are_one(table: Make) -> None:
    join = joined(table, "slide_id score", ["a 1", "a.svs 1.0", "c 2"])
    assert number_labels(join, "score", level="slide").values.tolist() == [1.0, 2.0]
    join = joined(table, "slide_id score", ["a 1", "a.svs 2"])
    with pytest.raises(ManifestError, match="rows of one slide disagree: 'a' .row 2., 'a' .row 3"):
        number_labels(join, "score", level="slide")


def test_twelve_contradictions_tell_ten(table: Make) -> None:
    patients = {f"{k:02}{end}": f"p{k}" for k in range(12) for end in "xy"}
    rows = [f"{slide} {slide[-1]}" for slide in patients]
    join = join_table(table("slide_id label", rows), patients)
    with pytest.raises(ManifestError) as error:
        class_labels(join, "label", level="patient")
    assert len(error.value.faults) == 11
    assert "'00x' (row 2), '00y' (row 3)" in error.value.faults[0]
    assert error.value.faults[10] == "and 2 more of this kind"


def test_listed_classes_are_the_only_ones_and_may_be_a_missing_word(table: Make) -> None:
    join = joined(table, "slide_id label", ["a yes", "b unknown", "c maybe"])
    with pytest.raises(ManifestError, match="row 4: column 'label': 'maybe' is not a class"):
        class_labels(join, "label", level="slide", classes=("yes", "unknown"))
    join = joined(table, "slide_id label", ["a yes", "b unknown"])
    found = class_labels(join, "label", level="slide", classes=("yes", "unknown"))
    assert found.codes.tolist() == [0, 1]


def test_one_class_two_spellings_and_no_label_are_refused(table: Make) -> None:
    with pytest.raises(ManifestError, match="every label is 'x'"):
        class_labels(joined(table, "slide_id label", ["a x", "b x"]), "label", level="slide")
    with pytest.raises(ManifestError, match="classes '0' and '0.0' are one number"):
        join = joined(table, "slide_id label", ["a 0", "b 0.0", "c 1"])
        class_labels(join, "label", level="slide")
    with pytest.raises(ManifestError, match="holds no label"):
        number_labels(joined(table, "slide_id label", ["a NA"]), "label", level="slide")


def test_cells_that_are_no_numbers_are_told_with_their_rows(table: Make) -> None:
    join = joined(table, "slide_id score", ["a 1,5", "b x", "c 2", "z never-read"])
    with pytest.raises(ManifestError) as error:
        number_labels(join, "score", level="slide")
    assert error.value.faults == (
        (
            "labels.csv row 2: column 'score': '1,5' is not a number; write a decimal point; "
            "correct it, or leave the cell empty"
        ),
        (
            "labels.csv row 3: column 'score': 'x' is not a number; correct it, or leave the cell "
            "empty"
        ),
    )


def test_survival_of_patients(table: Make) -> None:
    join = joined(table, "slide_id t e", ["a 3.5 1", "b 3.50 1.0", "c 0 0", "d 4 NA"])
    labels = survival_labels(join, MONTHS)
    assert labels.units.ids == ("p", "q")
    assert labels.times.tolist() == [3.5, 0.0]
    assert labels.times.dtype == np.float64
    assert labels.events.tolist() == [True, False]
    assert labels.events.dtype == np.bool_
    assert (labels.unit, labels.n_events) == ("months", 1)
    assert labels.units.left_out == {"d": "label missing"}


def test_a_patient_with_one_time_and_two_outcomes_is_a_contradiction(table: Make) -> None:
    join = joined(table, "slide_id t e", ["a 3 1", "b 3 0"])
    with pytest.raises(ManifestError, match="'a' .row 2., 'b' .row 3."):
        survival_labels(join, MONTHS)


def test_times_and_events_that_cannot_be_are_told_with_their_rows(table: Make) -> None:
    join = joined(table, "slide_id t e", ["a -1 1", "b x 1", "c 1 2", "d 1 1"])
    with pytest.raises(ManifestError) as error:
        survival_labels(join, MONTHS, level="slide")
    starts = [
        "labels.csv row 2: column 't': '-1' is negative",
        "labels.csv row 3: column 't': 'x' is not a number",
        "labels.csv row 4: column 'e': '2' is not 0 or 1",
    ]
    assert [
        text.startswith(start) for text, start in zip(error.value.faults, starts, strict=True)
    ] == [True] * 3


def test_no_event_and_a_reversed_column_are_refused(table: Make) -> None:
    join = joined(table, "slide_id t censorship", ["a 1 1", "c 2 1"])
    columns = FollowUp(time="t", event="censorship", unit="days", coding="censorship")
    with pytest.raises(ManifestError, match="no event among 2 patients"):
        survival_labels(join, columns)
    reversed_ = FollowUp(time="t", event="censorship", unit="days", coding="event")
    with pytest.raises(ManifestError, match="named for censoring"):
        survival_labels(join, reversed_)


def read(path: Path) -> tuple[LabelTable, dict[str, str]]:
    """Read a table, and the patients of a manifest whose slide ids have no suffix."""
    table = read_label_table(path)
    assert recognise(table).convention == "clam"
    patients = {
        row.cells["slide_id"].removesuffix(".svs"): row.cells["case_id"] for row in table.rows
    }
    return table, patients


@pytest.mark.parametrize("by", ["slide", "patient"])
@pytest.mark.parametrize(
    ("cohort", "endpoint", "patients", "slides", "events", "longest"),
    [
        ("brca", "os", 871, 931, 102, 286.8333333333333),
        ("brca", "pfi", 871, 931, 108, None),
        ("coadread", "os", 298, 301, 58, 150.06666666666666),
        ("coadread", "dss", 298, 301, 37, None),
    ],
)
def test_tcga_survival_has_the_counts_of_its_table(
    data: Path,
    cohort: str,
    endpoint: str,
    patients: int,
    slides: int,
    events: int,
    longest: float | None,
    by: str,
) -> None:
    """Counted apart with pandas: ``drop_duplicates("case_id")``, censorship equal to 0."""
    table, manifest = read(data / "tables" / f"tcga_{cohort}_survival.csv")
    join = join_table(table, manifest, by=by)  # type: ignore[arg-type]
    assert (join.unmatched_slides, join.unmatched_rows) == ((), ())
    labels = survival_labels(join, find_follow_up(table, endpoint))
    assert len(labels.units) == patients
    assert labels.units.counts == {"labelled": slides}
    assert labels.n_events == events
    if longest:
        assert labels.times.max() == longest


def test_tupac16_scores_join_by_the_number_of_the_row(data: Path) -> None:
    path = data / "tables" / "tupac16_training_ground_truth.csv"
    table = number_slides(read_label_table(path, columns=("mitosis", "score")), prefix="TUPAC-TR-")
    patients = {f"TUPAC-TR-{k:03}": f"p{k}" for k in range(1, 493)}
    join = join_table(table, patients)
    assert join.unmatched_rows == tuple(range(493, 501))
    assert number_labels(join, "score", level="slide").values[[0, 1]].tolist() == [
        *(-0.857943444, 0.525463961),
    ]
    grades = class_labels(
        join_table(table, patients | {f"TUPAC-TR-{k}": f"p{k}" for k in range(493, 501)}),
        "mitosis",
        level="patient",
    )
    assert np.bincount(grades.codes).tolist() == [236, 117, 147]
