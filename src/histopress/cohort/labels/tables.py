"""Tables of labels, with or without a header, as text."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from histopress.cohort.labels.faults import listed, refuse
from histopress.cohort.labels.workbooks import read_workbook
from histopress.cohort.table import Table, read_table
from histopress.errors import ManifestError


class LabelRow(NamedTuple):
    """One row: its number as a spreadsheet shows it, and its cells by column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class LabelTable:
    """Cells of a label table, stripped of surrounding blanks.

    Attributes
    ----------
    name : str
        What messages call it: its path.
    columns : tuple of str
        As written; a column without a name (the index that data frames write) is left out.
    rows : tuple of LabelRow
        In the order of the file.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[LabelRow, ...]

    def require(self, *columns: str) -> None:
        """Refuse a column that is not there; raises :class:`ManifestError` naming a near one."""
        faults = []
        for column in columns:
            if column not in self.columns:
                near = get_close_matches(column, self.columns, n=1, cutoff=0.7)
                hint = f"is '{near[0]}' meant? " if near else ""
                found = f"columns found: {listed(self.columns)}"
                faults.append(f"{self.name}: no column '{column}'; {hint}{found}")
        if faults:
            raise ManifestError(faults)


def read_label_table(path: Path, *, columns: Sequence[str] | None = None) -> LabelTable:
    """Read a label table: .csv, .tsv or .xlsx.

    Separators, byte order marks and quotes are read as in manifests
    (:func:`histopress.cohort.table.read_table`). Lines before the header that begin with ``#``,
    as cBioPortal's clinical files have them, are left out. Of a workbook the first sheet is read.

    Parameters
    ----------
    path : Path
    columns : sequence of str, optional
        Names of the columns of a table that has no header; its first line is then a row. Such a
        table may hold no blank line, because its rows often stand for slides by their number.

    Raises
    ------
    ManifestError
        The file cannot be read, has no rows, a column name twice, values in a column without a
        name, a row of another length, or (without a header) a blank line or another number of
        columns than names.
    """
    table = read_workbook(path) if path.suffix.lower() == ".xlsx" else read_table(path)
    table = _without_header(table, columns, path) if columns else _below_comments(table)
    repeated = [name for name, times in Counter(table.header).items() if name and times > 1]
    if repeated:
        names = ", ".join(f"'{name}'" for name in repeated)
        raise ManifestError([f"{path}: column {names} stands twice; rename or remove one"])
    if not table.rows:
        raise ManifestError([f"{path}: has a header and no rows; add one row a slide or patient"])
    width = len(table.header)
    refuse(
        (
            number,
            (
                f"{path} row {number}: {len(cells)} fields, the header has {width}; put values "
                "that hold the separator in double quotes"
            ),
        )
        for number, cells in table.rows
        if len(cells) != width
    )
    _refuse_unnamed(table, path)
    rows = tuple(
        LabelRow(
            number,
            {name: cell for name, cell in zip(table.header, cells, strict=True) if name},
        )
        for number, cells in table.rows
    )
    return LabelTable(
        name=str(path), columns=tuple(name for name in table.header if name), rows=rows
    )


def number_slides(table: LabelTable, *, prefix: str = "", width: int = 3) -> LabelTable:
    """Name the slides of a table whose rows are slides by their number: 001, 002, ….

    TUPAC16's ground truth is such a table: line 1 belongs to the first slide. Only for tables
    read with ``columns=``, whose row numbers count from 1 without a gap.

    Raises
    ------
    ManifestError
        The table has a column ``slide_id``, or its rows do not count from 1.

    Examples
    --------
    >>> rows = (LabelRow(1, {"score": "2"}), LabelRow(2, {"score": "3"}))
    >>> table = LabelTable(name="truth.csv", columns=("score",), rows=rows)
    >>> [row.cells["slide_id"] for row in number_slides(table, prefix="TR-").rows]
    ['TR-001', 'TR-002']
    """
    if "slide_id" in table.columns:
        raise ManifestError(
            [f"{table.name}: has a column 'slide_id'; its rows need no numbering, join by it"]
        )
    if [row.number for row in table.rows] != list(range(1, len(table.rows) + 1)):
        raise ManifestError(
            [
                (
                    f"{table.name}: rows do not count from 1, so they cannot name slides; read the "
                    "table without a header, in the order of its file"
                )
            ]
        )
    rows = tuple(
        LabelRow(row.number, {"slide_id": f"{prefix}{row.number:0{width}}", **row.cells})
        for row in table.rows
    )
    return LabelTable(name=table.name, columns=("slide_id", *table.columns), rows=rows)


def _without_header(table: Table, columns: Sequence[str], path: Path) -> Table:
    if len(columns) != len(table.header):
        fault = f"{path}: has {len(table.header)} columns, {len(columns)} names are given"
        raise ManifestError([f"{fault} ({', '.join(columns)}); name each column"])
    # What was taken for the header has lost its number: it is 1 only if row 2 follows at once.
    for due, (number, _) in enumerate(table.rows, 2):
        if number != due:
            fault = f"{path}: a blank line before row {number}; a table without a header may have "
            advice = "none, because its rows may be slides by number; remove the line"
            raise ManifestError([f"{fault}{advice}, or write the missing row"])
    return Table(tuple(columns), ((1, list(table.header)), *table.rows))


def _below_comments(table: Table) -> Table:
    if not table.header[0].startswith("#"):
        return table
    rest = [row for row in table.rows if not row[1][0].startswith("#")]
    return Table(tuple(rest[0][1]), tuple(rest[1:])) if rest else Table(table.header, ())


def _refuse_unnamed(table: Table, path: Path) -> None:
    """Only a first column without a name is an index; elsewhere a name was forgotten."""
    for place, name in enumerate(table.header):
        if place and not name and any(cells[place] for _, cells in table.rows):
            raise ManifestError([f"{path}: column {place + 1} has values and no name; name it"])
