"""Digests of what no job makes, as it is today."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from histopress.audit.history.gathered import gathered_files
from histopress.audit.history.present import Present
from histopress.audit.recipes.pairs import Record
from histopress.audit.record import FileEntry
from histopress.audit.records import Record as Made
from histopress.cli.plan import Plan
from histopress.slide.files import slide_files


@dataclass(frozen=True)
class Sources:
    """Slides, tables, weights and patches that a study was given.

    Parameters
    ----------
    plan : Plan
    present : Present
        Reads files.
    full : bool
        Read also slides of which the manifest names the digest.
    """

    plan: Plan
    present: Present
    full: bool = False

    def given(self, path: str, entry: FileEntry | None, record: Record) -> str | None:
        """Digest of a file that the workflow names; None if it is not there.

        Parameters
        ----------
        path : str
            As the workflow writes it.
        entry : FileEntry or None
            What ``record`` says of it.
        record : mapping
            Of the job that reads it.
        """
        return self._digest((self._full(path),), entry, record)

    def read(self, entry: FileEntry, record: Record) -> str | None:
        """Digest of a file that only the record names; None if it is not there."""
        places = self.present.registry.locate(entry.path, self.plan.project)
        return self._digest(places, entry, record)

    def _digest(
        self, places: Sequence[Path], entry: FileEntry | None, record: Record
    ) -> str | None:
        pinned = [self._pinned[place] for place in places if place in self._pinned]
        if pinned and not self.full:
            return entry.sha256 if entry and entry.sha256 in pinned else pinned[0]
        found = [digest for place in places if (digest := self._read(place))]
        if entry is not None and entry.sha256 not in found:
            standing = self.present.standing(entry)
            if standing == "same":
                return entry.sha256
            if standing == "unknown":
                files = gathered_files(Made(place="", recipe=record["recipe"]), self.plan.project)
                return self.present.together(files)
        return entry.sha256 if entry and entry.sha256 in found else next(iter(found), None)

    def _read(self, place: Path) -> str | None:
        if place.is_dir():
            return self.present.together(
                sorted(file for file in place.rglob("*") if file.is_file())
            )
        return self.present.together(slide_files(place)) if place.is_file() else None

    def _full(self, path: str) -> Path:
        return Path(os.path.normpath(self.plan.project / path))

    @cached_property
    def _pinned(self) -> dict[Path, str]:
        """Digest that the manifest names of a slide, by the slide's place."""
        return {
            self._full(row.path): row.sha256
            for row in self.plan.study.manifest
            if row.sha256 is not None
        }
