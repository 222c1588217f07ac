"""A folder in which one job is run again: it looks like the project and holds what the job read.

Inputs are symbolic links to the files themselves, each at the place that it had. Folders are real,
so that nothing that a job writes can land beside an input. The runner never writes to a file that
is there: it renames a new one over it, and so replaces a link and not what it points to. That no
input was written to all the same is looked at afterwards.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from histopress.audit.records import OUTSIDE
from histopress.audit.replay.supply import Supply
from histopress.errors import StoreError

Status = tuple[int, int, int, int]


class Scratch:
    """A stand-in for a project, for one job.

    Parameters
    ----------
    folder : Path
        Made; holds the whole tree of folders above the project too, so that paths that lead out
        of it lead to something.
    project : Path
        The real one; absolute.
    """

    def __init__(self, folder: Path, project: Path) -> None:
        self.real = project
        self.folder = folder
        self.root = folder / "root"
        self.project = self.place(project)
        self.project.mkdir(parents=True)
        self._read: dict[Path, Status] = {}
        self._outside: dict[str, Path] = {}

    def place(self, path: Path) -> Path:
        """Give the stand-in of an absolute path."""
        return self.root / path.relative_to(path.anchor)

    def link(self, supplies: Iterable[Supply]) -> None:
        """Put inputs where the job looks for them."""
        for supply in supplies:
            if supply.entry.path.startswith(OUTSIDE):
                self._outside[supply.entry.path] = _named(supply)
            for place, source in supply.links:
                link = self.place(place)
                link.parent.mkdir(parents=True, exist_ok=True)
                if not link.is_symlink():
                    link.symlink_to(source)
                self._read[source] = _status(source)

    def port(self, path: str) -> str:
        """Give a recorded path as the option of a verb."""
        if not path.startswith(OUTSIDE):
            return path
        if path in self._outside:
            return os.path.relpath(self.place(self._outside[path]), self.project)
        return f"outside/{path.removeprefix(OUTSIDE)}"

    def check_inputs(self) -> None:
        """Make sure that the job wrote to no input.

        Raises
        ------
        StoreError
            Names the file.
        """
        for source, before in self._read.items():
            if _status(source) != before:
                raise StoreError(
                    f"{source}: was written to while a job was replayed that may only read it; "
                    "'histopress audit verify' tells what became of it"
                )


def _status(path: Path) -> Status:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _named(supply: Supply) -> Path:
    """Find the file that an entry of several files is called after."""
    name = supply.entry.path.removeprefix(OUTSIDE)
    places = [place for place, _ in supply.links]
    return next((place for place in places if place.name == name), places[0])
