"""Tables of text as people save them: comma, semicolon or tab, with or without a BOM."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from histopress.errors import ManifestError

DELIMITERS = (",", ";", "\t")
TABBED = (".tsv", ".txt")
"""Endings of tables that are separated by tabs; cBioPortal writes ``.txt``."""


@dataclass(frozen=True)
class Table:
    """Cells of a table, stripped of surrounding blanks.

    Attributes
    ----------
    header : tuple of str
        As written.
    rows : tuple of (int, list of str)
        Row number as a spreadsheet shows it (the header is row 1) and cells; blank rows are
        left out.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, list[str]], ...]


def read_table(path: Path) -> Table:
    """Read a .csv, .tsv or .txt file.

    A .tsv or .txt is separated by tabs. A .csv is separated by whichever of comma, semicolon and
    tab splits the header into most columns: spreadsheets of many countries write semicolons.

    Raises
    ------
    ManifestError
        The file is missing, not UTF-8, empty, or its quotes do not close.
    """
    lines, delimiter = split_lines(_read_text(path), path.suffix)
    try:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        cells = [(number, [cell.strip() for cell in row]) for number, row in enumerate(reader, 1)]
    except csv.Error as error:
        raise ManifestError(
            [f"{path}: cannot be read as a table ({error}); look for a quote that does not close"]
        ) from error
    filled = [(number, row) for number, row in cells if any(row)]
    if not filled:
        raise ManifestError([f"{path}: is empty; the first line names the columns"])
    return Table(tuple(filled[0][1]), tuple(filled[1:]))


def split_lines(text: str, suffix: str) -> tuple[list[str], str]:
    """Split a table's text into lines, and find what separates its cells.

    A hint of the separator in the first line is blanked, so that row numbers stay.
    """
    lines, delimiter = _split_hint(list(io.StringIO(text, newline="")))
    if delimiter is None:
        delimiter = "\t" if suffix.lower() in TABBED else _guess_delimiter(lines)
    return lines, delimiter


def _read_text(path: Path) -> str:
    if path.suffix.lower() not in {".csv", *TABBED}:
        raise ManifestError([f"{path}: is not a table; allowed are .csv, .tsv and .txt"])
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ManifestError(
            [f"{path}: cannot be read ({error.strerror}); is the path right?"]
        ) from error
    except UnicodeDecodeError as error:
        byte = f"byte {error.object[error.start]:#04x} at position {error.start}"
        fault = f"{path}: is not UTF-8 ({byte}); save it as 'CSV UTF-8'"
        raise ManifestError([fault]) from error


def _split_hint(lines: list[str]) -> tuple[list[str], str | None]:
    """Take off the line ``sep=;`` that some spreadsheets write; a blank keeps the row numbers."""
    if lines and lines[0].lower().startswith("sep=") and lines[0].rstrip("\r\n")[4:]:
        return ["\n", *lines[1:]], lines[0][4]
    return lines, None


def _guess_delimiter(lines: list[str]) -> str:
    header = next((line for line in lines if line.strip()), "")
    return max(
        DELIMITERS, key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter)))
    )
