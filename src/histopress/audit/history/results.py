"""The files that runs leave, without the records and without what other tools put beside them."""

import os
from collections.abc import Iterator
from pathlib import Path

from histopress.audit.records import FOLDER

RESULTS = "results"
README = "results/README.md"
POINTER = ".dvc"
"""Suffix of what DVC leaves beside a file or folder that it keeps."""


def result_files(folder: Path, project: Path) -> Iterator[Path]:
    """List all files below a folder, in a fixed order.

    Left out are what hides, DVC's pointers and, unless they are what was asked for, the records.

    Parameters
    ----------
    folder : Path
        Absolute, in the project or elsewhere.
    project : Path
        Holds ``results/``.
    """
    records, readme = project / FOLDER, project / README
    inside = folder.is_relative_to(records)
    for place, folders, names in os.walk(folder):
        here = Path(place)
        if here == records and not inside:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and not name.endswith(POINTER) and here / name != readme:
                yield here / name
