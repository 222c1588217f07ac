"""The files that make up a slide."""

import re
from pathlib import Path

_SERIES = re.compile(rb"\x20\x00\x0e\x00UI(..)", re.DOTALL)
_HEADER_BYTES = 1 << 16


def slide_files(path: Path) -> tuple[Path, ...]:
    """List every file whose bytes a slide consists of.

    Most formats are one file. A MIRAX slide is its ``.mrxs`` and the folder of the same name; a
    DICOM slide is all files of its folder that carry the same series. Other formats of several
    files (Hamamatsu VMS, VMU) are not followed: only the named file is listed.

    Parameters
    ----------
    path : Path
        The file that OpenSlide is given.

    Returns
    -------
    tuple of Path
        Sorted, without repetition; always holds ``path``, whether or not it exists.
    """
    suffix = path.suffix.lower()
    others: list[Path] = []
    if suffix == ".mrxs":
        others = [file for file in path.with_suffix("").rglob("*") if file.is_file()]
    elif suffix == ".dcm":
        series = _dicom_series(path)
        if series:
            others = [file for file in _siblings(path) if _dicom_series(file) == series]
    return tuple(sorted({path, *others}))


def _siblings(path: Path) -> list[Path]:
    return [file for file in path.parent.iterdir() if file.suffix.lower() == ".dcm"]


def _dicom_series(path: Path) -> bytes | None:
    """Read SeriesInstanceUID (0020,000E) from the head of an explicit little-endian file."""
    if not path.is_file():
        return None
    with path.open("rb") as handle:
        head = handle.read(_HEADER_BYTES)
    found = _SERIES.search(head)
    if found is None:
        return None
    length = int.from_bytes(found.group(1), "little")
    return head[found.end() : found.end() + length].rstrip(b"\0 ")
