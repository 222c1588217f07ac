"""Reading the records of a project, one at a time, and judging whether they are as written.

A record is believed only if its bytes are those that the runner writes for its content: then no
byte of it can change unseen, be it white space, and both ids are computed anew.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from histopress.audit.record import OUTSIDE as OUTSIDE
from histopress.audit.record import SCHEMA, FileEntry, identifier, input_digests

FOLDER = "results/records"
RUNS, REPLAYS, ACCEPTED, PATCHES = "runs", "replays", "accepted", "source"
RESERVED = frozenset({RUNS, REPLAYS, ACCEPTED, PATCHES})
"""Folders below that hold no job records: the ledger of runs, what replays reached, recipes
declared equal, uncommitted patches."""
SIGNED = "root.txt"
"""File below that holds what was signed; the signature stands beside it with ``.sig``."""
SCHEMAS = frozenset({"record/1", SCHEMA})
"""What this version reads."""

NAME_MAX = 255
"""Bytes of a file's name that file systems take."""
_HEX = frozenset("0123456789abcdef")
_ADDED: Mapping[str, type] = {"ports": dict, "source": dict}
"""What records of the first schema lack."""
_PARTS: Mapping[str, type] = {
    "recipe": dict,
    "recipe_id": str,
    "inputs": list,
    "outputs": list,
    "facts": dict,
    "run": dict,
    "record_id": str,
}


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a job's record says.

    Attributes
    ----------
    place : str
        Its file, relative to the project.
    recipe, facts, run : mapping
        See :func:`histopress.audit.record.build_record`.
    inputs, outputs : tuple of FileEntry
        Empty where the record cannot be read.
    ports, source : mapping
        See :func:`histopress.audit.record.build_record`; empty in records of the first schema.
    recipe_id, record_id : str
        As written.
    fault : str or None
        Why the record is not to be believed.
    """

    place: str
    recipe: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[FileEntry, ...] = ()
    outputs: tuple[FileEntry, ...] = ()
    ports: Mapping[str, str] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    recipe_id: str = ""
    record_id: str = ""
    fault: str | None = None

    @property
    def verb(self) -> str:
        """What the job did."""
        return str(self.recipe.get("verb", "unknown verb"))

    def replaces(self, entry: FileEntry) -> bool:
        """Whether an input is the former version of one of the job's own outputs."""
        former = entry.role.startswith("former ")
        return former and any(output.path == entry.path for output in self.outputs)


def record_places(project: Path) -> Iterator[Path]:
    """List the files of all job records of ``project``, in a fixed order."""
    top = project / FOLDER
    for folder, folders, files in os.walk(top):
        folders.sort()
        if Path(folder) == top:
            folders[:] = [name for name in folders if name not in RESERVED]
        for name in sorted(files):
            if name.endswith(".json") and not name.startswith("."):
                yield Path(folder) / name


def read_records(project: Path) -> Iterator[Record]:
    """Read all records of ``project``, holding one at a time."""
    for path in record_places(project):
        yield read_record(path, project)


def read_record(path: Path, project: Path) -> Record:
    """Read and check one record; never raises, see :attr:`Record.fault`."""
    place = path.relative_to(project).as_posix()
    try:
        # Anything but a regular file could block for ever.
        if not path.is_file():
            return Record(place=place, fault="cannot be read (no regular file)")
        data = path.read_bytes()
    except OSError as error:
        return Record(place=place, fault=f"cannot be read ({error})")
    return parse_record(place, data)


