"""``histopress claims plan``: what is claimed, and what the cohort can show, before the run."""

from dataclasses import field
from typing import Annotated, Any

from pydantic import Field

from histopress.claims.settings import ClaimsSettings
from histopress.cli.job import Job, Port, Verb
from histopress.types import settings


@settings
class ClaimsPlanSettings:
    """What is claimed, and of whom."""

    claims: ClaimsSettings
    facts: Annotated[
        dict[str, dict[str, Any]],
        Field(description="By claim: kind of the target, patients, folds, shares of classes."),
    ] = field(default_factory=dict)


def plan_claims(job: Job) -> None:
    """Write the plan for programs and for people."""
    from dataclasses import asdict

    from histopress.claims.pages import plan_page
    from histopress.claims.planning import plan_claim
    from histopress.store import write_json

    claims = job.settings.claims
    planned = [
        plan_claim(name, claim, claims, job.settings.facts[name])
        for name, claim in claims.of.items()
    ]
    write_json(job.output("plan"), {"claims": [asdict(each) for each in planned]})
    page = plan_page(planned, family=claims.family, alpha=claims.alpha, headed=claims.headed)
    job.output("page").write_text(page, encoding="utf-8")
    powers = [each.power for each in planned if each.power is not None]
    job.facts.update(claims=len(planned), least_power=round(min(powers, default=0.0), 3))


VERB = Verb(
    name="claims plan",
    environment="slide",
    settings=ClaimsPlanSettings,
    outputs=(
        Port(name="plan", help="JSON: contrast, smallest effect and power of each claim"),
        Port(name="page", help="Markdown: the same to read"),
    ),
    run=plan_claims,
)
