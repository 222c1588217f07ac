"""Split tables of CLAM (github.com/mahmoodlab/CLAM).

CLAM writes one file a division (``splits_0.csv``, …), in two forms: columns ``train, val, test``
that list slide ids, each as long as its part; and ``splits_0_bool.csv`` with a row a slide and
``True`` in the column of its part. An index without a name may stand first.
"""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from histopress.cohort.labels.faults import listed, refuse
from histopress.cohort.splitting.parts import NAMES, Parts, make_parts
from histopress.cohort.table import Table, read_table
from histopress.errors import ManifestError
from histopress.store import write_csv

_CLAM = ("train", "val", "test")
PART = dict(zip(_CLAM, NAMES, strict=True))
"""Our name of each part, by the name that split tables give it."""
_TRUTH = {"true": True, "false": False}


def read_clam_split(path: Path) -> Parts:
    """Read one of CLAM's split tables, in either form.

    Other columns (such as ``train_label``) are not read. A missing column is an empty part.

    Raises
    ------
    LeakError
        A slide stands in two parts.
    ManifestError
        The file cannot be read, has none of the columns, counts slides instead of naming them
        (CLAM's ``_descriptor.csv``), or puts a slide into no part or twice into one.
    """
    table = read_table(path)
    places = {name: table.header.index(name) for name in _CLAM if name in table.header}
    if not places:
        raise ManifestError(
            [
                (
                    f"{path}: is no split table of CLAM; it has columns 'train', 'val', 'test'; "
                    f"columns found: {listed(table.header)}"
                )
            ]
        )
    refuse_ragged(table, path)
    cells = {row[place].lower() for _, row in table.rows for place in places.values()}
    if cells and cells <= _TRUTH.keys() and table.header[0] not in _CLAM:
        return make_parts(_true_places(table, places, path), str(path))
    if table.header[0] == "" and any(not row[0].isdigit() for _, row in table.rows if row[0]):
        raise ManifestError(
            [
                (
                    f"{path}: its rows have names, and its cells are neither slides nor True and "
                    "False; is it a table of counts (…_descriptor.csv)? give splits_….csv"
                )
            ]
        )
    named = (
        (row[place], PART[name])
        for name, place in places.items()
        for _, row in table.rows
        if row[place]
    )
    return make_parts(named, str(path))


def write_clam_split(path: Path, parts: Parts, *, boolean: bool = False) -> None:
    """Write one division as CLAM does; :func:`read_clam_split` gives it back.

    Parameters
    ----------
    path : Path
        Written in place.
    parts : Parts
    boolean : bool
        Whether to write the form with ``True`` and ``False``.
    """
    columns = [parts.train, parts.validation, parts.test]
    rows: list[dict[str, object]]
    if boolean:
        rows = [
            {"": slide, **{name: name == own for name in _CLAM}}
            for own, slides in zip(_CLAM, columns, strict=True)
            for slide in slides
        ]
    else:
        lines = zip_longest(*columns, fillvalue="")
        rows = [
            {"": number, **dict(zip(_CLAM, line, strict=True))} for number, line in enumerate(lines)
        ]
    write_csv(path, rows, ("", *_CLAM))


def _true_places(table: Table, places: Mapping[str, int], path: Path) -> Iterator[tuple[str, str]]:
    nowhere = [
        row[0] for _, row in table.rows if not any(_TRUTH[row[p].lower()] for p in places.values())
    ]
    if nowhere:
        raise ManifestError(
            [f"{path}: slide {listed(nowhere)} in none of train, val and test; remove the row"]
        )
    for _, row in table.rows:
        for name, place in places.items():
            if _TRUTH[row[place].lower()]:
                yield row[0], PART[name]


def refuse_ragged(table: Table, path: Path) -> None:
    """Refuse rows of another length; raises :class:`ManifestError`."""
    width = len(table.header)
    refuse(
        (number, f"{path} row {number}: {len(row)} fields, the header has {width}; repair it")
        for number, row in table.rows
        if len(row) != width
    )
