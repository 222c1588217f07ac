"""The jobs that today's configuration asks for, each with the files that it would be given.

The same net of jobs as Snakemake's, from the same plan: a test holds the two equal.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from histopress.cli.audit.expected.rule import Rule, Wildcards
from histopress.cli.audit.expected.rules import RULES
from histopress.cli.plan import Plan

Key = tuple[str, ...]
"""Verb and wildcards."""


@dataclass(frozen=True, kw_only=True)
class WantedJob:
    """A job as the workflow would run it today.

    Attributes
    ----------
    rule : Rule
    wildcards : namespace
        As the rule names them.
    inputs : mapping of str to tuple of str
        Paths by the rule's roles, as the rule writes them.
    """

    rule: Rule
    wildcards: Wildcards
    inputs: Mapping[str, tuple[str, ...]]

    @property
    def key(self) -> Key:
        """Tells it from all others."""
        return _key(self.rule, self.wildcards)

    @property
    def paths(self) -> Iterator[str]:
        """All its inputs."""
        return (path for paths in self.inputs.values() for path in paths)


@dataclass(frozen=True)
class Wanted:
    """All jobs behind what a whole run of the workflow ends in.

    Linear in the number of jobs and of their inputs; paths are held once.
    """

    plan: Plan
    jobs: dict[Key, WantedJob] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> "Wanted":
        """Ask a plan for the jobs of a whole run."""
        found = cls(plan)
        found._follow(targets(plan))
        return found

    def maker(self, path: str) -> WantedJob | None:
        """Find the job that makes ``path``; None for a source and for what nobody asks for."""
        found = _route(path, self.plan)
        return self.jobs.get(_key(*found)) if found else None

    def counts(self) -> dict[str, int]:
        """Count the jobs by verb."""
        return dict(Counter(job.rule.verb for job in self.jobs.values()))

    def _follow(self, paths: Iterable[str]) -> None:
        pending, seen = list(paths), set()
        known: dict[str, str] = {}
        while pending:
            path = pending.pop()
            if path in seen:
                continue
            seen.add(path)
            found = _route(path, self.plan)
            if found is None or _key(*found) in self.jobs:
                continue
            rule, wildcards = found
            inputs = {
                role: tuple(known.setdefault(each, each) for each in given)
                for role, given in rule.inputs(self.plan, wildcards).items()
            }
            job = WantedJob(rule=rule, wildcards=wildcards, inputs=inputs)
            self.jobs[job.key] = job
            pending.extend(each for each in job.paths if each not in seen)


def targets(plan: Plan) -> list[str]:
    """List what the workflow ends in."""
    return [
        *plan.overlays(),
        *plan.compressed(),
        *plan.comparisons(),
        *plan.learning.evaluations(),
        *plan.stated.files(),
    ]


def job_key(verb: str, wildcards: Mapping[str, str]) -> Key:
    """Tell a job from all others."""
    return (verb, *(text for pair in sorted(wildcards.items()) for text in pair))


def _key(rule: Rule, wildcards: Wildcards) -> Key:
    return job_key(rule.verb, vars(wildcards))


def _route(path: str, plan: Plan) -> tuple[Rule, Wildcards] | None:
    """Find the rule that makes a path."""
    for rule in _ROUTES.get(_room(path), ()):
        wildcards = rule.match(path, plan)
        if wildcards is not None:
            return rule, wildcards
    return None


def _room(path: str) -> str:
    return "/".join(path.split("/", 2)[:2])


def _routes() -> dict[str, tuple[Rule, ...]]:
    found: dict[str, dict[str, Rule]] = {}
    for rule in RULES:
        for pattern in rule.outputs:
            found.setdefault(_room(pattern), {})[rule.verb] = rule
    return {room: tuple(rules.values()) for room, rules in found.items()}


_ROUTES = _routes()
