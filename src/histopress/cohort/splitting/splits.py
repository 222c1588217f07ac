"""A split on disk: where every slide stands, without patients."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from histopress.errors import StoreError
from histopress.store import read_csv, write_csv

COLUMNS = ("slide_id", "repeat", "group", "fold", "stratum", "version")


class SplitRow(NamedTuple):
    """Where one slide stands in one repeat.

    Attributes
    ----------
    slide_id : str
    fold : int
        From 0; 0 where the protocol has no folds.
    stratum : str
        That of the patient when they were assigned.
    repeat : int
        From 0; above 0 only where a rotation is repeated.
    group : str
        What the protocol holds on to besides the fold: ``external``, the centre, the part
        (``train``, ``validation``, ``test``, ``none``), or the parts in all divisions of a table,
        joined by spaces. Empty in a rotation.
    version : int
        From 1; :func:`histopress.cohort.splitting.rebalance.rebalance_split` makes the next.
    """

    slide_id: str
    fold: int
    stratum: str
    repeat: int = 0
    group: str = ""
    version: int = 1


def sort_rows(rows: Iterable[SplitRow]) -> tuple[SplitRow, ...]:
    """Order rows by slide id and repeat."""
    return tuple(sorted(rows, key=lambda row: (row.slide_id, row.repeat)))


def split_version(rows: Sequence[SplitRow]) -> int:
    """Version of a split; that of the first where there is none yet.

    Examples
    --------
    >>> split_version(()), split_version([SplitRow("a", 0, "x", version=2)])
    (1, 2)
    """
    return max((row.version for row in rows), default=1)


def write_split(path: Path, rows: Iterable[SplitRow]) -> None:
    """Write a split, ordered by slide id and repeat."""
    write_csv(path, [row._asdict() for row in sort_rows(rows)], COLUMNS)


def read_split(path: Path) -> tuple[SplitRow, ...]:
    """Read a split.

    Raises
    ------
    StoreError
        The file is missing or damaged: other columns, a repeat, fold or version that is no
        number, a slide named twice in a repeat, several versions.
    """
    rows: list[SplitRow] = []
    seen: set[tuple[str, int]] = set()
    for number, cells in enumerate(read_csv(path), 2):
        if tuple(cells) != COLUMNS or None in cells.values() or not _whole(cells):
            raise StoreError(
                f"{path} row {number}: is not '{', '.join(COLUMNS)}' with numbers for repeat and "
                "fold (from 0) and version (from 1); take the file back from version control, or "
                "remove it to assign everyone anew"
            )
        row = SplitRow(
            slide_id=cells["slide_id"],
            fold=int(cells["fold"]),
            stratum=cells["stratum"],
            repeat=int(cells["repeat"]),
            group=cells["group"],
            version=int(cells["version"]),
        )
        if (row.slide_id, row.repeat) in seen:
            raise StoreError(
                f"{path} row {number}: slide '{row.slide_id}' stands twice; keep one row"
            )
        if rows and row.version != rows[0].version:
            raise StoreError(
                f"{path} row {number}: is of version {row.version}, the rows above are of "
                f"{rows[0].version}; take the file back from version control"
            )
        seen.add((row.slide_id, row.repeat))
        rows.append(row)
    if not rows:
        raise StoreError(f"{path}: holds no slide; remove it to assign every patient")
    return sort_rows(rows)


def _whole(cells: dict[str, str]) -> bool:
    numbers = all(re.fullmatch("[0-9]+", cells[name]) for name in ("repeat", "fold"))
    version = re.fullmatch("[1-9][0-9]*", cells["version"])
    return bool(numbers and version and cells["slide_id"] and cells["stratum"])
