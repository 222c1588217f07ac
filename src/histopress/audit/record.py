"""The record of one job: what it was given, what it made, with which code.

``recipe`` decides the result and repeats from run to run; ``run`` tells when and where. No
absolute path, environment variable, user or patient enters a record.
"""

import hashlib
import os
import platform
import resource
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from histopress.audit.digest import files_digest
from histopress.store import canonical_json

SCHEMA = "record/1"
LIBRARIES = ("h5py", "numpy", "openslide-python", "scikit-learn", "scipy", "torch")


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
    """

    role: str
    path: str
    sha256: str
    bytes: int


def file_entry(role: str, paths: Sequence[Path], *, project: Path, named: Path) -> FileEntry:
    """Digest ``paths``, which together are the file called ``named``."""
    resolved = Path(os.path.normpath(project / named))
    inside = resolved.is_relative_to(project)
    name = str(resolved.relative_to(project)) if inside else f"outside:{named.name}"
    size = sum(path.stat().st_size for path in paths)
    return FileEntry(role=role, path=name, sha256=files_digest(paths), bytes=size)


def identifier(value: Any) -> str:
    """Sha256 of the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def installed_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that a result depends on."""
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def run_facts(*, start: str, end: str, wall_s: float, threads: int) -> dict[str, Any]:
    """Say when and where a job ran; the host stands as a digest."""
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "start": start,
        "end": end,
        "wall_s": round(wall_s, 3),
        "peak_memory_mb": round(peak_kb / 1024, 1),
        "threads": threads,
        "host": hashlib.sha256(socket.gethostname().encode()).hexdigest()[:16],
        "machine": platform.machine(),
        "versions": installed_versions(),
    }


def build_record(
    *,
    recipe: Mapping[str, Any],
    inputs: Sequence[FileEntry],
    outputs: Sequence[FileEntry],
    facts: Mapping[str, Any],
    run: Mapping[str, Any],
) -> dict[str, Any]:
    """Put a record together and give it its two ids.

    Parameters
    ----------
    recipe : mapping
        Verb, wildcards, settings, seed, code digest; input digests are added here.
    inputs, outputs : sequence of FileEntry
        What was read and what was written.
    facts : mapping
        What the job found out, such as counts.
    run : mapping
        See :func:`run_facts`.

    Returns
    -------
    dict
        ``recipe_id`` repeats for a repeated job; ``record_id`` does not.
    """
    full = {**recipe, "inputs": sorted([entry.role, entry.sha256] for entry in inputs)}
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "recipe": full,
        "recipe_id": identifier(full),
        "inputs": [asdict(entry) for entry in inputs],
        "outputs": [asdict(entry) for entry in outputs],
        "facts": dict(facts),
        "run": dict(run),
    }
    return {**record, "record_id": identifier(record)}
