"""What a person can do about what was found."""

import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

from histopress.audit.findings import Finding, State
from histopress.audit.history.uncommitted import is_patch
from histopress.audit.paint import printable

MOST = 8
"""Paths named of each kind; JSON holds them all."""


ANEW = "to have these made anew, add to your snakemake command:"
UNKNOWN = (
    "nobody answers for these: if the workflow makes them, add to your snakemake command what "
    "follows, else move them away:"
)
RESTORE = (
    "jobs have read other bytes than these: put the former files back, or run the workflow anew:"
)
REGISTER = (
    "nobody registered these: if they were given to the study, name them in the manifest or "
    "under provenance.sources, or commit them to git:"
)
BACKUP = "without these patches their jobs cannot be replayed; look for a backup:"
BEYOND = frozenset({State.UNCHECKED, State.LEDGER})
"""What nothing can be done about."""
HEADS = (ANEW, UNKNOWN, RESTORE, REGISTER, BACKUP)
"""What is said above the paths of each kind, in this order."""


@dataclass
class _Paths:
    first: dict[str, None] = field(default_factory=dict)
    more: set[int] = field(default_factory=set)

    def add(self, path: str) -> None:
        if path in self.first:
            return
        if len(self.first) < MOST:
            self.first[path] = None
        else:
            self.more.add(hash(path))

    def __str__(self) -> str:
        named = " ".join(shlex.quote(printable(path)) for path in self.first)
        return f"{named} … and {len(self.more)} more (--json lists all)" if self.more else named


@dataclass
class Remedies:
    """Collects findings, and tells what to do by kind; holds no more paths than it names.

    Parameters
    ----------
    made : tuple of str
        Beginnings of paths that the workflow makes.
    """

    made: tuple[str, ...]
    _kinds: dict[str, "_Paths"] = field(default_factory=dict)

    def add(self, found: Finding) -> None:
        """Take a finding into account; one that is no fault needs no remedy."""
        if found.is_fault and found.state not in BEYOND:
            kind, path = self._remedy(found)
            self._kinds.setdefault(kind, _Paths()).add(path)

    def lines(self, width: int = 100) -> Iterator[str]:
        """Write what to do, an empty line before each kind; what is to be copied is not broken."""
        for head in HEADS:
            if head in self._kinds:
                option = "--forcerun " if head in (ANEW, UNKNOWN) else ""
                yield from ("", *textwrap.wrap(head, width), f"  {option}{self._kinds[head]}")

    def _remedy(self, found: Finding) -> tuple[str, str]:
        path, is_made = found.path, found.path.startswith(self.made)
        if is_patch(path):
            return BACKUP, path
        if found.state is State.UNRECORDED:
            return (UNKNOWN if is_made else REGISTER), path
        if not is_made:
            return RESTORE, path
        if found.state is State.CHANGED and found.record is not None:
            return ANEW, found.record
        return ANEW, path
