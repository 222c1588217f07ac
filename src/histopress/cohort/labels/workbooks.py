"""Workbooks (.xlsx) as tables of text."""

from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from histopress.cohort.table import Table
from histopress.errors import ManifestError


def read_workbook(path: Path) -> Table:
    """Read the first sheet of a workbook; other sheets are not looked at.

    Cells become the text that saving the sheet as CSV leaves: whole numbers without a point,
    other numbers with every digit, dates as YYYY-MM-DD, the last computed value of a formula.
    Spreadsheets turn some ids into numbers or dates before any reader sees them; where ids have
    leading zeros or look like dates, a CSV file is the safer source.

    Raises
    ------
    ManifestError
        The package openpyxl is not installed, or the file is missing, empty or no workbook.
    """
    try:
        openpyxl: Any = import_module("openpyxl")
    except ImportError:
        raise ManifestError(
            [
                (
                    f"{path}: reading a workbook needs the package openpyxl, which is not here; "
                    "save the sheet as 'CSV UTF-8' and give that file, or install openpyxl"
                )
            ]
        ) from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except OSError as error:
        raise ManifestError([f"{path}: cannot be read ({error.strerror or error})"]) from error
    except Exception as error:  # the library raises whatever its parsers meet
        raise ManifestError(
            [f"{path}: is no workbook that can be read ({error}); save it as 'CSV UTF-8'"]
        ) from error
    try:
        cells = [[_text(cell) for cell in row] for row in book.worksheets[0].values]
    finally:
        book.close()
    filled = [(number, row) for number, row in enumerate(cells, 1) if any(row)]
    if not filled:
        raise ManifestError([f"{path}: its first sheet is empty; the first row names the columns"])
    width = max(len(row) for _, row in filled)
    whole = [(number, row + [""] * (width - len(row))) for number, row in filled]
    return Table(tuple(whole[0][1]), tuple(whole[1:]))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
