"""Digests of what consists of several files."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from histopress.store import file_digest


def files_digest(paths: Sequence[Path]) -> str:
    """Sha256 of what several files hold together, such as a MIRAX or DICOM slide.

    One file has its own digest; several have the digest of their sorted ``name sha256`` lines.
    """
    if len(paths) == 1:
        return file_digest(paths[0])
    lines = sorted(f"{path.name} {file_digest(path)}\n" for path in paths)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
