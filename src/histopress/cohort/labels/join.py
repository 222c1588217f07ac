"""Rows of a label table joined to the slides of a manifest."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from histopress.cohort.labels.conventions import recognise
from histopress.cohort.labels.faults import listed, refuse
from histopress.cohort.labels.tables import LabelRow, LabelTable
from histopress.errors import LeakError, ManifestError

By = Literal["slide", "patient"]

SUFFIXES = (
    *(".ome.tiff", ".ome.tif", ".svs", ".tiff", ".tif", ".ndpi", ".mrxs", ".scn", ".vms", ".vmu"),
    *(".bif", ".svslide", ".dcm", ".czi", ".isyntax", ".h5", ".pt", ".npy"),
)
"""Endings of slide and feature files. No other text behind a dot is taken for one: TCGA's slide
names hold a dot before what tells them apart."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Join:
    """Which rows of a table belong to which slide.

    Attributes
    ----------
    table : LabelTable
    by : str
        ``slide`` or ``patient``: what they were joined by.
    rows : mapping of str to tuple of LabelRow
        Rows of each matched slide, by slide id. Several where a table has one row a slide and is
        joined by patient; whether they agree is checked where their labels are read.
    unmatched_slides : tuple of str
        Slides of the manifest without a row, sorted.
    unmatched_rows : tuple of int
        Numbers of rows without a slide in the manifest, ascending.
    patients : mapping of str to str
        Patient of each slide of the manifest; for use in memory only.
    """

    table: LabelTable
    by: By
    rows: Mapping[str, tuple[LabelRow, ...]]
    unmatched_slides: tuple[str, ...]
    unmatched_rows: tuple[int, ...]
    patients: Mapping[str, str]


def join_table(table: LabelTable, patients: Mapping[str, str], *, by: By | None = None) -> Join:
    """Join a table to slides.

    By slide, a name with a file suffix and one without are the same slide; a name that is equal
    as it stands comes first. By patient, ids must be equal. The order of rows decides nothing.

    Parameters
    ----------
    table : LabelTable
    patients : mapping of str to str
        Patient of each slide, as :attr:`histopress.cohort.manifest.Manifest.patients` has them.
    by : {"slide", "patient"}, optional
        Without, by slide where the table has such a column, otherwise by patient.

    Raises
    ------
    ManifestError
        The table has no column to join by, no row matches, or a name without its suffix is that
        of two slides.
    LeakError
        The table says that two slides are of one patient, the manifest that they are not.
    """
    keys = recognise(table)
    by = by or ("slide" if keys.slide else "patient")
    column = keys.slide if by == "slide" else keys.patient
    if column is None:
        raise ManifestError(
            [f"{table.name}: has no column that names the {by}; columns: {listed(table.columns)}"]
        )
    slides_of: dict[str, tuple[str, ...]]
    if by == "slide":
        found = match_slides({row.cells[column] for row in table.rows}, patients, table.name)
        slides_of = {name: (slide,) for name, slide in found.items()}
    else:
        slides_of = _by_patient(patients)
    rows: dict[str, list[LabelRow]] = defaultdict(list)
    unmatched = []
    for row in sorted(table.rows, key=lambda row: row.number):
        slides = slides_of.get(row.cells[column], ())
        for slide in slides:
            rows[slide].append(row)
        if not slides:
            unmatched.append(row.number)
    if not rows:
        raise ManifestError([_nothing(table, column, by, patients)])
    if by == "slide" and keys.patient:
        _refuse_divided(rows, keys.patient, patients, table.name)
    return Join(
        table=table,
        by=by,
        rows={slide: tuple(rows[slide]) for slide in sorted(rows)},
        unmatched_slides=tuple(sorted(set(patients) - set(rows))),
        unmatched_rows=tuple(sorted(set(unmatched))),
        patients=patients,
    )


def match_slides(names: set[str], slides: Mapping[str, object], where: str) -> dict[str, str]:
    """Find the slide that each name means; names of no slide are left out.

    Parameters
    ----------
    names : set of str
        As another tool writes them, with or without the file's suffix.
    slides : mapping with slide ids as keys
        Those of the manifest.
    where : str
        Named in messages.

    Raises
    ------
    ManifestError
        A name without its suffix is that of several slides.

    Examples
    --------
    >>> match_slides({"a.svs", "b", "c"}, {"a": "p", "b.tif": "q"}, "labels.csv")
    {'a.svs': 'a', 'b': 'b.tif'}
    """
    bare: dict[str, list[str]] = defaultdict(list)
    for slide in sorted(slides):
        bare[without_suffix(slide)].append(slide)
    found: dict[str, str] = {}
    faults: list[tuple[int, str]] = []
    for name in sorted(names):
        meant = [name] if name in slides else bare.get(without_suffix(name), [])
        if len(meant) == 1:
            found[name] = meant[0]
        elif meant:
            text = f"{where}: '{name}' may be {listed(meant)}; write the slide's id as it stands"
            faults.append((len(faults), f"{text} in the manifest"))
    refuse(faults)
    return found


def without_suffix(name: str) -> str:
    """Take the ending of a slide or feature file off a name.

    Examples
    --------
    >>> without_suffix("TCGA-3C-AALI-01Z-00-DX1.F6E9A5DF.svs"), without_suffix("a.F6E9A5DF")
    ('TCGA-3C-AALI-01Z-00-DX1.F6E9A5DF', 'a.F6E9A5DF')
    """
    low = name.lower()
    for suffix in SUFFIXES:
        if low.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def _by_patient(patients: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    slides: dict[str, list[str]] = defaultdict(list)
    for slide in sorted(patients):
        slides[patients[slide]].append(slide)
    return {patient: tuple(own) for patient, own in slides.items()}


def _refuse_divided(
    rows: Mapping[str, list[LabelRow]], column: str, patients: Mapping[str, str], name: str
) -> None:
    """Refuse a manifest that makes two patients of one: a split could part them."""
    first: dict[str, str] = {}
    faults = []
    for slide in sorted(rows):
        for case in sorted({row.cells[column] for row in rows[slide]} - {""}):
            known = first.setdefault(case, slide)
            if patients[known] != patients[slide]:
                faults.append(f"'{known}' and '{slide}'")
    if faults:
        raise LeakError(
            f"{name}: column '{column}' says of {len(faults)} pairs of slides that they are of "
            f"one patient, and the manifest that they are not: {'; '.join(faults[:10])}; correct "
            "patient_id in the manifest, or the table"
        )


def _nothing(table: LabelTable, column: str, by: By, patients: Mapping[str, str]) -> str:
    text = (
        f"{table.name}: none of {len(table.rows)} rows matches one of {len(patients)} slides by "
        f"column '{column}'"
    )
    if by == "patient":
        return f"{text}; compare it with patient_id in the manifest, or join by slide"
    theirs, ours = table.rows[0].cells[column], min(patients, default="none")
    return f"{text}: the table writes '{theirs}', the manifest '{ours}'; write them alike"