def parse_record(place: str, data: bytes) -> Record:
    """Check one record's bytes, wherever they are from; never raises, see :attr:`Record.fault`."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text)
        whole = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=2)
        whole.encode()
    except (ValueError, RecursionError) as error:
        return Record(place=place, fault=f"cannot be read ({error})")
    fault = _form_fault(value)
    if fault is not None:
        return Record(place=place, fault=fault)
    return Record(
        place=place,
        recipe=value["recipe"],
        inputs=tuple(_entry(entry) for entry in value["inputs"]),
        outputs=tuple(_entry(entry) for entry in value["outputs"]),
        ports=value.get("ports", {}),
        source=value.get("source", {}),
        facts=value["facts"],
        run=value["run"],
        recipe_id=value["recipe_id"],
        record_id=value["record_id"],
        fault=_content_fault(value, as_written=text == whole + "\n"),
    )


def _entry(value: Mapping[str, Any]) -> FileEntry:
    return FileEntry(
        role=value["role"],
        path=value["path"],
        sha256=value["sha256"],
        bytes=value["bytes"],
        values=value.get("values"),
    )


def _form_fault(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "is no JSON object"
    if not isinstance(value.get("schema"), str) or value["schema"] not in SCHEMAS:
        return f"is of schema {value.get('schema')!r}; this version reads {sorted(SCHEMAS)}"
    parts = _PARTS if value["schema"] != SCHEMA else {**_PARTS, **_ADDED}
    for name, kind in parts.items():
        if not isinstance(value.get(name), kind):
            return f"'{name}' is missing or of another kind"
    faults = [_entry_fault(entry) for entry in (*value["inputs"], *value["outputs"])]
    faults += [
        _recipe_fault(value["recipe"]),
        _source_fault(value.get("source", {})),
        _call_fault(value.get("ports", {}), value["recipe"].get("wildcards", {})),
    ]
    return next((fault for fault in faults if fault is not None), None)


def _recipe_fault(recipe: Mapping[str, Any]) -> str | None:
    """Tell what of a recipe is of another kind than those who read it expect."""
    kinds = {"verb": str, "code": str, "settings": dict, "wildcards": dict}
    for name, kind in kinds.items():
        if not isinstance(recipe.get(name), kind):
            return f"'recipe.{name}' is missing or of another kind"
    content = recipe.get("content", {})
    if not isinstance(content, dict) or not all(isinstance(each, str) for each in content.values()):
        return "'recipe.content' is of another kind"
    return None


def _source_fault(source: Any) -> str | None:
    """Refuse what is no commit and no digest: git would take it for a question of its own."""
    if not isinstance(source, dict):
        return "'source' is of another kind"
    for name, lengths in (("commit", (40, 64)), ("patch", (64,))):
        text = source.get(name)
        proper = isinstance(text, str) and len(text) in lengths and _HEX.issuperset(text)
        if text is not None and not proper:
            return f"'source.{name}' is {text!r}, which is no digest"
    return None


def _call_fault(ports: Any, wildcards: Any) -> str | None:
    """Refuse a call that would let a replay write outside its folder."""
    if not isinstance(ports, dict) or not isinstance(wildcards, dict):
        return "'ports' or 'recipe.wildcards' is of another kind"
    for name, path in ports.items():
        if not isinstance(path, str) or (path != "." and _leaves(path)):
            return f"the path {path!r} of port '{name}' leaves the project"
    for name, text in wildcards.items():
        if not isinstance(text, str) or "/" in text or "\0" in text:
            return f"the wildcard '{name}' is {text!r}, which is no name"
    return None


def _leaves(path: str) -> bool:
    """Whether a recorded path could lead to any file of the machine."""
    inner = path.removeprefix(OUTSIDE)
    parts = PurePosixPath(inner).parts
    too_long = any(len(part.encode(errors="replace")) > NAME_MAX for part in parts)
    return not parts or inner.startswith("/") or ".." in parts or "\0" in inner or too_long


def _entry_fault(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return f"the file entry {entry!r} is no JSON object"
    kinds = {"role": str, "path": str, "sha256": str, "bytes": int}
    for name, kind in kinds.items():
        if not isinstance(entry.get(name), kind):
            return f"a file entry has no proper '{name}'"
    if len(entry["sha256"]) != 64 or not _HEX.issuperset(entry["sha256"]):
        return f"{entry['path']!r}: the sha256 {entry['sha256']!r} is none"
    if _leaves(entry["path"]):
        return f"the path {entry['path']!r} leaves the project"
    return None


def _content_fault(value: Mapping[str, Any], *, as_written: bool) -> str | None:
    rest = {name: part for name, part in value.items() if name != "record_id"}
    if identifier(rest) != value["record_id"]:
        return (
            f"record_id is {value['record_id'][:12]}…, its content gives {identifier(rest)[:12]}…"
        )
    if identifier(value["recipe"]) != value["recipe_id"]:
        return "recipe_id does not fit the recipe"
    if value["recipe"].get("inputs") != input_digests(value["recipe"], value["inputs"]):
        return "the recipe's digests of inputs are not those of 'inputs'"
    return None if as_written else "its text is not as the runner writes it"
