"""Which file of one job corresponds to which of another."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

Record = Mapping[str, Any]
Entry = Mapping[str, Any]
Maker = Callable[[Entry], Record | None]
"""Gives the record of the job that wrote a file's bytes, None if no record tells."""
Pair = tuple[Entry | None, Entry | None]
Key = Callable[[Entry], object]


def paired_inputs(old: Record, new: Record) -> Iterator[tuple[str, Pair]]:
    """Pair the inputs of two jobs within each role; what has no partner comes with None.

    Partners have the same path, or paths that differ as the jobs' wildcards do, or the same
    bytes, or are the last ones left of their role.
    """
    swaps = _swaps(old, new)
    keys: tuple[tuple[Key, Key], ...] = (
        (_path, _path),
        (lambda entry: _pattern(entry, swaps[0]), lambda entry: _pattern(entry, swaps[1])),
        (_bytes, _bytes),
    )
    before, after = _by_role(old), _by_role(new)
    for role in sorted({*before, *after}):
        left, right = before.get(role, []), after.get(role, [])
        for of_left, of_right in keys:
            found, left, right = _match(left, right, of_left, of_right)
            yield from ((role, pair) for pair in found)
        if len(left) == len(right) == 1:
            yield role, (left.pop(), right.pop())
        yield from ((role, (entry, None)) for entry in left)
        yield from ((role, (None, entry)) for entry in right)


def _match(
    left: list[Entry], right: list[Entry], of_left: Key, of_right: Key
) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """Pair entries of equal keys; gives the pairs and what is left of each side."""
    waiting: dict[object, list[int]] = {}
    for place in reversed(range(len(right))):
        waiting.setdefault(of_right(right[place]), []).append(place)
    pairs: list[Pair] = []
    rest, taken = [], set()
    for entry in left:
        places = waiting.get(of_left(entry))
        if places:
            taken.add(places[-1])
            pairs.append((entry, right[places.pop()]))
        else:
            rest.append(entry)
    return pairs, rest, [entry for place, entry in enumerate(right) if place not in taken]


def _by_role(record: Record) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in record["inputs"]:
        found.setdefault(entry["role"], []).append(entry)
    return found


def _path(entry: Entry) -> object:
    return entry["path"]


def _bytes(entry: Entry) -> object:
    return entry["sha256"]


def _swaps(old: Record, new: Record) -> tuple[dict[str, str], dict[str, str]]:
    """Give the wildcards in which two jobs differ, for each of them."""
    before, after = old["recipe"]["wildcards"], new["recipe"]["wildcards"]
    names = [name for name in before if name in after and before[name] != after[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def _pattern(entry: Entry, swaps: Mapping[str, str]) -> str:
    """Put wildcards' names for their values in a path, so that two jobs' files meet."""
    parts = []
    for part in PurePosixPath(entry["path"]).parts:
        pattern = part
        for name, value in swaps.items():
            if f"{part}.".startswith(f"{value}."):
                pattern = f"{{{name}}}{part[len(value) :]}"
            elif part == f"{name}{value}":
                pattern = f"{name}{{{name}}}"
        parts.append(pattern)
    return "/".join(parts)
