"""A change: one field, what it was and what it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from histopress.audit.recipes.pairs import Record
from histopress.store import canonical_json


class Absent(Enum):
    """Stands where there is no value; ``None`` is a value."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT
DIGEST = re.compile(r"[0-9a-f]{64}")
PLAIN = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field that differs.

    Attributes
    ----------
    kind : str
        What sort of field: ``settings``, ``seed``, ``code``, ``wildcards``, ``input``, ...
    key : tuple of str
        Path of keys to the field below its kind; or the file or job that it is about.
    old, new : Any
        Plain JSON values, or :data:`ABSENT`.
    """

    kind: str
    key: tuple[str, ...] = ()
    old: Any = ABSENT
    new: Any = ABSENT


def same(old: Any, new: Any) -> bool:
    """Whether two values enter a recipe's digest alike; 1, 1.0 and true do not.

    Examples
    --------
    >>> same(1, 1.0), same({"a": 1, "b": 2}, {"b": 2, "a": 1})
    (False, True)
    """
    if old is ABSENT or new is ABSENT:
        return old is new
    return canonical_json(old) == canonical_json(new)


def changes_between(old: Any, new: Any, *, kind: str, key: tuple[str, ...] = ()) -> list[Change]:
    """List the leaves at which two JSON values differ, sorted by key; lists are leaves.

    Examples
    --------
    >>> changes_between({"a": {"b": 1}}, {"a": {"b": 2}}, kind="settings")
    [Change(kind='settings', key=('a', 'b'), old=1, new=2)]
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [
            change
            for name in sorted({*old, *new})
            for change in changes_between(
                old.get(name, ABSENT), new.get(name, ABSENT), kind=kind, key=(*key, name)
            )
        ]
    return [] if same(old, new) else [Change(kind=kind, key=key, old=old, new=new)]


def recipe_changes(old: Record, new: Record) -> list[Change]:
    """List the fields of two recipes that differ, inputs aside; of two verbs only the verb."""
    before, after = old["recipe"], new["recipe"]
    if before["verb"] != after["verb"]:
        return [Change(kind="verb", old=before["verb"], new=after["verb"])]
    found = [
        change
        for name in sorted({*before, *after} - {"inputs"})
        for change in changes_between(before.get(name, ABSENT), after.get(name, ABSENT), kind=name)
    ]
    return [_as_seed(change) for change in found]


def circumstances(old: Record, new: Record) -> list[Change]:
    """List what differs between two runs outside their recipes: versions, machine, commit."""
    found = []
    for name in ("versions", "machine", "threads"):
        left, right = (record["run"].get(name, ABSENT) for record in (old, new))
        found += changes_between(left, right, kind="run", key=(name,))
    left, right = (record.get("source", {}).get("commit", ABSENT) for record in (old, new))
    return found + changes_between(left, right, kind="run", key=("commit",))


def shown(value: Any, width: int = 60) -> str:
    """Write a value for people: digests by twelve digits, long ones cut.

    Examples
    --------
    >>> shown("ab" * 32), shown(0.5), shown(None), shown(ABSENT)
    ('abababababab', '0.5', 'null', 'absent')
    """
    if value is ABSENT:
        return "absent"
    if isinstance(value, str) and DIGEST.fullmatch(value):
        return value[:12]
    text = canonical_json(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def joined(key: tuple[str, ...]) -> str:
    """Join a key path by dots; a key that holds more than letters and digits is quoted."""
    if len(key) == 1:
        return key[0]
    return ".".join(part if PLAIN.fullmatch(part) else f'"{part}"' for part in key)


def describe(change: Change) -> str:
    """Write a change on one line.

    Examples
    --------
    >>> describe(Change(kind="settings", key=("network", "width"), old=64, new=128))
    'settings network.width: 64 → 128'
    """
    head = " ".join(part for part in (change.kind, joined(change.key)) if part)
    if change.old is ABSENT and change.new is ABSENT:
        return head
    return f"{head}: {shown(change.old)} → {shown(change.new)}"


def change_json(change: Change) -> dict[str, Any]:
    """Turn a change into plain JSON; an absent value is left out."""
    values = {"old": change.old, "new": change.new}
    present = {name: value for name, value in values.items() if value is not ABSENT}
    return {"kind": change.kind, "key": list(change.key), **present}


def _as_seed(change: Change) -> Change:
    seed = change.key[-1:] in (("seed",), ("seeds",)) or change.kind in ("seed", "seeds")
    return Change(kind="seed", key=change.key, old=change.old, new=change.new) if seed else change
