"""Short words and colours for people."""

import os
from dataclasses import dataclass
from typing import TextIO

RED, GREEN, YELLOW, BOLD, DIM = "31", "32", "33", "1", "2"

_UNITS = ("B", "kB", "MB", "GB", "TB")


def takes_colour(stream: TextIO) -> bool:
    """Whether ``stream`` is a terminal whose user wants colours (``NO_COLOR`` says no)."""
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain


@dataclass(frozen=True)
class Paint:
    """Colours a text, or leaves it."""

    colour: bool

    def __call__(self, text: str, code: str) -> str:
        """Give ``text`` in the colour of an ANSI ``code``."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def short(digest: str) -> str:
    """Shorten a digest to what a person compares.

    Examples
    --------
    >>> short("9071f60a21d7cdcad47898c5")
    '9071f60a'
    """
    return digest[:8]


def size(n_bytes: int) -> str:
    """Write a number of bytes with three digits.

    Examples
    --------
    >>> size(3587232), size(400)
    ('3.59 MB', '400 B')
    """
    value, unit = float(n_bytes), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}"


def duration(hours: float) -> str:
    """Write a duration in the unit that fits.

    Examples
    --------
    >>> duration(2.54), duration(0.2), duration(0.001)
    ('2.5 h', '12 min', '4 s')
    """
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{hours * 60:.0f} min" if hours * 60 >= 1 else f"{hours * 3600:.0f} s"


def many(number: int, what: str) -> str:
    """Count things.

    Examples
    --------
    >>> many(1, "job"), many(3, "job")
    ('1 job', '3 jobs')
    """
    return f"{number} {what}" + ("" if number == 1 else "s")


def printable(text: str) -> str:
    """Keep a file's name from steering the terminal."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)
