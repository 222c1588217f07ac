"""The record of one job: what it was given, what it made, with which code.

``recipe`` decides the result and repeats from run to run; ``run`` tells when and where. No
absolute path, environment variable, user or patient enters a record.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from histopress.audit.digest import files_digest
from histopress.audit.source import Source
from histopress.audit.values import values_digest
from histopress.store import canonical_json

SCHEMA = "record/2"
OUTSIDE = "outside:"
"""Stands before the name of a file that lies outside the project."""


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """A file that a job read or wrote.

    Attributes
    ----------
    role : str
        Its name in the verb, such as ``"slide"``.
    path : str
        Relative to the project; a file outside is named without its folder.
    sha256 : str
        Digest of the bytes (:func:`histopress.audit.digest.files_digest`).
    bytes : int
        Size on disk.
    values : str or None
        Digest of what an output holds (:func:`histopress.audit.values.values_digest`); None
        where it was not looked at, or the bytes are all there is.
    """

    role: str
    path: str
    sha256: str
    bytes: int
    values: str | None = None


def recorded_path(path: Path, project: Path) -> str:
    """Name a file as records do: relative to the project, or without its folder.

    Examples
    --------
    >>> recorded_path(Path("results/a.h5"), Path("/study")), recorded_path(
    ...     Path("/scans/a.svs"), Path("/study")
    ... )
    ('results/a.h5', 'outside:a.svs')
    """
    full = Path(os.path.normpath(project / path))
    return str(full.relative_to(project)) if full.is_relative_to(project) else OUTSIDE + full.name


def file_entry(
    role: str, paths: Sequence[Path], *, project: Path, named: Path, values: bool = False
) -> FileEntry:
    """Digest ``paths``, which together are the file called ``named``."""
    return FileEntry(
        role=role,
        path=recorded_path(named, project),
        sha256=files_digest(paths),
        bytes=sum(path.stat().st_size for path in paths),
        values=values_digest(paths[0], named.suffix.lower()) if values else None,
    )


def identifier(value: Any) -> str:
    """Sha256 of the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def build_record(
    *,
    recipe: Mapping[str, Any],
    inputs: Sequence[FileEntry],
    outputs: Sequence[FileEntry],
    facts: Mapping[str, Any],
    run: Mapping[str, Any],
    ports: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> dict[str, Any]:
    """Put a record together and give it its two ids.

    Parameters
    ----------
    recipe : mapping
        All that decides the result: verb, wildcards, settings, code digest, pins, seeds,
        numerics, and ``content``: digests, by role, of what counts of an input of which the rest
        does not. Input digests are added here.
    inputs, outputs : sequence of FileEntry
        What was read and what was written.
    facts : mapping
        What the job found out, such as counts.
    run : mapping
        See :func:`histopress.audit.circumstances.run_facts`.
    ports : mapping, optional
        How the verb was called: the path of each port, as records name paths.
    source : Source, optional
        State of the code's repository.

    Returns
    -------
    dict
        ``recipe_id`` repeats for a repeated job; ``record_id`` does not.
    """
    full = {**recipe, "inputs": input_digests(recipe, [asdict(entry) for entry in inputs])}
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "recipe": full,
        "recipe_id": identifier(full),
        "inputs": [_plain(entry) for entry in inputs],
        "outputs": [asdict(entry) for entry in outputs],
        "ports": dict(ports or {}),
        "source": _source(source),
        "facts": dict(facts),
        "run": dict(run),
    }
    return {**record, "record_id": identifier(record)}


def input_digests(
    recipe: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]]
) -> list[list[str]]:
    """List role and digest of the inputs whose every byte counts, sorted."""
    content = recipe.get("content", {})
    return sorted(
        [entry["role"], entry["sha256"]] for entry in inputs if entry["role"] not in content
    )


def _plain(entry: FileEntry) -> dict[str, Any]:
    return {name: value for name, value in asdict(entry).items() if name != "values"}


def _source(source: Source | None) -> dict[str, Any]:
    if source is None:
        return {}
    return {"commit": source.commit, "dirty": bool(source.patch), "patch": source.patch_digest}
