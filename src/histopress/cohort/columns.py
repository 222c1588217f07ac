"""Columns of the manifest: our names, other tools' names, and what is missing."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

REQUIRED = ("slide_id", "patient_id", "path")
OPTIONAL = ("center", "spacing_um", "mask_path", "sha256")

ALIASES = {
    "case_id": "patient_id",
    "PATIENT": "patient_id",
    "PATIENT_ID": "patient_id",
    "patient": "patient_id",
    "slide": "slide_id",
    "wsi": "slide_id",
    "FILENAME": "slide_id",
    "sample_id": "slide_id",
    "filename": "slide_id",
    "image_path": "path",
    "slide_path": "path",
    "mpp": "spacing_um",
}
"""Names that CLAM, STAMP and cBioPortal style tables use, and what we call them."""


def rename_columns(header: Sequence[str]) -> tuple[str, ...]:
    """Translate other tools' column names to ours.

    Examples
    --------
    >>> rename_columns(["case_id", "slide", "tumour"])
    ('patient_id', 'slide_id', 'tumour')
    """
    return tuple(ALIASES.get(name, name) for name in header)


def repeated_columns(header: Sequence[str]) -> list[str]:
    """Say which columns mean the same, by name or by alias."""
    places: dict[str, list[str]] = defaultdict(list)
    for name in header:
        if name:
            places[ALIASES.get(name, name)].append(f"'{name}'")
    return [
        f"columns {' and '.join(names)} both mean '{meaning}'; keep one, rename or remove the rest"
        for meaning, names in places.items()
        if len(names) > 1
    ]


def missing_columns(columns: Collection[str], needed: Mapping[str, str]) -> list[str]:
    """Say which columns are missing, who needs them, and which one may be meant.

    Parameters
    ----------
    columns : collection of str
        Present, in our names.
    needed : mapping of str to str
        Column to who needs it, beside the required ones.
    """
    wanted = dict.fromkeys(REQUIRED, "every manifest") | dict(needed)
    found = ", ".join(f"'{name}'" for name in columns if name)
    return [
        f"no column '{name}', which {who} needs; {_hint(name, columns)}columns found: {found}"
        for name, who in wanted.items()
        if name not in columns and ALIASES.get(name, name) not in columns
    ]


def unfit_columns(
    columns: Sequence[str], rows: Sequence[Mapping[str, str]], needed: Mapping[str, str]
) -> list[str]:
    """Say which needed columns hold nothing, and whether values stand in a column without name.

    Parameters
    ----------
    columns : sequence of str
        Present, in our names.
    rows : sequence of mapping of str to str
        Cells by column.
    needed : mapping of str to str
        Column to who needs it.
    """
    faults = []
    for name, who in needed.items():
        column = ALIASES.get(name, name)
        if column in columns and rows and not any(row[column] for row in rows):
            faults.append(f"column '{name}', which {who} needs, is empty in every row; fill it")
    if "" in columns and any(row[""] for row in rows):
        place = columns.index("") + 1
        faults.append(f"column {place} has values and no name; name it or remove it")
    return faults


def _hint(name: str, columns: Collection[str]) -> str:
    """Name the column whose spelling is nearest, ignoring case; aliases count for their meaning."""
    spellings = {column.casefold(): column for column in columns if column}
    meant = [name, *(alias for alias, meaning in ALIASES.items() if meaning == name)]
    for candidate in meant:
        near = get_close_matches(candidate.casefold(), spellings, n=1, cutoff=0.7)
        if near:
            return f"rename '{spellings[near[0]]}' if it is meant; "
    return ""
