"""Which of a verb's settings somebody chose: those that are not the defaults."""

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from histopress.cli.audit.expected.verbs import settings_adapter


def chosen_settings(verb: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what this version would set by itself.

    A setting counts as default if the verb's settings come out the same without it. Settings of a
    verb or of a form that this version does not know are given as they are.
    """
    adapter = _adapter(verb)
    if adapter is None:
        return settings
    try:
        whole = adapter.validate_python(settings)
    except ValueError:
        return settings
    kept: dict[str, Any] = {}
    for path in _leaves(settings):
        try:
            by_itself = adapter.validate_python(_without(settings, path)) == whole
        except ValueError:
            by_itself = False
        if not by_itself:
            _put(kept, path, _at(settings, path))
    return kept


@cache
def _adapter(verb: str) -> Any:
    try:
        return settings_adapter(verb)
    except (KeyError, AttributeError):
        return None


def _leaves(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name)


def _at(values: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    for name in path:
        values = values[name]
    return values


def _without(values: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    rest = copy.deepcopy(dict(values))
    del _at(rest, path[:-1])[path[-1]]
    return rest


def _put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})
    values[path[-1]] = value
