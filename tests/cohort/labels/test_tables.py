import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from histopress.cohort.labels.tables import LabelTable, number_slides, read_label_table
from histopress.errors import ManifestError

Write = Callable[..., Path]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize(("name", "separator"), [("t.csv", ","), ("t.csv", ";"), ("t.tsv", "\t")])
def test_separators_and_byte_order_marks_make_no_difference(
    write: Write, name: str, separator: str, encoding: str
) -> None:
    text = "PATIENT,FILENAME\r\np1,a.svs\r\np2,b.svs\r\n".replace(",", separator)
    table = read_label_table(write(text, name, encoding))
    assert table.columns == ("PATIENT", "FILENAME")
    assert table.rows[1] == (3, {"PATIENT": "p2", "FILENAME": "b.svs"})


def test_the_index_that_data_frames_write_is_no_column(write: Write) -> None:
    table = read_label_table(write(",case_id,label\n0,p1,x\n1,p2,y\n"))
    assert table.columns == ("case_id", "label")
    assert table.rows[0].cells == {"case_id": "p1", "label": "x"}


def test_comments_of_cbioportal_stand_before_the_header(write: Write) -> None:
    text = "#Patient Identifier\tStatus\n#STRING\tSTRING\nPATIENT_ID\tOS_STATUS\np1\t0:LIVING\n"
    table = read_label_table(write(text, "data_clinical_patient.tsv"))
    assert table.columns == ("PATIENT_ID", "OS_STATUS")
    assert table.rows == ((4, {"PATIENT_ID": "p1", "OS_STATUS": "0:LIVING"}),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("slide_id,label,label\na,1,2\n", "column 'label' stands twice"),
        ("slide_id,label\n", "no rows"),
        ("#slide_id,label\n#a,b\n", "no rows"),
        ("slide_id,label\na,1\nb,1,2\nc\n", "row 3: 3 fields, the header has 2"),
        ("slide_id,,label\na,1,2\n", "column 2 has values and no name"),
    ],
)
def test_tables_that_cannot_be_trusted_are_refused(write: Write, text: str, told: str) -> None:
    with pytest.raises(ManifestError, match=told):
        read_label_table(write(text))


def test_a_missing_column_is_told_with_the_one_that_may_be_meant(
    table: Callable[..., LabelTable],
) -> None:
    with pytest.raises(ManifestError, match="no column 'Grade'; is 'grade' meant"):
        table("slide_id grade", ["a 1"]).require("slide_id", "Grade")


def test_many_faults_are_told_as_ten_and_a_number(write: Write) -> None:
    with pytest.raises(ManifestError) as error:
        read_label_table(write("a,b\n" + "1\n" * 13))
    assert len(error.value.faults) == 11
    assert error.value.faults[9].endswith(
        "row 11: 1 fields, the header has 2; put values that hold the separator in double quotes"
    )
    assert error.value.faults[10] == "and 3 more of this kind"


def test_rows_without_a_header_are_numbered_from_the_first_line(write: Write) -> None:
    table = number_slides(
        read_label_table(write("1,-0.5\n3,0.5\n\n"), columns=("mitosis", "score")), prefix="TR-"
    )
    assert [row.cells["slide_id"] for row in table.rows] == ["TR-001", "TR-002"]
    assert table.rows[0].cells["mitosis"] == "1"


@pytest.mark.parametrize("text", ["\n1,2\n3,4\n", "1,2\n\n3,4\n"])
def test_a_blank_line_would_shift_slides_and_is_refused(write: Write, text: str) -> None:
    with pytest.raises(ManifestError, match="a blank line before row 3"):
        read_label_table(write(text), columns=("a", "b"))


def test_names_must_fit_and_numbering_is_for_tables_without_a_header(write: Write) -> None:
    with pytest.raises(ManifestError, match="has 2 columns, 1 names are given"):
        read_label_table(write("1,2\n"), columns=("a",))
    with pytest.raises(ManifestError, match="do not count from 1"):
        number_slides(read_label_table(write("a,b\n1,2\n")))
    with pytest.raises(ManifestError, match="has a column 'slide_id'"):
        number_slides(read_label_table(write("1,2\n"), columns=("slide_id", "b")))


def test_the_truth_of_tupac16_has_500_rows_and_lacks_nothing(data: Path) -> None:
    path = data / "tables" / "tupac16_training_ground_truth.csv"
    table = number_slides(read_label_table(path, columns=("mitosis", "proliferation")))
    assert len(table.rows) == 500
    assert table.rows[499].cells == {
        "slide_id": "500",
        "mitosis": "2",
        "proliferation": "0.288795563",
    }
    assert all(all(row.cells.values()) for row in table.rows)


def test_without_openpyxl_a_workbook_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ManifestError, match="save the sheet as 'CSV UTF-8'"):
        read_label_table(tmp_path / "clini.xlsx")


def test_a_workbook_reads_as_its_csv_would(tmp_path: Path) -> None:
    from datetime import date

    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (
        ["PATIENT", "age", "score", "born", "alive"],
        ["007", 50.0, 0.22629697091728601, date(1970, 1, 2), True],
        ["008", None, 1e20, None, None],
    ):
        book.active.append(row)
    book.create_sheet("legend").append(["not read"])
    book.save(tmp_path / "clini.xlsx")
    table = read_label_table(tmp_path / "clini.xlsx")
    assert tuple(table.rows[0].cells.values()) == (
        *("007", "50", "0.226296970917286", "1970-01-02", "TRUE"),
    )
    assert tuple(table.rows[1].cells.values()) == ("008", "", str(10**20), "", "")


@pytest.mark.parametrize(("cohort", "patients"), [("BRCA", 1097), ("CRC", 628)])
def test_stamp_workbooks_are_read(data: Path, cohort: str, patients: int) -> None:
    pytest.importorskip("openpyxl")
    table = read_label_table(data / "tables" / f"TCGA-{cohort}-DX_CLINI.xlsx")
    assert len({row.cells["PATIENT"] for row in table.rows}) == len(table.rows) == patients


def test_what_is_no_workbook_is_refused(write: Write) -> None:
    pytest.importorskip("openpyxl")
    with pytest.raises(ManifestError, match="is no workbook that can be read"):
        read_label_table(write("PATIENT,label\n", "clini.xlsx"))
    with pytest.raises(ManifestError, match="cannot be read"):
        read_label_table(Path("nowhere.xlsx"))
