"""What a verb is, and what it works with.

A verb says what it reads, writes and needs to know (:class:`Verb`) and does its work on a
:class:`Job`. All else is the business of :mod:`histopress.cli.runner`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from histopress.audit.code import code_digest
from histopress.audit.digest import files_digest
from histopress.audit.record import FileEntry, file_entry, identifier
from histopress.cli.progress import progress_bar
from histopress.errors import StoreError
from histopress.seeds import derive_seed
from histopress.store import remove_leftovers, temporary_path
from histopress.types import Progress

if TYPE_CHECKING:
    from histopress.slide.memory import TileMemory


@dataclass(frozen=True, kw_only=True)
class Port:
    """A file that a verb reads or writes.

    Attributes
    ----------
    name : str
        The option is ``--name``.
    help : str
        One line for ``--help``.
    optional : bool
        The option may be left out or empty.
    default : str or None
        Where the file is if the option is left out; wildcards stand in braces.
    """

    name: str
    help: str
    optional: bool = False
    default: str | None = None


@dataclass(frozen=True, kw_only=True)
class Verb:
    """What a verb is: its ports, its settings and the function that does the work.

    ``subject`` names the input that may be given without its option; the last wildcard is then
    named after the file, and the record is put where the workflow would. ``environment`` is the
    file below ``envs`` that holds what the verb imports. ``guards`` are settings that stop a job
    and change no result, so they are no part of its recipe; a dot leads into a group of them.
    """

    name: str
    environment: str
    settings: type
    guards: tuple[str, ...] = ()
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    wildcards: tuple[str, ...] = ()
    run: "Callable[[Job], None]"
    subject: str | None = None

    def decisive(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Leave the guards out of plain settings."""
        kept = dict(settings)
        for guard in self.guards:
            group, _, name = guard.rpartition(".")
            if not group:
                kept.pop(name, None)
            elif kept.get(group):
                kept[group] = {key: kept[group][key] for key in kept[group] if key != name}
        return kept

    @property
    def module(self) -> str:
        """Dotted name of the module that defines the verb."""
        return self.run.__module__


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call of a verb, parsed but not validated."""

    verb: Verb
    settings: Any
    paths: Mapping[str, Path]
    wildcards: Mapping[str, str]
    record: Path | None = None
    code: str | None = None
    threads: int = 1
    attempt: int = 1
    memory: "TileMemory | None" = None
    """Tiles that the jobs of one process share; it changes no result."""


@dataclass
class Job:
    """What a verb works with.

    Besides its outputs a verb may leave ``facts`` that it found out; ``numerics``, what decides
    the rounding of its sums; and ``content``: by the role of an input of which a part counts,
    the digest of that part.
    """

    request: Request
    project: Path
    settings: Any
    _temporary: dict[str, Path] = field(default_factory=dict)
    _read: dict[tuple[Path, str], FileEntry] = field(default_factory=dict)
    _held: dict[FileEntry, tuple[Path, ...]] = field(default_factory=dict)
    _places: list[Path] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    numerics: dict[str, Any] = field(default_factory=dict)
    content: dict[str, str] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)

    @property
    def threads(self) -> int:
        """Threads that the job may use; they never change a result."""
        return self.request.threads

    def wildcard(self, name: str) -> str:
        """Name of what this job is about, such as the slide's id."""
        return self.request.wildcards[name]

    def has(self, name: str) -> bool:
        """Whether an optional port was given."""
        return name in self.request.paths

    def input(self, name: str) -> Path:
        """Path of an input; it enters the record."""
        path = self.request.paths[name]
        return self.reads(name, path)

    def reads(
        self, role: str, path: Path, files: Sequence[Path] | None = None, *, hold: bool = False
    ) -> Path:
        """Enter ``path`` into the record as it is now, with all ``files`` that it consists of.

        Ask right before reading. What is read bit by bit while the job runs, such as a slide, is
        to ``hold``: with other bytes at the end the job fails (:meth:`check_held`).
        """
        if not path.exists():
            raise StoreError(f"{path}: no such file (given as {role})")
        if not role.startswith("former ") and path in self._made():
            raise StoreError(f"{path}: is given as {role}, and is to be written; give another file")
        parts = tuple(files or (path,))
        entry = file_entry(role, parts, project=self.project, named=path)
        self._read[path, role] = entry
        if hold:
            self._held[entry] = parts
        return path

    @property
    def inputs(self) -> list[FileEntry]:
        """What was read, in a fixed order."""
        return [self._read[key] for key in sorted(self._read)]

    def _made(self) -> set[Path]:
        ports = (port.name for port in self.request.verb.outputs)
        return {self.request.paths[name] for name in ports if name in self.request.paths}

    def check_held(self) -> None:
        """Make sure that what was read bit by bit still is what will be recorded.

        Raises
        ------
        StoreError
            Somebody wrote to it while the job ran.
        """
        for entry, parts in self._held.items():
            if not all(part.is_file() for part in parts) or files_digest(parts) != entry.sha256:
                raise StoreError(
                    f"{entry.path}: was changed while the job read it as {entry.role}; "
                    "nothing was written, run it again"
                )

    def output(self, name: str) -> Path:
        """Temporary path to write an output to; renamed when the job is done."""
        path = self.request.paths[name]
        if name not in self._temporary:
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(path)
            self._temporary[name] = temporary_path(path)
        return self._temporary[name]

    def former(self, name: str) -> Path | None:
        """Path of an output's former content, None if there is none."""
        path = self.request.paths[name]
        return self.reads(f"former {name}", path) if path.exists() else None

    def seed(self, *names: object) -> int:
        """Seed of one use, derived from the settings' ``seed``; it enters the record."""
        found = derive_seed(self.settings.seed, *names)
        self.seeds["/".join(map(str, names))] = found
        return found

    def resumable(self, name: str) -> tuple[Path, str]:
        """Give a place for what an interrupted job left, and the key that it must carry.

        The place is beside an output and is emptied when the job is done. The key is a digest of
        settings, code and of all inputs read so far: ask after reading.
        """
        path = self.request.paths[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        place = path.with_name(f".{path.name}.checkpoint")
        self._places.append(place)
        return place, identifier(
            {
                "verb": self.request.verb.name,
                "wildcards": dict(self.request.wildcards),
                "settings": asdict(self.request.settings),
                "code": self.request.code or code_digest(self.request.verb.module),
                "inputs": sorted(entry.sha256 for entry in self._read.values()),
            }
        )

    def rng(self, *names: object) -> np.random.Generator:
        """Make the generator of one use, derived from the settings' ``seed``."""
        return np.random.default_rng(self.seed(*names))

    def progress(self, label: str) -> Progress:
        """Progress of long work: a bar on a terminal, a line each tenth in a log."""
        return progress_bar(label)

    def discard(self) -> None:
        """Remove what was written."""
        for temporary in self._temporary.values():
            temporary.unlink(missing_ok=True)
