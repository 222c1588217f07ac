"""A rule of the workflow as an audit sees it: what a verb makes, and what it would be given."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace

from histopress.cli.plan import Plan

Inputs = Mapping[str, list[str]]
"""Paths by the role in which the rule names them."""
Wildcards = SimpleNamespace


def _nothing(_plan: Plan, _wildcards: Wildcards) -> Inputs:
    return {}


def _always(_plan: Plan, _wildcards: Wildcards) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the workflow asks of one verb.

    Attributes
    ----------
    verb : str
        Its name.
    outputs : tuple of str
        Patterns of what it makes, as far as others read or name it.
    inputs : callable
        Gives a job's files as the rule does.
    applies : callable
        Whether the study makes these outputs by this verb.
    unread : frozenset of str
        Roles of files that the rule names and that a job may do without.
    loose : frozenset of str
        Roles of which the job takes only what follows from their maker's own inputs.
    content : mapping of str to callable
        Gives, by the role in which records name a file, the digest of what counts of it.
    """

    verb: str
    outputs: tuple[str, ...]
    inputs: Callable[[Plan, Wildcards], Inputs] = _nothing
    applies: Callable[[Plan, Wildcards], bool] = _always
    unread: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    content: Mapping[str, Callable[[Plan, Wildcards], str | None]] = field(default_factory=dict)

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """Its outputs as regular expressions."""
        return tuple(_expression(pattern) for pattern in self.outputs)

    def match(self, path: str, plan: Plan) -> Wildcards | None:
        """Wildcards under which the rule makes ``path``; None if it does not."""
        for pattern in self.patterns:
            found = pattern.fullmatch(path)
            if found:
                wildcards = Wildcards(**found.groupdict())
                return wildcards if self.applies(plan, wildcards) else None
        return None


def _expression(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", text))
