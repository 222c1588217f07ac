"""Digests of slides that jobs have read, for files that cannot have changed since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from histopress.audit.records import Record

APART_S = 60.0
"""Clocks of a file server and of a node may differ by as much."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a job found a slide to be.

    Attributes
    ----------
    sha256 : str
        Of the slide (:func:`histopress.audit.digest.files_digest`).
    bytes : int
        Of all its files.
    start_s : float
        When the job began, in seconds since 1970.
    """

    sha256: str
    bytes: int
    start_s: float

    def is_of(self, files: Sequence[Path]) -> bool:
        """Whether these are the files that were read: of equal size, and older than the job.

        Neither time may be newer: the time of change of an inode no ordinary program sets back.
        Raises OSError for a file that is not there.
        """
        found = [file.stat() for file in files]
        latest = max(max(each.st_mtime, each.st_ctime) for each in found)
        size = sum(each.st_size for each in found)
        return size == self.bytes and latest < self.start_s - APART_S


def known_slides(records: Iterable[Record]) -> dict[tuple[str, str], Reading]:
    """Map slide id and path, as records write it, to what the latest job found there.

    Records that are not as they were written tell nothing.
    """
    found: dict[tuple[str, str], Reading] = {}
    for record in records:
        slide = record.recipe.get("wildcards", {}).get("slide-id")
        if slide is None or record.fault is not None:
            continue
        for entry in record.inputs:
            if entry.role == "slide":
                start = _seconds(record.run.get("start"))
                reading = Reading(sha256=entry.sha256, bytes=entry.bytes, start_s=start)
                key = (slide, entry.path)
                if key not in found or found[key].start_s < start:
                    found[key] = reading
    return found


def _seconds(text: object) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return float("-inf")
