"""The ladder on which a rebuilt file is compared with the recorded one.

========= ==================================================================================
bytes     equal sha256
values    every array, cell, key and attribute equal, in other bytes (another library's layout)
tolerance the same structure and text; numbers differ by less than rounding explains
          (:mod:`histopress.audit.replay.tolerance`)
metric    further apart, but the numbers that people quote agree
          (:mod:`histopress.audit.replay.quoted`)
differs   none of these
========= ==================================================================================

A file that reaches a level reaches all below it. Vector pictures, text and slides know bytes only.
"""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from histopress.audit.replay.contents import Contents, read_contents
from histopress.audit.replay.tolerance import Deviation, deviation, is_inexact
from histopress.audit.values import values_digest
from histopress.errors import StoreError
from histopress.store import file_digest


class Level(IntEnum):
    """How alike two files are; higher is closer."""

    DIFFERS = 0
    METRIC = 1
    TOLERANCE = 2
    VALUES = 3
    BYTES = 4

    @property
    def word(self) -> str:
        """Name for people and for JSON."""
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What two files have in common.

    Attributes
    ----------
    level : Level
    deviation : Deviation or None
        The largest difference between numbers, where there is one.
    detail : str
        Why it is no higher level; empty where there is nothing to add.
    """

    level: Level
    deviation: Deviation | None = None
    detail: str = ""


def compare_files(first: Path, second: Path, kind: str | None = None) -> Comparison:
    """Compare two files; the order does not matter.

    What the files of a job quote is not looked at: a file out of tolerance *differs* here, and
    :func:`histopress.audit.replay.quoted.compare_outputs` may lift it to ``metric``.

    Parameters
    ----------
    first, second : Path
    kind : str, optional
        Suffix to go by; that of ``first`` if left out.

    Returns
    -------
    Comparison
    """
    kind = kind or first.suffix.lower()
    if file_digest(first) == file_digest(second):
        return Comparison(level=Level.BYTES)
    try:
        left, right = read_contents(first, kind), read_contents(second, kind)
    except StoreError as error:
        return Comparison(level=Level.DIFFERS, detail=str(error))
    if left is None or right is None:
        return Comparison(
            level=Level.DIFFERS, detail="other bytes, and nothing but bytes to compare"
        )
    found = compare_contents(left, right)
    if found.level is Level.VALUES and values_digest(first, kind) != values_digest(second, kind):
        # Minus zero equals zero, and a header's text says the same in another layout.
        return Comparison(level=Level.TOLERANCE, detail="equal values, written otherwise")
    return found


def compare_contents(first: Contents, second: Contents) -> Comparison:
    """Compare what two files hold: ``values``, ``tolerance`` or ``differs``."""
    unlike = _other_structure(first, second)
    if unlike is not None:
        return Comparison(level=Level.DIFFERS, detail=unlike)
    worst: Deviation | None = None
    for name, values in first.items():
        if not is_inexact(values):
            if not _equal(values, second[name]):
                return Comparison(
                    level=Level.DIFFERS, detail=f"{name}: {_told(values, second[name])}"
                )
            continue
        found = deviation(values, second[name], where=name)
        if found is not None and (worst is None or found.ratio > worst.ratio):
            worst = found
    if worst is None:
        return Comparison(level=Level.VALUES, detail="equal values in other bytes")
    if worst.ratio > 1:
        return Comparison(level=Level.DIFFERS, deviation=worst, detail="numbers beyond tolerance")
    return Comparison(level=Level.TOLERANCE, deviation=worst)


def _other_structure(first: Contents, second: Contents) -> str | None:
    if only := sorted({*first} ^ {*second}):
        return f"{only[0]}: in one of the two only"
    for name, values in first.items():
        other = second[name]
        if values.shape != other.shape:
            return f"{name}: shapes {' and '.join(sorted(map(str, (values.shape, other.shape))))}"
        # Text is as long as it is; all other dtypes count.
        both_text = values.dtype.kind in "OU" and other.dtype.kind in "OU"
        if values.dtype != other.dtype and not both_text:
            return f"{name}: kinds {' and '.join(sorted(map(str, (values.dtype, other.dtype))))}"
    return None


def _equal(first: np.ndarray, second: np.ndarray) -> bool:
    return bool(np.array_equal(first, second))


def _told(first: np.ndarray, second: np.ndarray) -> str:
    if first.ndim:
        return f"{int(np.count_nonzero(first != second))} of {first.size} entries differ"
    texts = sorted(str(item)[:40] for item in (first.item(), second.item()))
    return f"'{texts[0]}' and '{texts[1]}'"
