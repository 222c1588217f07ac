"""What is expected of a job today, and what became of its record."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from histopress.audit.recipes.changes import Change

Status = Literal["fresh", "stale", "unasked"]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a job would be given today.

    Attributes
    ----------
    settings : mapping
        Resolved settings, as in the recipe.
    code : str
        Digest of the verb's code.
    inputs : mapping of str to (str or None)
        Sha256 of each input by its path as records write it. None: not looked at; then the
        record of the job that makes the file tells, and without one the file counts as absent.
    pins : str or mapping, optional
        Pins of the environment or their digest, as in the recipe; None to leave them unjudged.
    verb : str, optional
        What would make the job's outputs, where it is another verb than the record's.
    content : mapping of str to str, optional
        By role, the digest of what counts of such a file, as in the recipe; where it is not
        named, bytes decide.
    loose : frozenset of str
        Inputs of which only that counts which follows from their maker's other inputs: that the
        maker has other settings, code or pins, or takes other things of a table, is no reason.
    """

    settings: Mapping[str, Any]
    code: str
    inputs: Mapping[str, str | None]
    pins: str | Mapping[str, str] | None = None
    verb: str | None = None
    content: Mapping[str, str] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one record.

    Attributes
    ----------
    place : str
        Path of the record.
    verb : str
        What the job does.
    status : str
        ``unasked``: today's configuration asks for no such job; it would not be run.
    reasons : tuple of Change
        Kinds ``settings``, ``code``, ``pins``, ``seed`` (derived otherwise today), ``verb``,
        ``input`` (other bytes), ``content`` (of a file of which a part counts: that part),
        ``added input``, ``dropped input`` (no longer read), ``missing input`` (no such file),
        ``output`` (absent), ``record`` (it is not as it was written), ``upstream`` (the job named
        is stale).
    wall_s : float or None
        How long the job took.
    unjudged : bool
        Pins were expected, but the record holds none.
    """

    place: str
    verb: str
    status: Status
    reasons: tuple[Change, ...]
    wall_s: float | None
    unjudged: bool = False


@dataclass(frozen=True, kw_only=True)
class Staleness:
    """All verdicts, makers before users.

    Attributes
    ----------
    verdicts : tuple of Verdict
        One a record.
    unmade : mapping of str to int
        Jobs that are asked for and have no record, counted by verb.
    """

    verdicts: tuple[Verdict, ...]
    unmade: Mapping[str, int] = field(default_factory=dict)

    def of(self, status: Status) -> tuple[Verdict, ...]:
        """Verdicts of one status, makers before users."""
        return tuple(verdict for verdict in self.verdicts if verdict.status == status)

    def hours(self, kind: str | None = None) -> float:
        """Sum the recorded wall times of stale jobs, of one reason if ``kind`` is given.

        One job after another; jobs without a recorded time count as none (:meth:`untimed`).
        """
        jobs = (job for job in self.of("stale") if kind is None or kind in _kinds(job))
        return sum(job.wall_s or 0.0 for job in jobs) / 3600

    def counts(self) -> dict[str, int]:
        """Count stale jobs by reason; a job of several reasons counts under each."""
        return dict(Counter(kind for job in self.of("stale") for kind in sorted(_kinds(job))))

    def untimed(self) -> int:
        """Count stale jobs whose record holds no wall time."""
        return sum(job.wall_s is None for job in self.of("stale"))

    def unjudged(self) -> int:
        """Count records whose environment could not be judged."""
        return sum(job.unjudged for job in self.verdicts)


def _kinds(verdict: Verdict) -> set[str]:
    return {reason.kind for reason in verdict.reasons}
