"""The order of classes that nobody declared."""

import re
from collections.abc import Iterable
from math import isfinite


def order_classes(labels: Iterable[str]) -> tuple[str, ...]:
    """Sort labels; numbers by value, also inside words.

    Examples
    --------
    >>> order_classes(["10", "9", "0.5"])
    ('0.5', '9', '10')
    >>> order_classes(["grade 10", "grade 2"])
    ('grade 2', 'grade 10')
    """

    def key(label: str) -> tuple[object, ...]:
        try:
            number = float(label)
        except ValueError:
            number = float("nan")
        if isfinite(number):
            return (0, number, (), label)
        parts = re.split(r"([0-9]+)", label)
        pieces = ((0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in parts)
        return (1, 0.0, tuple(pieces), label)

    return tuple(sorted(set(labels), key=key))
