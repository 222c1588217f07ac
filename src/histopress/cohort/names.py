"""Names that stand in paths: slides, encoders, grids, targets, models."""

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

LONGEST = 100
"""Characters a name may have."""

ALLOWED = (
    f"letters a-z, digits, '.', '_' and '-', the first a letter or a digit, {LONGEST} at the most"
)
"""The rule in words, for messages."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9._-]+")


def check_name(value: str) -> str | None:
    """Say what is wrong with ``value`` as a name; None if nothing is.

    Names become folders and file names on every system and wildcards of the workflow, so they
    are kept to what is safe in all of them.

    Parameters
    ----------
    value : str
        A slide id, or the name of an encoder, grid, target or model.

    Returns
    -------
    str or None
        The fault with a proposed name, to be put behind the place where the value stands.

    Examples
    --------
    >>> check_name("TCGA-CR-7395.01")
    >>> print(check_name("biopsy/2"))
    'biopsy/2' cannot stand in a path; allowed are letters a-z, digits, '.', '_' and '-', \
the first a letter or a digit, 100 at the most; try 'biopsy-2'
    """
    if _NAME.fullmatch(value):
        return None
    shown = value if len(value) <= LONGEST else f"{value[:40]}…{value[-20:]}"
    size = f" ({len(value)} characters)" if len(value) > LONGEST else ""
    proposal = propose_name(value)
    return f"{shown!r}{size} cannot stand in a path; allowed are {ALLOWED}; try '{proposal}'"


def propose_name(value: str) -> str:
    """Propose an allowed name that resembles ``value``.

    Accents are dropped and what is forbidden becomes ``-``. What is cut or cannot be written at
    all is replaced by eight digits of a digest, so that two long ids remain two.

    Examples
    --------
    >>> propose_name("Müller #3")
    'Muller-3'
    >>> propose_name("😐")
    'id-53c21d18'
    """
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    name = _FORBIDDEN.sub("-", plain).lstrip("._-").rstrip("-")
    digest = sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    if not name:
        return f"id-{digest}"
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}-{digest}"


def case_clashes(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of different names that are one on file systems that ignore case.

    Examples
    --------
    >>> case_clashes(["cnn", "mlp", "CNN"])
    (('cnn', 'CNN'),)
    """
    first: dict[str, str] = {}
    pairs = []
    for name in names:
        known = first.setdefault(name.casefold(), name)
        if known != name:
            pairs.append((known, name))
    return tuple(pairs)
