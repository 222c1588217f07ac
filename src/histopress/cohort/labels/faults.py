"""Faults of many rows as one error that a person can read."""

from collections.abc import Iterable

from histopress.errors import ManifestError

SHOWN = 10
"""Faults that are told in full."""


def refuse(faults: Iterable[tuple[int, str]]) -> None:
    """Raise one error for all faults, in the order of rows; without faults do nothing.

    Parameters
    ----------
    faults : iterable of (int, str)
        Row number and message.

    Raises
    ------
    ManifestError
        Tells the first :data:`SHOWN` faults and the number of the others.

    Examples
    --------
    >>> refuse([])
    """
    texts = [text for _, text in sorted(faults)]
    if len(texts) > SHOWN:
        texts = [*texts[:SHOWN], f"and {len(texts) - SHOWN} more of this kind"]
    if texts:
        raise ManifestError(texts)


def listed(names: Iterable[str]) -> str:
    """Quote the first :data:`SHOWN` names and count the rest.

    Examples
    --------
    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    known = list(names)
    shown = ", ".join(f"'{name}'" for name in known[:SHOWN])
    return f"{shown} and {len(known) - SHOWN} more" if len(known) > SHOWN else shown
