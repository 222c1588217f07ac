"""The ledger of runs: one small file an event, each naming the one before.

What a chain shows: an entry that was altered, taken out or put in between breaks it, and so does
one whose neighbours were not rewritten with it. What it cannot show: whoever can rewrite all
entries can rewrite the whole chain, and cutting off the newest ones leaves a shorter chain that is
whole. A root or an entry's id that was noted elsewhere exposes the first, and so does a signature;
only a copy of the ledger, such as a pack holds, exposes the second.

A ``start`` without an end is no fault: the run was killed, or is still going on. Several runs may
write at once; each number is taken once, and who comes second names the first.
"""

import errno
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from histopress.audit.findings import Finding, State
from histopress.audit.record import identifier
from histopress.audit.records import FOLDER, RUNS
from histopress.store import canonical_json, temporary_path, write_json

SCHEMA = "run/1"
LEDGER = f"{FOLDER}/{RUNS}"
KINDS = ("start", "success", "error", "close")
"""A run began, ended well, ended badly; somebody entered the state of the records."""

_NAME = re.compile(r"(\d{6,12})\.json")
_UNLINKED = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS)
"""What file systems without hard links answer."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry as it lies there.

    Attributes
    ----------
    number : int
        From its name; the first is 1.
    values : mapping
        What it says; empty where it is no JSON object.
    identity : str
        What the next entry has to name: computed from the content, not taken from it.
    fault : str or None
        Why it is not to be believed.
    """

    number: int
    values: Mapping[str, Any]
    identity: str
    fault: str | None = None

    @property
    def place(self) -> str:
        """Its file, relative to the project."""
        return _place(self.number)


def append_entry(project: Path, kind: str, state: Mapping[str, Any]) -> Entry:
    """Write the next entry of the ledger.

    Parameters
    ----------
    project : Path
    kind : str
        One of :data:`KINDS`.
    state : mapping
        What else the entry says, as plain JSON: digests, counts, versions.

    Raises
    ------
    OSError
        The ledger cannot be written.
    """
    (project / LEDGER).mkdir(parents=True, exist_ok=True)
    number = max(_numbers(project), default=0) + 1
    while True:
        values: dict[str, Any] = {
            **state,
            "schema": SCHEMA,
            "number": number,
            "previous": _settled(project, number - 1).identity if number > 1 else None,
            "kind": kind,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        entry = {**values, "entry_id": identifier(values)}
        try:
            _write_once(project / _place(number), entry)
        except FileExistsError:
            # Somebody was quicker; his entry is there, even where the folder's listing is old.
            number += 1
            continue
        return Entry(number=number, values=entry, identity=entry["entry_id"])


def read_entries(project: Path) -> Iterator[Entry]:
    """Read the ledger, the oldest entry first."""
    return (_read(project, number) for number in _numbers(project))


def check_ledger(project: Path) -> Iterator[Finding]:
    """Say where the ledger is broken; nothing where it is whole, or where there is none."""
    for name in sorted(_strangers(project)):
        yield _finding(f"{LEDGER}/{name}", "is no entry of the ledger")
    expected, before = 1, None
    for entry in read_entries(project):
        if entry.number > expected:
            yield _gap(expected, entry.number - 1)
        elif entry.fault is None and (before is None or before.fault is None):
            wanted = before.identity if before else None
            if entry.values["previous"] != wanted:
                yield _finding(entry.place, _broken_link(before))
        if entry.fault is not None:
            yield _finding(entry.place, entry.fault)
        expected, before = entry.number + 1, entry


def configuration_digest(values: Any) -> str | None:
    """Sha256 of a configuration's canonical JSON, whatever its order and comments.

    None where it holds what JSON cannot.

    Examples
    --------
    >>> configuration_digest({"b": 1, "a": 2}) == configuration_digest({"a": 2, "b": 1})
    True
    """
    try:
        return sha256(canonical_json(values).encode()).hexdigest()
    except (TypeError, ValueError, RecursionError):
        return None


def _place(number: int) -> str:
    return f"{LEDGER}/{number:06}.json"


def _numbers(project: Path) -> list[int]:
    found = (_number(name) for name in _names(project))
    return sorted(number for number in found if number is not None)


def _names(project: Path) -> list[str]:
    try:
        return [path.name for path in (project / LEDGER).iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _number(name: str) -> int | None:
    """Read the number in an entry's name; None for any other name."""
    match = _NAME.fullmatch(name)
    number = int(match[1]) if match else 0
    return number if number and _place(number).endswith(f"/{name}") else None


def _strangers(project: Path) -> Iterator[str]:
    return (name for name in _names(project) if not name.startswith(".") and not _number(name))


def _read(project: Path, number: int) -> Entry:
    """Read one entry; never raises."""
    path = project / _place(number)
    try:
        # Anything but a regular file could block for ever.
        data = path.read_bytes() if path.is_file() else b""
    except OSError as error:
        return Entry(number=number, values={}, identity="", fault=f"cannot be read ({error})")
    try:
        text = data.decode("utf-8")
        values = json.loads(text)
        identity = identifier({key: part for key, part in values.items() if key != "entry_id"})
        whole = json.dumps(values, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=2)
    except (AttributeError, ValueError, RecursionError):
        damaged = sha256(data).hexdigest()
        return Entry(number=number, values={}, identity=damaged, fault="is no JSON object")
    fault = _fault(number, values, identity)
    if fault is None and text != whole + "\n":
        fault = "its text is not as it was written"
    return Entry(number=number, values=values, identity=identity, fault=fault)


def _settled(project: Path, number: int) -> Entry:
    """Read an entry that somebody may be writing, where there are no hard links."""
    for _ in range(10):
        entry = _read(project, number)
        if entry.values:
            break
        time.sleep(0.05)
    return entry


def _fault(number: int, values: Mapping[str, Any], identity: str) -> str | None:
    if values.get("schema") != SCHEMA:
        return f"is of schema {values.get('schema')!r}; this version reads {SCHEMA!r}"
    if values.get("number") != number:
        return f"says that it is number {values.get('number')!r}"
    if values.get("entry_id") != identity:
        return "was altered: its content does not give its entry_id"
    return None if "previous" in values else "names no entry before it"


def _broken_link(before: Entry | None) -> str:
    if before is None:
        return "names an entry before it, but it is the first"
    return f"names another entry before it than {before.place}: one of the two was replaced"


def _gap(first: int, last: int) -> Finding:
    missing = f"entry {first}" if first == last else f"entries {first} to {last}"
    return _finding(_place(first), f"{missing} missing")


def _finding(path: str, detail: str) -> Finding:
    return Finding(state=State.LEDGER, path=path, detail=detail)


def _write_once(path: Path, value: Mapping[str, Any]) -> None:
    """Write a whole file that was not there; raises FileExistsError if it is."""
    temporary = temporary_path(path)
    try:
        write_json(temporary, value)
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        try:
            # Unlike a rename, a link never replaces what somebody else has just written.
            path.hardlink_to(temporary)
        except OSError as error:
            if error.errno not in _UNLINKED:
                raise
            with path.open("x", encoding="utf-8") as handle:
                handle.write(temporary.read_text(encoding="utf-8"))
    finally:
        temporary.unlink(missing_ok=True)
