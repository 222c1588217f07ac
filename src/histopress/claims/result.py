"""What became of one claim, as its file holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from histopress.claims.estimate import Estimate
from histopress.claims.verdict import Decision, decide


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One difference, judged.

    Attributes
    ----------
    name : str
        What is held against what, such as ``multitask - bigan``.
    estimate : Estimate
    decision : Decision
    """

    name: str
    estimate: Estimate
    decision: Decision

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "estimate": asdict(self.estimate),
            "decision": self.decision.as_json(),
        }


def find(
    name: str, estimate: Estimate, *, margin: float, alpha: float = 0.05, claims: int = 1
) -> Finding:
    """Judge a difference that is expected above 0; see :func:`histopress.claims.verdict.decide`."""
    decision = decide(estimate, margin=margin, alpha=alpha, claims=claims)
    return Finding(name=name, estimate=estimate, decision=decision)


@dataclass(frozen=True, kw_only=True)
class ClaimResult:
    """What became of one claim.

    Attributes
    ----------
    claim, letter, kind, statement : str
        As it was stated.
    metric : str or None
        That the finding is of; None where nothing could be judged.
    finding : Finding or None
        The one that the verdict rests on, corrected for the family; None where nothing could be
        judged, and ``reason`` says why.
    rows : sequence of mapping
        The figures behind it, one a row, all with the same keys.
    beside : sequence of Finding
        Further differences, not corrected: what to look at next, no verdicts of the family.
    facts : mapping
        What else was found out.
    note, headed : str or None
        What a reader must know.
    warnings : tuple of str
    """

    claim: str
    letter: str
    kind: str
    statement: str
    metric: str | None
    finding: Finding | None
    rows: Sequence[Mapping[str, Any]]
    beside: Sequence[Finding] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    note: str | None = None
    headed: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict in plain words."""
        if self.finding is None:
            return f"not judged ({self.reason})"
        return self.finding.decision.sentence

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            **vars(self),
            "sentence": self.sentence,
            "finding": self.finding.as_json() if self.finding else None,
            "beside": [each.as_json() for each in self.beside],
            "rows": [dict(row) for row in self.rows],
            "facts": dict(self.facts),
            "warnings": list(self.warnings),
        }
