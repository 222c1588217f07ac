"""The runner around every verb.

A verb says what it reads, writes and needs to know (:class:`Verb`) and does its work on a
:class:`Job`. All else happens here: settings are validated, threads set, outputs written beside
their places, digested and renamed when all are whole, and the record is written last. A job that
fails or is killed leaves nothing that looks finished.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from histopress.audit.code import code_digest
from histopress.audit.record import build_record, file_entry, identifier, run_facts
from histopress.cli.progress import progress_bar
from histopress.errors import HistopressError, StaleCodeError, StoreError
from histopress.seeds import derive_seed, generator
from histopress.store import (
    TEMPORARY,
    file_digest,
    publish,
    remove_leftovers,
    temporary_path,
    write_json,
)
from histopress.types import Progress


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
    named after the file, and the record is put where the workflow would.
    """

    name: str
    settings: type
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    wildcards: tuple[str, ...] = ()
    run: "Callable[[Job], None]"
    subject: str | None = None

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


@dataclass
class Job:
    """What a verb works with."""

    request: Request
    project: Path
    settings: Any
    _temporary: dict[str, Path] = field(default_factory=dict)
    _read: dict[Path, tuple[str, tuple[Path, ...]]] = field(default_factory=dict)
    _places: list[Path] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

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

    def reads(self, role: str, path: Path, files: Sequence[Path] | None = None) -> Path:
        """Enter ``path`` into the record as read, with all ``files`` that it consists of."""
        if not path.exists():
            raise StoreError(f"{path}: no such file (given as {role})")
        self._read[path] = (role, tuple(files or (path,)))
        return path

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
        """Seed of one use, derived from the settings' ``seed``."""
        return derive_seed(self.settings.seed, *names)

    def resumable(self, name: str) -> tuple[Path, str]:
        """Give a place for what an interrupted job left, and the key that it must carry.

        The place is beside an output and is emptied when the job is done. The key is a digest of
        settings, code and of all inputs read so far: ask after reading.
        """
        path = self.request.paths[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        place = path.with_name(f".{path.name}.checkpoint")
        self._places.append(place)
        files = [file for _, parts in self._read.values() for file in parts]
        return place, identifier(
            {
                "verb": self.request.verb.name,
                "wildcards": dict(self.request.wildcards),
                "settings": asdict(self.request.settings),
                "code": self.request.code or code_digest(self.request.verb.module),
                "inputs": sorted(file_digest(file) for file in files),
            }
        )

    def rng(self, *names: object) -> np.random.Generator:
        """Make the generator of one use, derived from the settings' ``seed``."""
        return generator(self.settings.seed, *names)

    def progress(self, label: str) -> Progress:
        """Progress of long work: a bar on a terminal, a line each tenth in a log."""
        return progress_bar(label)

    def discard(self) -> None:
        """Remove what was written."""
        for temporary in self._temporary.values():
            temporary.unlink(missing_ok=True)


def execute(request: Request) -> None:
    """Run one call of a verb from settings to record.

    Raises
    ------
    HistopressError
        Whatever the user can act on; outputs of before stay as they were.
    """
    verb = request.verb
    started, clock = _now(), time.monotonic()
    code = code_digest(verb.module)
    _check_code(request, code)
    _check_places(request)
    job = Job(request=request, project=Path.cwd(), settings=request.settings)
    try:
        verb.run(job)
        outputs = _finished_outputs(job)
        record = build_record(
            recipe={
                "verb": verb.name,
                "wildcards": dict(request.wildcards),
                "settings": asdict(request.settings),
                "code": code,
            },
            inputs=[
                file_entry(role, files, project=job.project, named=path)
                for path, (role, files) in sorted(job._read.items())
            ],
            outputs=[
                file_entry(name, [temporary], project=job.project, named=path)
                for name, temporary, path in outputs
            ],
            facts=job.facts,
            run=run_facts(
                start=started,
                end=_now(),
                wall_s=time.monotonic() - clock,
                threads=request.threads,
            ),
        )
        _publish(outputs, record, request.record)
        for place in job._places:
            place.unlink(missing_ok=True)
    finally:
        job.discard()


def _publish(outputs: list[tuple[str, Path, Path]], record: Any, place: Path | None) -> None:
    temporary_record = None
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        remove_leftovers(place)
        temporary_record = temporary_path(place)
        write_json(temporary_record, record)
    for _, temporary, path in outputs:
        publish(temporary, path)
    if place is not None and temporary_record is not None:
        publish(temporary_record, place)


def _finished_outputs(job: Job) -> list[tuple[str, Path, Path]]:
    finished = []
    for port in job.request.verb.outputs:
        if port.optional and port.name not in job._temporary:
            continue
        temporary = job.output(port.name)
        if not temporary.exists():
            raise HistopressError(f"{job.request.verb.name}: wrote no '{port.name}'")
        finished.append((port.name, temporary, job.request.paths[port.name]))
    return finished


def _check_code(request: Request, code: str) -> None:
    if request.code not in (None, "frozen", code):
        raise StaleCodeError(
            f"{request.verb.name}: the code has changed since the workflow was planned; "
            "start the workflow again"
        )


def _check_places(request: Request) -> None:
    for port in request.verb.outputs:
        path = request.paths.get(port.name)
        if path is not None and path.name.startswith(TEMPORARY):
            raise StoreError(
                f"{path}: names that start with '{TEMPORARY}' are for unfinished files"
            )
        if path is not None and path.is_dir():
            raise StoreError(f"{path}: is a folder; --{port.name} takes a file")


def set_threads(threads: int) -> None:
    """Bound the threads of the numerical libraries; call before they are imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
