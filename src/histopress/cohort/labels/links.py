"""Labels of patients brought to their slides by a second table."""

from histopress.cohort.labels.conventions import recognise
from histopress.cohort.labels.faults import listed
from histopress.cohort.labels.tables import LabelRow, LabelTable
from histopress.errors import ManifestError


def link_slides(clini: LabelTable, slides: LabelTable) -> LabelTable:
    """Give each slide of STAMP's SLIDE table the row of its patient in the CLINI table.

    Needed where the manifest's patient ids are not those of the table, so that only slide names
    can join. Rows keep the numbers of the CLINI table; patients without a slide there, and slides
    without a patient, are left out: the join counts them as not in the table.

    Raises
    ------
    ManifestError
        A table lacks its columns, or a patient has two rows in the CLINI table.
    """
    patient, slide = recognise(slides).patient, recognise(slides).slide
    key = recognise(clini).patient
    if patient is None or slide is None or key is None:
        lacking = clini if key is None else slides
        needed = "PATIENT" if key is None else "PATIENT and FILENAME"
        raise ManifestError(
            [f"{lacking.name}: lacks {needed}; columns found: {listed(lacking.columns)}"]
        )
    by_patient: dict[str, LabelRow] = {}
    for row in clini.rows:
        if by_patient.setdefault(row.cells[key], row) is not row:
            first = by_patient[row.cells[key]].number
            raise ManifestError(
                [f"{clini.name} row {row.number}: the patient stands in row {first} too; keep one"]
            )
    rows = tuple(
        LabelRow(
            by_patient[link.cells[patient]].number,
            {**by_patient[link.cells[patient]].cells, slide: link.cells[slide]},
        )
        for link in slides.rows
        if link.cells[patient] in by_patient
    )
    columns = tuple(dict.fromkeys((*clini.columns, slide)))
    return LabelTable(name=clini.name, columns=columns, rows=rows)
