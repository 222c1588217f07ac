"""A claim's result put together, whatever kind it is of."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from histopress.cli.job import Job

if TYPE_CHECKING:
    from histopress.claims.estimate import Estimate
    from histopress.claims.result import ClaimResult, Finding


def finish(
    job: Job,
    *,
    metric: str | None = None,
    named: str = "",
    estimate: "Estimate | None" = None,
    rows: Sequence[Mapping[str, Any]] = (),
    beside: "Sequence[Finding]" = (),
    facts: Mapping[str, Any] | None = None,
    reason: str | None = None,
    warnings: tuple[str, ...] = (),
) -> "ClaimResult":
    """Put a claim's result together: the verdict is corrected for the whole family.

    Without an estimate nothing is judged, for a ``reason``.
    """
    from histopress.claims.result import ClaimResult, find

    chosen, rules = job.settings.claim, job.settings.rules
    finding = None
    if estimate is not None:
        finding = find(
            named, estimate, margin=chosen.margin, alpha=rules.alpha, claims=rules.family
        )
    return ClaimResult(
        claim=job.wildcard("claim"),
        letter=chosen.letter,
        kind=chosen.kind,
        statement=chosen.statement,
        metric=metric,
        finding=finding,
        rows=rows,
        beside=beside,
        facts={**(facts or {}), "family": rules.family, "margin": chosen.margin},
        reason=reason,
        note=chosen.note,
        headed=rules.headed or None,
        warnings=warnings,
    )
