"""Digests written into a table, of which every other byte stays as it is."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, zip_longest
from pathlib import Path

from histopress.cohort.columns import rename_columns
from histopress.cohort.table import split_lines
from histopress.errors import ManifestError

COLUMN = "sha256"
_MARK = "\ufeff"
_END = re.compile(r"\r\n|\r|\n")

Span = tuple[int, int]
"""Where a cell begins and ends in the text, quotes included."""


def with_digests(data: bytes, path: Path, digests: Mapping[int, str]) -> bytes:
    r"""Fill cells of the column ``sha256``; it is added on the right where there is none.

    Parameters
    ----------
    data : bytes
        A table that :func:`histopress.cohort.table.read_table` reads without a fault.
    path : Path
        Where it is from; the suffix counts.
    digests : mapping of int to str
        Digest by row number, as the table's reader numbers rows.

    Returns
    -------
    bytes
        Separator, quotes, line ends, order and byte order mark are kept.

    Raises
    ------
    ManifestError
        The table cannot be edited without changing other cells.

    Examples
    --------
    >>> with_digests(b"slide_id;path\r\na;a.svs\r\n", Path("s.csv"), {2: "ff"})
    b'slide_id;path;sha256\r\na;a.svs;ff\r\n'
    """
    text = data.decode("utf-8")
    mark = _MARK if text.startswith(_MARK) else ""
    text = text.removeprefix(_MARK)
    lines, delimiter = split_lines(text, path.suffix)
    header, columns = _header(lines, delimiter)
    column = Column(
        place=columns.index(COLUMN) if COLUMN in columns else None,
        header=header,
        cells=digests if COLUMN in columns else {header: COLUMN, **digests},
    )
    edited = "".join(_edited(text, delimiter, column))
    wanted = map(column.of, count(1), _read(lines, delimiter))
    found = _read(split_lines(edited, path.suffix)[0], delimiter)
    for number, (row, other) in enumerate(zip_longest(found, wanted), 1):
        if row != other:
            fault = (
                f"{path} row {number}: cannot be edited without changing other cells; write the "
                "sha256 yourself, or save the table anew as CSV"
            )
            raise ManifestError([fault])
    return (mark + edited).encode("utf-8")


@dataclass(frozen=True, kw_only=True)
class Column:
    """What is written where.

    Attributes
    ----------
    place : int or None
        Number of the column; None to add one on the right.
    header : int
        Number of the row that names the columns.
    cells : mapping of int to str
        Cells by number of their row.
    """

    place: int | None
    header: int
    cells: Mapping[int, str]

    def of(self, number: int, row: list[str]) -> list[str]:
        """Give a row as it is to be."""
        if self.place is None:
            return [*row, self.cells.get(number, "")] if self.grows(number, row) else row
        if number not in self.cells:
            return row
        return [*row[: self.place], self.cells[number], *row[self.place + 1 :]]

    def grows(self, number: int, row: Sequence[str]) -> bool:
        """Whether a row gets another cell: blank ones and what stands above do not."""
        return self.place is None and number >= self.header and not _is_blank(row)


def _is_blank(row: Sequence[str]) -> bool:
    return not any(cell.strip().strip('"').strip() for cell in row)


def _read(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=delimiter, strict=True)


def _header(lines: list[str], delimiter: str) -> tuple[int, tuple[str, ...]]:
    """Find number and columns of the first row that is not blank."""
    for number, row in enumerate(_read(lines, delimiter), 1):
        if any(cell.strip() for cell in row):
            return number, rename_columns([cell.strip() for cell in row])
    raise ManifestError(["the table is empty; the first line names the columns"])


def _edited(text: str, delimiter: str, column: Column) -> Iterator[str]:
    """Give the text in pieces, with the cells put in."""
    done = 0
    for number, spans in enumerate(_rows(text, delimiter), 1):
        if column.grows(number, [text[start:end] for start, end in spans]):
            yield text[done : spans[-1][1]] + delimiter + column.cells.get(number, "")
            done = spans[-1][1]
        elif column.place is not None and number in column.cells and column.place < len(spans):
            start, end = spans[column.place]
            yield text[done:start] + column.cells[number]
            done = end
    yield text[done:]


def _rows(text: str, delimiter: str) -> Iterator[list[Span]]:
    """Find the cells of each row, blank rows included, as a reader of CSV does."""
    stop = re.compile(rf"{re.escape(delimiter)}|\r\n|\r|\n")
    spans: list[Span] = []
    start = 0
    while start < len(text) or spans:
        end = _closing(text, start)
        found = stop.search(text, end)
        end = found.start() if found else len(text)
        spans.append((start, end))
        start = found.end() if found else len(text)
        if not found or _END.fullmatch(found[0]):
            yield spans
            spans = []
            if not found:
                return


def _closing(text: str, start: int) -> int:
    """Find where a cell's quotes close; where it has none, its beginning."""
    if not text.startswith('"', start):
        return start
    place = start + 1
    while True:
        place = text.find('"', place)
        if place < 0:
            return len(text)
        if not text.startswith('"', place + 1):
            return place + 1
        place += 2
