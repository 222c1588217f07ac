"""Validation errors as messages that a person can act on."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import ValidationError


def explain(error: ValidationError, values: Any, *, root: str, known: Collection[str]) -> list[str]:
    """Turn validation errors into one message each: key path, value, what is allowed.

    Parameters
    ----------
    error : ValidationError
        Of pydantic.
    values : object
        What was validated; a key's path is what leads to it there.
    root : str
        What the values are called.
    known : collection of str
        Keys to propose where one is unknown.
    """
    faults = error.errors(include_url=False)
    inner = {fault["loc"][:depth] for fault in faults for depth in range(len(fault["loc"]))}
    return [
        f"{root}: {_message(fault, values, known)}"
        for fault in faults
        # Where an entry is refused, the list that then lacks it is no fault of its own.
        if not (fault["type"] == "too_short" and fault["loc"] in inner)
    ]


def _key_path(location: Sequence[str | int], values: Any) -> str:
    """Leave out what the validator adds to a path: the tags of unions."""
    found = []
    for depth, part in enumerate(location):
        is_key = isinstance(values, Mapping) and part in values
        is_place = isinstance(values, Sequence) and isinstance(part, int) and part < len(values)
        if is_key or is_place:
            values = values[part]
            found.append(str(part))
        elif depth == len(location) - 1:
            found.append(str(part))
    return ".".join(found) or "(top)"


def _message(fault: Any, values: Any, known: Collection[str]) -> str:
    path = _key_path(fault["loc"], values)
    kind, value, context = fault["type"], fault["input"], fault.get("ctx", {})
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        near = difflib.get_close_matches(str(fault["loc"][-1]), sorted(known), n=1)
        hint = f"did you mean '{near[0]}'?" if near else "config/README.md lists all keys"
        return f"{path}: unknown key; {hint}"
    if kind in ("missing", "missing_keyword_only_argument"):
        return f"{path}: is missing; config/README.md explains it"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        allowed = context.get("expected_tags", "given by 'kind'")
        tag = context.get("tag", "missing")
        return f"{path}.kind: is {tag}; allowed are {allowed}"
    if kind == "literal_error":
        return f"{path}: is {value!r}; allowed are {context['expected']}"
    return f"{path}: is {_short(value)}; {fault['msg'][0].lower()}{fault['msg'][1:]}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
