"""Which digest each slide of a manifest has, and whether the manifest knows it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from histopress.audit.history.known_slides import Reading
from histopress.audit.history.present import Present
from histopress.audit.record import recorded_path
from histopress.cohort.manifest import SlideRow
from histopress.slide.files import slide_files
from histopress.types import Progress

State = Literal["new", "agrees", "differs", "absent", "twice", "without"]
"""``new``: to be written; ``twice``: has the content of another row; ``without``: not looked at,
because it has no digest to check."""


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One slide.

    Attributes
    ----------
    row : SlideRow
    state : str
    sha256 : str or None
        Of the slide as it is; None where it was not looked at or is not there.
    read : bool
        Its files were asked, not the records.
    fault : str
        What a person must know; empty where all is well.
    """

    row: SlideRow
    state: State
    sha256: str | None = None
    read: bool = False
    fault: str = ""


@dataclass(frozen=True)
class Slides:
    """The slides of a project.

    Parameters
    ----------
    project : Path
        Relative paths start here.
    present : Present
        Reads files.
    known : mapping
        What jobs have read (:func:`histopress.audit.history.known_slides.known_slides`); empty to
        have every slide read.
    """

    project: Path
    present: Present
    known: Mapping[tuple[str, str], Reading]

    def judge(
        self, rows: Iterable[SlideRow], *, check: bool, progress: Progress
    ) -> list[Registered]:
        """Find the digest of each slide and hold it against the manifest.

        Parameters
        ----------
        rows : iterable of SlideRow
        check : bool
            Only those that have a digest.
        progress : callable
            Called after each slide.
        """
        rows, found = list(rows), []
        for number, row in enumerate(rows, 1):
            without = check and row.sha256 is None
            found.append(Registered(row=row, state="without") if without else self._judge(row))
            progress(number, len(rows))
        return _without_twins(found)

    def _judge(self, row: SlideRow) -> Registered:
        place = self.project / row.path
        digest, read = self._digest(row, place) if place.is_file() else (None, True)
        if digest is None:
            fault = f"no file at '{row.path}' that can be read; put it there or correct the path"
            return Registered(row=row, state="absent", fault=fault)
        if row.sha256 not in (None, digest):
            fault = (
                f"the file's sha256 is {digest}, the manifest says {row.sha256}; put the right "
                "file there or correct the manifest"
            )
            return Registered(row=row, state="differs", sha256=digest, read=read, fault=fault)
        state: State = "new" if row.sha256 is None else "agrees"
        return Registered(row=row, state=state, sha256=digest, read=read)

    def _digest(self, row: SlideRow, place: Path) -> tuple[str | None, bool]:
        files = slide_files(place)
        reading = self.known.get((row.slide_id, recorded_path(Path(row.path), self.project)))
        if reading is not None and reading.is_of(files):
            return reading.sha256, False
        return self.present.together(files), True


def _without_twins(found: list[Registered]) -> list[Registered]:
    """Write no digest that another row has: the manifest would not be read any more."""
    first: dict[str, SlideRow] = {}
    for one in sorted(found, key=lambda one: one.row.sha256 is None):
        digest = one.row.sha256 or one.sha256
        if digest is not None:
            first.setdefault(digest, one.row)
    checked = []
    for one in found:
        other = first.get(one.sha256 or "")
        if one.state == "new" and other is not None and other is not one.row:
            fault = f"holds the same as slide '{other.slide_id}'; remove one of the two rows"
            one = replace(one, state="twice", fault=fault)
        checked.append(one)
    return checked
