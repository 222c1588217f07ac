"""What an audit says about a file."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What became of a file or of a record."""

    VERIFIED = "verified"
    ASIDE = "changed aside"
    """A table whose bytes are others, while what its readers took from it is as it was."""
    MODIFIED = "modified"
    CHANGED = "input changed since"
    ABSENT = "absent but recorded"
    UNRECORDED = "unrecorded"
    ALTERED = "record altered"
    LEDGER = "ledger broken"
    UNCHECKED = "not checked"

    @property
    def is_fault(self) -> bool:
        """Whether an auditor must look at it."""
        return self not in (State.VERIFIED, State.ASIDE)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One file, or one record, and its state.

    Attributes
    ----------
    state : State
    path : str
        The file that it is about, relative to the project.
    record : str or None
        The record that says so.
    detail : str
        What was found; empty where there is nothing to add.
    """

    state: State
    path: str
    record: str | None = None
    detail: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether an auditor must look at it."""
        return self.state.is_fault
