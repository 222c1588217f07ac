"""Where the bytes that a job read can be had now."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from histopress.audit.history.gathered import gathered_files
from histopress.audit.history.graph import Graph
from histopress.audit.history.present import SOURCE, Present
from histopress.audit.record import FileEntry
from histopress.audit.records import OUTSIDE, Record, read_record
from histopress.audit.replay.checkout import git

OLD_VERSIONS = 1000
"""Commits of a file that are looked at for old bytes."""


@dataclass(frozen=True, kw_only=True)
class Supply:
    """The bytes of one input.

    Attributes
    ----------
    entry : FileEntry
        As the record names it.
    links : tuple of (Path, Path)
        Where each of its files was, and where these bytes lie now; absolute.
    origin : str
        ``in place``, ``a copy``, ``git history``, ``rebuilt``; or ``in part``: only some of the
        file counts for the job, which its new record has to confirm.
    """

    entry: FileEntry
    links: tuple[tuple[Path, Path], ...]
    origin: str


class Supplies:
    """Finds inputs.

    Parameters
    ----------
    present : Present
        Files as they are.
    graph : Graph
        Of the project's records.
    folder : Path
        Where old bytes from version control may be put.
    """

    def __init__(self, present: Present, graph: Graph, folder: Path) -> None:
        self.present = present
        self.project = present.project
        self.graph = graph
        self.folder = folder

    def find(self, record: Record, entry: FileEntry) -> Supply | None:
        """Find the bytes of one input of a job; None if nobody has them any more."""
        files = self.present.find(entry) or self._listed(record, entry)
        if files is not None:
            links = tuple((file, file) for file in files)
            return Supply(entry=entry, links=links, origin="in place")
        if entry.path.startswith(OUTSIDE):
            return None
        place = self.project / entry.path
        copy = next(self._copies(entry), None)
        if copy is not None:
            return Supply(entry=entry, links=((place, copy),), origin="a copy")
        old = self._old_version(entry)
        if old is not None:
            return Supply(entry=entry, links=((place, old),), origin="git history")
        if entry.role in record.recipe.get("content", {}) and place.is_file():
            return Supply(entry=entry, links=((place, place),), origin="in part")
        return None

    def _copies(self, entry: FileEntry) -> Iterator[Path]:
        """List files with these bytes that recorded jobs left elsewhere."""
        for number in self.graph.makers(entry.sha256):
            maker = read_record(self.project / self.graph.places[number], self.project)
            for output in maker.outputs:
                place = self.project / output.path
                if output.sha256 == entry.sha256 and self.present.digest(place) == entry.sha256:
                    yield place

    def _old_version(self, entry: FileEntry) -> Path | None:
        """Find bytes that the project's version control had under this path."""
        log = git(self.project, "log", "--all", "--format=%H", "--", entry.path)
        commits = log.stdout.decode().split() if log is not None and not log.returncode else []
        for commit in commits[:OLD_VERSIONS]:
            shown = git(self.project, "show", f"{commit}:./{entry.path}")
            data = shown.stdout if shown is not None and not shown.returncode else None
            if data is not None and hashlib.sha256(data).hexdigest() == entry.sha256:
                self.folder.mkdir(parents=True, exist_ok=True)
                place = self.folder / entry.sha256
                place.write_bytes(data)
                return place
        return None

    def _listed(self, record: Record, entry: FileEntry) -> tuple[Path, ...] | None:
        """Find the files of a patch task's source that a table names."""
        if entry.role != SOURCE:
            return None
        files = gathered_files(record, self.project)
        digests = {file: self.present.digest(file) for file in files}
        if len(files) < 2 or None in digests.values():
            return None
        lines = sorted(f"{file.name} {digest}\n" for file, digest in digests.items())
        together = hashlib.sha256("".join(lines).encode()).hexdigest()
        return files if together == entry.sha256 else None
