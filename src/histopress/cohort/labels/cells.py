"""What one cell of a label table says: a number, an event, or nothing."""

import re
from math import isfinite
from typing import Literal

MISSING_WORDS = frozenset(
    {
        *("", "na", "n/a", "#n/a", "nan", "null", "unknown"),
        *("not available", "[not available]", "[unknown]", "[not applicable]"),
    }
)
"""Cells that say that there is no label, in lower case; the last four are TCGA's."""

EventCoding = Literal["event", "censorship"]
"""What 1 means: ``event``, the event was seen; ``censorship``, it was not (CLAM's survival
tables)."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_STATUS = {
    **dict.fromkeys(("deceased", "dead", "recurred", "recurred/progressed", "progression"), True),
    **dict.fromkeys(("dead with tumor", "progressed"), True),
    **dict.fromkeys(("living", "alive", "diseasefree", "disease free", "censored"), False),
    **dict.fromkeys(("alive or dead tumor free",), False),
}


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no label, in any case of letters.

    Examples
    --------
    >>> [is_missing(cell) for cell in ("", "NaN", "Unknown", "0")]
    [True, True, True, False]
    """
    return cell.casefold() in MISSING_WORDS


def number_of(cell: str) -> float:
    """Read a finite number with a decimal point.

    Raises
    ------
    ValueError
        It is none; the message begins after the value.

    Examples
    --------
    >>> number_of("-0.857943444")
    -0.857943444
    """
    if not _NUMBER.fullmatch(cell):
        comma = "; write a decimal point" if re.fullmatch("[+-]?[0-9]*,[0-9]+", cell) else ""
        raise ValueError(f"is not a number{comma}; correct it, or leave the cell empty")
    value = float(cell)
    if not isfinite(value):
        raise ValueError("is too large for a number; correct it, or leave the cell empty")
    return value


def time_of(cell: str) -> float:
    """Read a time from the start of follow-up, which may be 0.

    Raises
    ------
    ValueError
        It is no number, or negative.
    """
    value = number_of(cell)
    if value < 0:
        raise ValueError(
            "is negative; a time runs from the start of follow-up and is 0 or more; correct it, "
            "or leave the cell empty"
        )
    return value


def event_of(cell: str, coding: EventCoding) -> bool:
    """Say whether a cell means that the event was seen.

    Understood are 0 and 1 (also as 0.0 and 1.0), whose meaning ``coding`` gives, and the status
    of cBioPortal's tables, whose meaning is fixed: ``1:DECEASED`` or ``DECEASED`` is an event,
    ``0:LIVING`` or ``LIVING`` is none, whatever ``coding`` says.

    Raises
    ------
    ValueError
        Neither; or number and word of a status contradict each other.

    Examples
    --------
    >>> event_of("1", "event"), event_of("1", "censorship"), event_of("1:DECEASED", "event")
    (True, False, True)
    """
    number, colon, word = cell.partition(":")
    if colon and number in {"0", "1"}:
        seen = number == "1"
        if _STATUS.get(word.strip().casefold(), seen) != seen:
            raise ValueError("contradicts itself; allowed are 0:… for censored and 1:… for events")
        return seen
    if cell.casefold() in _STATUS:
        return _STATUS[cell.casefold()]
    try:
        value = number_of(cell)
    except ValueError:
        value = -1.0
    if value not in {0.0, 1.0}:
        raise ValueError(
            "is not 0 or 1; allowed are also 0:LIVING, 1:DECEASED and the like; correct it, or "
            "leave the cell empty"
        )
    return (value == 1) == (coding == "event")
