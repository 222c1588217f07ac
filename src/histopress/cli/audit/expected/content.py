"""Digests of what counts of a file of which the rest does not, as it is today."""

from collections.abc import Callable
from types import SimpleNamespace

from histopress.cli.plan import Plan
from histopress.cohort.content import divisions_digest, people_digest
from histopress.study import names

Content = Callable[[Plan, SimpleNamespace], str | None]
ROLES = ("manifest", "labels", "links")
"""Tables that a target's labels come from."""


def _cohort(plan: Plan, wildcards: SimpleNamespace) -> str:
    return plan.study.cohort_digest(wildcards.target)


def _with_covariates(plan: Plan, wildcards: SimpleNamespace) -> str:
    return plan.study.cohort_digest(wildcards.target, covariates=True)


def _with_subgroups(plan: Plan, wildcards: SimpleNamespace) -> str:
    return plan.study.cohort_digest(wildcards.target, subgroups=True)


COHORT: dict[str, Content] = dict.fromkeys(ROLES, _cohort)
WITH_COVARIATES: dict[str, Content] = dict.fromkeys(ROLES, _with_covariates)
WITH_SUBGROUPS: dict[str, Content] = dict.fromkeys(ROLES, _with_subgroups)


def people(plan: Plan, _: SimpleNamespace) -> str:
    """Whose slides the slides are."""
    return people_digest(plan.study.manifest)


def people_in_order(plan: Plan, _: SimpleNamespace) -> str:
    """Whose slides the slides are, and their order."""
    return people_digest(plan.study.manifest, ordered=True)


def divisions(plan: Plan, _: SimpleNamespace) -> str | None:
    """Divisions that another tool's tables hold; None without such a protocol or table."""
    from histopress.cohort.splitting.files import read_divisions
    from histopress.errors import ManifestError

    for path in plan.learning.split_tables():
        try:
            return divisions_digest(read_divisions(plan.project / path))
        except ManifestError:
            return None
    return None


def observed(plan: Plan, wildcards: SimpleNamespace) -> str | None:
    """Figures of a row that are held against the null; None where it has no metrics."""
    from histopress.audit.record import identifier
    from histopress.cli.null import observed_figures
    from histopress.errors import StoreError
    from histopress.store import read_json

    place = plan.project / names.EVALUATION.format(**vars(wildcards)) / "metrics.json"
    try:
        return identifier(observed_figures(read_json(place)))
    except (OSError, StoreError, KeyError, TypeError, AttributeError):
        return None


def _claimed(role: str) -> Content:
    """Make the function that tells what counts of one table of a claim."""

    def digest(plan: Plan, wildcards: SimpleNamespace) -> str | None:
        from histopress.errors import StoreError

        try:
            return plan.stated.content(wildcards.claim).get(role)
        except StoreError:
            return None

    return digest


CLAIMED: dict[str, Content] = {role: _claimed(role) for role in (*ROLES, "table", "latents")}
