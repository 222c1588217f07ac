"""What a crate may not show: patient identifiers and folders of the machine."""

import mmap
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from histopress.store import canonical_json

LEAST_PLAIN = 4
"""Shorter identifiers are looked for in names only; in text and numbers they would be found
everywhere."""


WORD = re.compile(rb"[A-Za-z0-9]+")


BLOCK, OVERLAP = 1 << 20, 1 << 8
"""Bytes looked at together, and how many of the next ones, so that no word is cut."""


def _words(content: bytes | mmap.mmap) -> set[bytes]:
    """Collect the words of a file, block by block."""
    found: set[bytes] = set()
    for start in range(0, len(content), BLOCK):
        found.update(WORD.findall(content[start : start + BLOCK + OVERLAP]))
    return found


def pseudonyms(private: Iterable[str]) -> dict[str, str]:
    """Give each identifier a number, in sorted order.

    Examples
    --------
    >>> pseudonyms(["P7", "P5"])
    {'P5': 'patient-1', 'P7': 'patient-2'}
    """
    return {name: f"patient-{at}" for at, name in enumerate(sorted(set(private)), start=1)}


def _cuts(text: str) -> list[int]:
    """Places where an identifier may begin or end: no letter or digit on both sides."""
    return [
        at
        for at in range(len(text) + 1)
        if not (text[at - 1 : at].isalnum() and text[at : at + 1].isalnum())
    ]


def replace_names(text: str, names: Mapping[str, str]) -> str:
    """Replace whole names, the longest first.

    The pieces of the text are looked up, not the names one by one, so that the time does not grow
    with the number of names.

    Examples
    --------
    >>> replace_names("a/P1-P12.h5", {"P1": "x", "P12": "y"})
    'a/x-y.h5'
    """
    cuts, parts, done = _cuts(text), [], 0
    for start in cuts:
        ends = (end for end in reversed(cuts) if end > start and text[start:end] in names)
        end = next(ends, 0) if start >= done else 0
        if end:
            parts += [text[done:start], names[text[start:end]]]
            done = end
    return "".join([*parts, text[done:]])


class Veil:
    """Keeps patient identifiers and absolute paths out of a crate.

    It knows only what it is told: a name that stands in no list, or in a compressed part of a
    file, passes.

    Parameters
    ----------
    private : collection of str
        The identifiers, such as the manifest's column ``patient_id``.

    Examples
    --------
    >>> Veil(["P0001"]).name("results/tiles/P0001-a.h5")
    'results/tiles/patient-1-a.h5'
    """

    def __init__(self, private: Collection[str]) -> None:
        self._numbers = pseudonyms(name for name in private if name)
        self._long = {
            name: number for name, number in self._numbers.items() if len(name) >= LEAST_PLAIN
        }
        self._words = {name: set(WORD.findall(name.encode())) for name in self._long}

    def name(self, text: str) -> str:
        """Put numbers in the place of identifiers in a path or wildcard."""
        return replace_names(text, self._numbers)

    def value(self, value: Any) -> Any:
        """Hide identifiers of at least four characters, and folders, in a setting."""
        if isinstance(value, list):
            return [self.value(part) for part in value]
        if not isinstance(value, str):
            return value
        path = PurePosixPath(value)
        shown = f"outside:{path.name}" if path.is_absolute() else value
        return replace_names(shown, self._long)

    def names_patient(self, content: bytes | mmap.mmap) -> bool:
        """Whether bytes hold an identifier of at least four characters."""
        words = _words(content) if self._long else set()
        return any(
            re.search(rb"(?<![A-Za-z0-9])%b(?![A-Za-z0-9])" % re.escape(name.encode()), content)
            for name, parts in self._words.items()
            if parts <= words
        )

    def may_show(self, record: Mapping[str, Any]) -> bool:
        """Whether a record names neither a patient nor a folder of the machine."""
        names = [entry["path"] for entry in (*record["inputs"], *record["outputs"])]
        names += record["recipe"]["wildcards"].values()
        names += record.get("ports", {}).values()
        names += record["recipe"].get("seeds", {})
        settings = _leaves(record["recipe"]["settings"])
        return (
            all(self.name(text) == text for text in names)
            and all(self.value(value) == value for value in settings)
            and not self.names_patient(canonical_json(record).encode())
        )


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    return [value]
