"""Faults of a listing, told at once."""

from collections.abc import Sequence

from histopress.errors import ConfigError

MOST_TOLD = 20


def refuse(faults: Sequence[str]) -> None:
    """Raise one error that tells all faults; of very many the first.

    Raises
    ------
    ConfigError
        There is a fault.

    Examples
    --------
    >>> refuse([])
    """
    if not faults:
        return
    more = len(faults) - MOST_TOLD
    lines = [*faults[:MOST_TOLD], *([f"… and {more} more faults of the kind"] if more > 0 else [])]
    raise ConfigError("\n".join(lines))
