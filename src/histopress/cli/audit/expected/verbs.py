"""What decides a verb's results besides its files: settings, code, pins."""

import importlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from histopress.cli.main import JOBS, TOOLS
from histopress.store import canonical_json

if TYPE_CHECKING:
    from types import SimpleNamespace

    from histopress.cli.job import Verb
    from histopress.cli.plan import Plan


@cache
def verb_called(name: str) -> "Verb":
    """Find a verb that leaves records by its name, be it one of the workflow or for people.

    Raises
    ------
    KeyError, AttributeError
        There is no such verb, or it leaves none.
    """
    verb: Verb = importlib.import_module(f"histopress.cli.{(JOBS | TOOLS)[name][0]}").VERB
    return verb


@cache
def code_of(name: str) -> str:
    """Digest a verb's code, also where the study freezes it."""
    from histopress.audit.code import code_digest

    return code_digest(verb_called(name).module)


@cache
def pins_today(name: str) -> Mapping[str, str] | None:
    """Pins of the libraries behind a verb; None without the workflow."""
    from histopress.audit.pins import pins_of

    return pins_of(verb_called(name).module, verb_called(name).environment)


@dataclass(frozen=True)
class Settings:
    """Settings of a study's jobs as their recipes would hold them.

    Each is resolved once; jobs of many slides share theirs.
    """

    plan: "Plan"
    _known: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def of(self, name: str, wildcards: "SimpleNamespace") -> Mapping[str, Any]:
        """Resolve the settings of one job: defaults filled in, guards left out."""
        text = self.plan.settings(name, wildcards)
        key = (name, text)
        if key not in self._known:
            self._known[key] = _resolved(name, text)
        return self._known[key]


def _resolved(name: str, text: str) -> Mapping[str, Any]:
    verb = verb_called(name)
    values = verb.decisive(asdict(settings_adapter(name).validate_json(text)))
    # Through JSON, as records go.
    found: Mapping[str, Any] = json.loads(canonical_json(values))
    return found


@cache
def settings_adapter(name: str) -> Any:
    """Give what validates a verb's settings; raises as :func:`verb_called`."""
    from pydantic import TypeAdapter

    return TypeAdapter(verb_called(name).settings)
