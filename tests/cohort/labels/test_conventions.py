from collections.abc import Callable
from pathlib import Path

import pytest

from histopress.cohort.labels.conventions import coding_of, find_follow_up, recognise
from histopress.cohort.labels.links import link_slides
from histopress.cohort.labels.tables import LabelTable, read_label_table
from histopress.errors import ManifestError

Make = Callable[..., LabelTable]


@pytest.mark.parametrize(
    ("columns", "convention", "patient", "slide"),
    [
        ("case_id slide_id label", "clam", "case_id", "slide_id"),
        ("PATIENT isMSIH", "stamp-clini", "PATIENT", None),
        ("PATIENT FILENAME", "stamp-slide", "PATIENT", "FILENAME"),
        ("PATIENT_ID SAMPLE_ID OS_STATUS", "cbioportal", "PATIENT_ID", None),
        ("slide_id grade", "own", None, "slide_id"),
    ],
)
def test_conventions(
    table: Make, columns: str, convention: str, patient: str | None, slide: str | None
) -> None:
    keys = recognise(table(columns, []))
    assert (keys.convention, keys.patient, keys.slide) == (convention, patient, slide)


def test_no_key_and_two_keys_are_refused(table: Make) -> None:
    with pytest.raises(ManifestError, match="no column names slide or patient"):
        recognise(table("mitosis score", []))
    with pytest.raises(ManifestError, match="'case_id', 'PATIENT' all name the patient"):
        recognise(table("case_id PATIENT", []))


def test_each_endpoint_has_its_own_columns(table: Make) -> None:
    both = table("case_id survival_months censorship survival_months_dss censorship_dss", [])
    assert find_follow_up(both).event == "censorship"
    assert find_follow_up(both, "dss").event == "censorship_dss"
    portal = find_follow_up(table("PATIENT_ID DFS_MONTHS DFS_STATUS", []), "dfs")
    assert (portal.unit, portal.coding) == ("months", "event")
    assert find_follow_up(table("case_id OS_days OS_event", [])).unit == "days"


def test_no_endpoint_and_two_of_them_are_refused(table: Make) -> None:
    with pytest.raises(ManifestError, match="endpoint 'pfi': the table has no columns"):
        find_follow_up(table("case_id survival_months censorship", []), "PFI")
    with pytest.raises(ManifestError, match="holds it twice, in 'survival_months'"):
        find_follow_up(table("case_id survival_months censorship OS_MONTHS OS_STATUS", []))


def test_censoring_is_told_by_name() -> None:
    assert [coding_of(name) for name in ("Censored", "censorship_pfi", "status")] == [
        *("censorship", "censorship", "event"),
    ]


def test_slides_get_the_row_of_their_patient(table: Make) -> None:
    clini = table("PATIENT grade", ["p1 low", "p2 high", "p3 low"])
    slides = table("FILENAME PATIENT", ["a p1", "b p1", "c p2", "d p9"])
    linked = link_slides(clini, slides)
    assert recognise(linked).convention == "stamp-slide"
    found = [(r.number, r.cells["FILENAME"], r.cells["grade"]) for r in linked.rows]
    assert found == [(2, "a", "low"), (2, "b", "low"), (3, "c", "high")]


def test_links_need_both_columns_and_one_row_a_patient(table: Make) -> None:
    slides = table("FILENAME PATIENT", ["a p1"])
    with pytest.raises(ManifestError, match="row 3: the patient stands in row 2 too"):
        link_slides(table("PATIENT grade", ["p1 low", "p1 low"]), slides)
    with pytest.raises(ManifestError, match="lacks PATIENT and FILENAME"):
        link_slides(slides, table("PATIENT grade", ["p1 low"]))


@pytest.mark.parametrize(
    ("cohort", "slides", "patients"), [("BRCA", 1134, 1062), ("CRC", 1971, 616)]
)
def test_stamp_slide_tables_are_read(data: Path, cohort: str, slides: int, patients: int) -> None:
    table = read_label_table(data / "tables" / f"TCGA-{cohort}-DX_SLIDE.csv")
    assert recognise(table).convention == "stamp-slide"
    assert len({row.cells["FILENAME"] for row in table.rows}) == len(table.rows) == slides
    assert len({row.cells["PATIENT"] for row in table.rows}) == patients


def test_stamp_labels_reach_slides_by_way_of_the_slide_table(data: Path) -> None:
    """Of 628 patients 614 have a slide; 2 patients (5 slides) of the slide table have no labels."""
    pytest.importorskip("openpyxl")
    clini = read_label_table(data / "tables" / "TCGA-CRC-DX_CLINI.xlsx")
    slides = read_label_table(data / "tables" / "TCGA-CRC-DX_SLIDE.csv")
    linked = link_slides(clini, slides)
    assert len(linked.rows) == 1971 - 5
    assert len({row.cells["PATIENT"] for row in linked.rows}) == 616 - 2
