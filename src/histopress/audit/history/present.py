"""What stands now where a record says that a file was."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from histopress.audit.cache import DigestCache
from histopress.audit.history.gathered import gathered_files
from histopress.audit.history.registry import Registry
from histopress.audit.record import FileEntry
from histopress.audit.records import Record
from histopress.slide.files import slide_files

Standing = Literal["same", "held", "other", "absent", "unknown"]
"""``held``: other bytes that hold what counted; ``unknown``: a source of several files, of which
the record does not say which."""
Counted = Callable[[Record, FileEntry], bool]
SOURCE = "source"
"""Role of a patch task's source, which may be a table and the files that it names."""


class Present:
    """The files of a project as they are now, each read once at most.

    Parameters
    ----------
    project : Path
    registry : Registry
        Says where files outside the project lie.
    digests : DigestCache
    counted : Counted, optional
        Whether a file of other bytes still holds what a job took from it; without, bytes decide.
    """

    def __init__(
        self,
        project: Path,
        registry: Registry,
        digests: DigestCache,
        *,
        counted: Counted | None = None,
    ) -> None:
        self.project = project
        self.registry = registry
        self.digests = digests
        self._counted = counted
        self._known: dict[str, bytes | None] = {}

    def digest(self, path: Path) -> str | None:
        """Sha256 of one file; None if there is no file or it cannot be read."""
        key = str(path)
        if key not in self._known:
            self._known[key] = self._read(path)
        found = self._known[key]
        return found.hex() if found is not None else None

    def _read(self, path: Path) -> bytes | None:
        try:
            # Anything but a regular file could block for ever.
            return bytes.fromhex(self.digests.digest(path)) if path.is_file() else None
        except OSError:
            return None

    def holds(self, record: Record, entry: FileEntry) -> bool:
        """Whether a file of other bytes still holds what counted for the job that read it."""
        if self._counted is None or entry.role not in record.recipe.get("content", {}):
            return False
        return self._counted(record, entry)

    def standing(self, entry: FileEntry, record: Record | None = None) -> Standing:
        """Compare what an entry names with what is there.

        Parameters
        ----------
        entry : FileEntry
            An input.
        record : Record, optional
            Of the job that read it; tells which files a source of several files is, and what of a
            table counted.
        """
        known = self._known.get(str(self.project / entry.path))
        if known is not None and known.hex() == entry.sha256:
            return "same"
        places = [
            place
            for place in self.registry.locate(entry.path, self.project)
            if place.is_file() or place.is_dir()
        ]
        if not places:
            return "absent"
        if any(self.together(parts) == entry.sha256 for place in places for parts in _parts(place)):
            return "same"
        if record is not None:
            if self.holds(record, entry):
                return "held"
            files = gathered_files(record, self.project) if entry.role == SOURCE else ()
            if len(files) > 1:
                return "same" if self.together(files) == entry.sha256 else "other"
        return "other" if self._is_single(entry, places) else "unknown"

    def find(self, entry: FileEntry) -> tuple[Path, ...] | None:
        """List the files whose bytes an entry names, where they lie now; None if they are not."""
        for place in self.registry.locate(entry.path, self.project):
            for parts in _parts(place) if place.is_file() or place.is_dir() else ():
                if self.together(parts) == entry.sha256:
                    return tuple(parts)
        return None

    def together(self, parts: Sequence[Path]) -> str | None:
        """Digest of several files as :func:`histopress.audit.digest.files_digest` forms it.

        None if there is none, or if one of them cannot be read.
        """
        found = [(path.name, self.digest(path)) for path in parts]
        if not found or any(digest is None for _, digest in found):
            return None
        if len(found) == 1:
            return found[0][1]
        lines = sorted(f"{name} {digest}\n" for name, digest in found)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def _is_single(self, entry: FileEntry, places: Sequence[Path]) -> bool:
        """Whether the entry can only be of the one file that its path names."""
        if entry.role != SOURCE:
            return True
        return any(place.is_file() and place.stat().st_size == entry.bytes for place in places)


def _parts(place: Path) -> Iterator[Sequence[Path]]:
    """List the sets of files that an entry of this name can be of, the likely first."""
    if place.is_dir():
        files = [Path(folder) / name for folder, _, names in os.walk(place) for name in names]
        yield files
        yield [file for file in files if file.name == "k=all.tsv"]
        for end in (".csv", "_bool.csv"):
            yield [f for f in files if f.name.startswith("splits_") and _ends(f.name, end)]
        return
    several = slide_files(place)
    if len(several) > 1:
        yield several
    yield (place,)


def _ends(name: str, end: str) -> bool:
    return name.removeprefix("splits_").removesuffix(end).isdigit() and name.endswith(end)
