"""The files that runs leave, without the records and without what other tools put beside them."""

import os
from collections.abc import Iterator
from pathlib import Path

from histopress.audit.records import FOLDER

RESULTS = "results"
README = "results/README.md"
POINTER = ".dvc"
"""Suffix of what DVC leaves beside a file or folder that it keeps."""
HEAD = 1 << 16
"""Bytes of a pointer that are looked at."""


def result_files(folder: Path, project: Path) -> Iterator[Path]:
    """List all files below a folder, in a fixed order.

    Left out are what hides, DVC's pointers and, unless they are what was asked for, the records.
    Links to folders are followed, each folder once.

    Parameters
    ----------
    folder : Path
        Absolute, in the project or elsewhere.
    project : Path
        Holds ``results/``.
    """
    records, readme = project / FOLDER, project / README
    inside = folder.is_relative_to(records)
    seen: set[tuple[int, int]] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        here = Path(place)
        status = here.stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        if here == records and not inside:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and here / name != readme and not _is_pointer(here / name):
                yield here / name


def _is_pointer(path: Path) -> bool:
    """Whether a file is DVC's pointer to something, not one that is only called so."""
    if path.suffix != POINTER or not path.is_file():
        return False
    with path.open("rb") as handle:
        return any(line.startswith(b"outs:") for line in handle.read(HEAD).splitlines())
