"""Patches as picture files that a table lists."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from histopress.cohort.table import read_table
from histopress.patches.faults import refuse
from histopress.patches.settings import CsvSource
from histopress.patches.source import Origin
from histopress.pictures import read_picture

NEEDED = ("path", "label")
KNOWN = (*NEEDED, "slide_id", "patient_id", "center", "part")
PARTS: Mapping[str, Literal["", "training", "validation"]] = {
    "": "",
    "training": "training",
    "validation": "validation",
}


class ListedPatches:
    """Rows of a CSV, in their order; columns other than :data:`KNOWN` are passed over.

    Parameters
    ----------
    source : CsvSource
        The table; its paths are absolute or relative to its folder.
    root : Path
        Folder that the table's own path starts from.

    Raises
    ------
    ManifestError
        The table cannot be read.
    ConfigError
        Columns are missing, cells are empty or not allowed, files are missing or listed twice;
        all faults at once, each with its row.
    """

    spacing_um = None

    def __init__(self, source: CsvSource, *, root: Path) -> None:
        self._table = root / source.path
        rows = read_rows(self._table, needed=NEEDED)
        faults: list[str] = []
        seen: dict[Path, int] = {}
        self._places: list[Path] = []
        for number, row in rows:
            place = self._table.parent / row["path"]
            self._places.append(place)
            where = f"{source.path} row {number}"
            faults += [f"{where}: {fault}" for fault in _faults(row, place)]
            former = seen.setdefault(place, number)
            if former != number and row["path"]:
                faults.append(
                    f"{where}: path '{row['path']}' stands in row {former}, too; keep one"
                )
        refuse(faults)
        self.origins: Sequence[Origin] = tuple(_origin(row) for _, row in rows)

    @property
    def files(self) -> tuple[Path, ...]:
        """The table and all files that it lists."""
        return (self._table, *self._places)

    def read(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        """Read one patch as RGB."""
        return read_picture(self._places[index].read_bytes(), self.origins[index].name)


def read_rows(path: Path, *, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Read a table's rows by column, with their numbers as a spreadsheet shows them.

    Parameters
    ----------
    path : Path
        A .csv or .tsv file.
    needed : sequence of str
        Columns that must be there.

    Raises
    ------
    ManifestError
        The table cannot be read.
    ConfigError
        A column is missing or comes twice, a row is of another length, or there is none.
    """
    table = read_table(path)
    header = table.header
    found = ", ".join(f"'{name}'" for name in header)
    faults = [
        f"{path}: no column '{name}'; columns found: {found}; rename or add it"
        for name in needed
        if name not in header
    ]
    faults += [
        f"{path}: column '{name}' comes {header.count(name)} times; keep one"
        for name in dict.fromkeys(header)
        if name and header.count(name) > 1
    ]
    faults += [
        f"{path} row {number}: {len(cells)} fields, the header has {len(header)}; put values that "
        "hold the separator in double quotes"
        for number, cells in table.rows
        if len(cells) != len(header)
    ]
    if not table.rows:
        faults.append(f"{path}: has a header and no rows; add one row a patch")
    refuse(faults)
    return [(number, dict(zip(header, cells, strict=True))) for number, cells in table.rows]


def _faults(row: Mapping[str, str], place: Path) -> list[str]:
    """Say what is wrong with one row."""
    faults = [f"'{name}' is empty; fill it or remove the row" for name in NEEDED if not row[name]]
    if row.get("part", "") not in PARTS:
        faults.append(
            f"part '{row['part']}' is unknown; allowed are 'training', 'validation' or nothing"
        )
    if row["path"] and not place.is_file():
        faults.append(f"path '{row['path']}': no such file; correct it or remove the row")
    return faults


def _origin(row: Mapping[str, str]) -> Origin:
    return Origin(
        name=row["path"],
        label=row["label"],
        slide_id=row.get("slide_id", ""),
        patient_id=row.get("patient_id", ""),
        center=row.get("center", ""),
        part=PARTS[row.get("part", "")],
    )
