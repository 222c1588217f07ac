"""Recipes that were declared to make equal bytes, after rebuilding a sample.

An acceptance says that certain changes, such as another digest of a verb's code, change no result.
It lies beside the records under an id over its content, so that none can be altered unseen. Both
sides of an accepted change are equal, and what is equal to equals is equal: a to b and b to c
cover a to c, and the way back. A slide's or a table's bytes are never accepted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from histopress.audit.recipes.changes import ABSENT, Change, change_json
from histopress.audit.recipes.pairs import Record
from histopress.audit.record import identifier
from histopress.audit.records import ACCEPTED, FOLDER
from histopress.errors import StoreError
from histopress.store import atomic, canonical_json, read_json, write_json

SCHEMA = "acceptance/1"
ROOM = f"{FOLDER}/{ACCEPTED}"
ACCEPTABLE = frozenset({"code", "pins", "settings", "seed"})
"""Kinds of change that may be accepted: those of a job's own recipe, never of its inputs."""

Field = tuple[str, str, tuple[str, ...]]
"""Verb, kind and key of what changed."""


@dataclass(frozen=True, kw_only=True)
class Acceptances:
    """All acceptances of a project.

    Attributes
    ----------
    equal : mapping
        By verb and field, groups of values that were declared equal.
    faults : mapping of str to str
        Why a file, by its path, is not believed.
    """

    equal: Mapping[Field, Sequence[frozenset[str]]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    def covers(self, record: Record, change: Change) -> bool:
        """Whether a change of a record's recipe was declared to change no result."""
        if change.kind not in ACCEPTABLE:
            return False
        groups = self.equal.get((record["recipe"]["verb"], change.kind, change.key), ())
        ends = {_node(change.old), _node(change.new)}
        return any(ends <= group for group in groups)


def read_acceptances(project: Path) -> Acceptances:
    """Read what was accepted; a file that was altered is a fault and covers nothing."""
    pairs: dict[Field, list[tuple[str, str]]] = defaultdict(list)
    faults = {}
    room = project / ROOM
    for path in sorted(room.iterdir()) if room.is_dir() else ():
        if path.name.startswith("."):
            continue
        try:
            changes = _believed(path)
        except StoreError as error:
            faults[path.relative_to(project).as_posix()] = str(error)
            continue
        for verb, change in changes:
            key = (verb, change.kind, change.key)
            pairs[key].append((_node(change.old), _node(change.new)))
    return Acceptances(
        equal={key: tuple(_joined(found)) for key, found in pairs.items()}, faults=faults
    )


def write_acceptance(
    project: Path,
    *,
    reason: str,
    changes: Iterable[tuple[str, Change]],
    sample: Mapping[str, Any],
    circumstances: Mapping[str, Any],
) -> Path:
    """Write down that changes were accepted; gives the file.

    Parameters
    ----------
    project : Path
    reason : str
        Why, in a person's words.
    changes : iterable of (str, Change)
        What is accepted, each with its verb.
    sample : mapping
        Jobs that were rebuilt, as plain JSON.
    circumstances : mapping
        Time, commit, versions and machine, as plain JSON.
    """
    values = {
        "schema": SCHEMA,
        "reason": reason,
        "changes": [{"verb": verb, **change_json(change)} for verb, change in changes],
        "sample": dict(sample),
        **circumstances,
    }
    identity = identifier(values)
    place = project / ROOM / f"{identity}.json"
    with atomic(place) as temporary:
        write_json(temporary, {**values, "acceptance_id": identity})
    return place


def _believed(path: Path) -> list[tuple[str, Change]]:
    """Read one acceptance; raises StoreError where it is not as it was written."""
    found = read_json(path)
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise StoreError(f"{path.name}: is no acceptance that this version reads")
    identity = found.pop("acceptance_id", None)
    if identifier(found) != identity or path.name != f"{identity}.json":
        raise StoreError(
            f"{path.name}: was altered after it was written; it is not believed: accept anew"
        )
    try:
        return [_change(value) for value in found["changes"]]
    except (KeyError, TypeError) as error:
        raise StoreError(f"{path.name}: lacks {error}") from error


def _change(value: Mapping[str, Any]) -> tuple[str, Change]:
    change = Change(
        kind=value["kind"],
        key=tuple(value["key"]),
        old=value.get("old", ABSENT),
        new=value.get("new", ABSENT),
    )
    return value["verb"], change


def _node(value: Any) -> str:
    return "" if value is ABSENT else canonical_json(value)


def _joined(pairs: Iterable[tuple[str, str]]) -> Iterator[frozenset[str]]:
    """Join pairs that share a value into groups."""
    groups: list[set[str]] = []
    for pair in pairs:
        own = set(pair)
        apart = []
        for group in groups:
            if group & own:
                own |= group
            else:
                apart.append(group)
        groups = [*apart, own]
    return map(frozenset, groups)
