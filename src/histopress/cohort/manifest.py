"""The manifest: one row a slide."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from histopress.cohort.checks import Record, check_records
from histopress.cohort.columns import (
    ALIASES,
    OPTIONAL,
    REQUIRED,
    missing_columns,
    rename_columns,
    repeated_columns,
    unfit_columns,
)
from histopress.cohort.paths import Places
from histopress.cohort.table import Table, read_table
from histopress.errors import ManifestError

_RESERVED = frozenset((*REQUIRED, *OPTIONAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlideRow:
    """One slide of the manifest.

    Attributes
    ----------
    slide_id : str
        What stands in paths, records and reports.
    patient_id : str
        Whose slide it is; leaves the manifest nowhere.
    path : str
        As given: absolute, or relative to the manifest's root.
    center : str or None
        Where the slide comes from.
    spacing_um : float or None
        Micrometres per level-0 pixel; wins over the file's own.
    mask_path : str or None
        Tissue mask, as given.
    sha256 : str or None
        Digest of the file, lower case.
    labels : mapping of str to str
        All other columns; an empty cell is an empty string.
    number : int
        Of the row, as a spreadsheet shows it; 0 unknown.
    """

    slide_id: str
    patient_id: str
    path: str
    center: str | None
    spacing_um: float | None
    mask_path: str | None
    sha256: str | None
    labels: Mapping[str, str]
    number: int = 0


@dataclass(frozen=True)
class Manifest:
    """The rows of a manifest, in the order of the file.

    Attributes
    ----------
    rows : tuple of SlideRow
    columns : tuple of str
        In our names, in the order of the file.
    """

    rows: tuple[SlideRow, ...]
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[SlideRow]:
        return iter(self.rows)

    def __getitem__(self, slide_id: str) -> SlideRow:
        """Look a slide up; raises :class:`ManifestError` naming an unknown one."""
        try:
            return self.by_id[slide_id]
        except KeyError:
            raise ManifestError(
                [f"slide '{slide_id}': not in the manifest, which has {len(self)} slides"]
            ) from None

    @cached_property
    def by_id(self) -> Mapping[str, SlideRow]:
        """Rows by slide id."""
        return {row.slide_id: row for row in self.rows}

    @cached_property
    def patients(self) -> Mapping[str, str]:
        """Patient of each slide; for use in memory only."""
        return {row.slide_id: row.patient_id for row in self.rows}

    def column(self, name: str) -> dict[str, str]:
        """One label column, or ``center``, by slide id; an empty cell is an empty string.

        Raises
        ------
        ManifestError
            There is no such column.
        """
        name = ALIASES.get(name, name)
        if name == "center" and name in self.columns:
            return {row.slide_id: row.center or "" for row in self.rows}
        if name in _RESERVED or name not in self.columns:
            found = ", ".join(f"'{column}'" for column in self.columns if column not in _RESERVED)
            raise ManifestError([f"no label column '{name}'; label columns: {found or 'none'}"])
        return {row.slide_id: row.labels[name] for row in self.rows}


def read_manifest(
    path: Path,
    *,
    root: Path,
    required_columns: Mapping[str, str] | None = None,
    check_files: bool = True,
    missing_is_fault: bool = True,
) -> Manifest:
    """Read and check the manifest.

    Parameters
    ----------
    path : Path
        A .csv or .tsv file in UTF-8. Other tools' column names are understood (see
        :data:`histopress.cohort.columns.ALIASES`).
    root : Path
        Folder that relative paths start from, and that they may not leave; absolute paths are
        free.
    required_columns : mapping of str to str, optional
        Columns that must be there and not all empty, and who needs them, such as
        ``{"tumour": "targets.tumour.column"}``.
    check_files : bool
        Whether to look at the files; without, nothing but the manifest is opened, and links
        are not followed.
    missing_is_fault : bool
        Whether a slide file that is not there is a fault; it is none where bad slides are
        quarantined. A missing mask always is.

    Raises
    ------
    ManifestError
        With every fault found, in the order of the file.
    """
    table = read_table(path)
    columns = rename_columns(table.header)
    needed = dict(required_columns or {})
    faults = [(1, f"{path}: {text}") for text in repeated_columns(table.header)]
    faults += [(1, f"{path}: {text}") for text in missing_columns(columns, needed)]
    if not table.rows:
        faults.append((1, f"{path}: has a header and no rows; add one row a slide"))
    records, misfits = _records(table, columns, path)
    faults += misfits
    values = [record.values for record in records]
    faults += [(1, f"{path}: {text}") for text in unfit_columns(columns, values, needed)]
    places = Places(root, touch=check_files, missing_is_fault=missing_is_fault)
    faults += check_records(records, columns=frozenset(columns), places=places, name=str(path))
    if faults:
        raise ManifestError([text for _, text in sorted(faults, key=lambda fault: fault[0])])
    rows = tuple(_slide_row(record) for record in records)
    return Manifest(rows, tuple(name for name in columns if name))


def _records(
    table: Table, columns: tuple[str, ...], path: Path
) -> tuple[list[Record], list[tuple[int, str]]]:
    """Pair cells with columns; a row of another length cannot be trusted in any cell."""
    records, faults = [], []
    for number, cells in table.rows:
        if len(cells) == len(columns):
            records.append(Record(number, dict(zip(columns, cells, strict=True))))
        else:
            text = (
                f"{path} row {number}: {len(cells)} fields, the header has {len(columns)}; "
                "put values that hold the separator in double quotes"
            )
            faults.append((number, text))
    return records, faults


def _slide_row(record: Record) -> SlideRow:
    values = record.values
    spacing = values.get("spacing_um")
    return SlideRow(
        slide_id=values["slide_id"],
        patient_id=values["patient_id"],
        path=values["path"],
        center=values.get("center") or None,
        spacing_um=float(spacing) if spacing else None,
        mask_path=values.get("mask_path") or None,
        sha256=values.get("sha256", "").lower() or None,
        labels={name: value for name, value in values.items() if name and name not in _RESERVED},
        number=record.number,
    )
