"""Digests of what consists of several files."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from histopress.store import file_digest


def files_digest(paths: Sequence[Path]) -> str:
    """Sha256 of what several files hold together, such as a MIRAX or DICOM slide.

    One file has its own digest; several have the digest of their sorted ``name sha256`` lines.
    """
    if len(paths) == 1:
        return _once(paths[0])
    lines = sorted(f"{path.name} {_once(path)}\n" for path in paths)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _once(path: Path) -> str:
    """Digest a file once a process, as long as nobody writes to it."""
    status = path.stat()
    return _digest(path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@cache
def _digest(path: Path, *_status: int) -> str:
    return file_digest(path)
