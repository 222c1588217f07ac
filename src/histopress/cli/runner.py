"""Runs one call of a verb, from settings to record.

Settings are validated before; here threads are set, outputs written beside their places, digested
and renamed when all are whole, and the record is written last. A job that fails or is killed
leaves nothing that looks finished.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from histopress.audit.circumstances import run_facts
from histopress.audit.code import code_digest
from histopress.audit.pins import imported_libraries, pins_of
from histopress.audit.record import build_record, file_entry, recorded_path
from histopress.audit.records import FOLDER, PATCHES
from histopress.audit.source import Source, read_source
from histopress.cli.job import Job, Request
from histopress.errors import HistopressError, StaleCodeError, StoreError
from histopress.store import (
    TEMPORARY,
    publish,
    remove_leftovers,
    temporary_path,
    write_json,
)


def execute(request: Request, *, source: Source | None = None) -> None:
    """Run one call of a verb from settings to record.

    Parameters
    ----------
    request : Request
    source : Source, optional
        The code as it is now, where many jobs of one process share one look at it.

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
    if source is None and request.record is not None:
        source = read_source()
    try:
        verb.run(job)
        outputs = _finished_outputs(job)
        job.check_held()
        run = run_facts(
            start=started,
            end=_now(),
            wall_s=time.monotonic() - clock,
            threads=request.threads,
            attempt=request.attempt,
            libraries=sorted(imported_libraries(verb.module)),
            edited=code_digest(verb.module) != code,
        )
        _publish(outputs, _record(job, code, outputs, source=source, run=run), request.record)
        for place in job._places:
            place.unlink(missing_ok=True)
    finally:
        job.discard()


def _record(
    job: Job,
    code: str,
    outputs: list[tuple[str, Path, Path]],
    *,
    source: Source | None,
    run: dict[str, Any],
) -> "Sealed":
    request, verb = job.request, job.request.verb
    record = build_record(
        recipe={
            "verb": verb.name,
            "wildcards": dict(request.wildcards),
            "settings": verb.decisive(asdict(request.settings)),
            "code": code,
            "pins": pins_of(verb.module, verb.environment),
            "seeds": job.seeds,
            "numerics": job.numerics,
            "content": job.content,
        },
        inputs=job.inputs,
        outputs=[
            file_entry(name, [temporary], project=job.project, named=path, values=True)
            for name, temporary, path in outputs
        ],
        ports={port: recorded_path(path, job.project) for port, path in request.paths.items()},
        source=source,
        facts=_renamed(job.facts, _places(job)),
        run=run,
    )
    return Sealed(record=record, patch=source.patch if source else b"")


def _places(job: Job) -> dict[str, str]:
    """Map the absolute paths of a job's files to their names in records, the longest first."""
    files = {*job.request.paths.values(), *(path for path, _ in job._read)}
    found = {str(path): recorded_path(path, job.project) for path in files if path.is_absolute()}
    return {path: found[path] for path in sorted(found, key=len, reverse=True)}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Name files in what a job found out, such as why a slide is excluded, as records do."""
    if isinstance(value, Mapping):
        return {name: _renamed(part, names) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(part, names) for part in value]
    if isinstance(value, str):
        for path, name in names.items():
            value = value.replace(path, name)
    return value


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A record, and the patch that it names."""

    record: dict[str, Any]
    patch: bytes


def _publish(outputs: list[tuple[str, Path, Path]], sealed: Sealed, place: Path | None) -> None:
    temporary_record = None
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        remove_leftovers(place)
        temporary_record = temporary_path(place)
        write_json(temporary_record, sealed.record)
        _keep_patch(sealed)
    for _, temporary, path in outputs:
        publish(temporary, path)
    if place is not None and temporary_record is not None:
        publish(temporary_record, place)


def _keep_patch(sealed: Sealed) -> None:
    """Keep what was not committed beside the records, once for all jobs that ran with it."""
    name = sealed.record["source"].get("patch")
    place = Path(FOLDER) / PATCHES / f"{name}.patch"
    if name is not None and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_path(place)  # jobs that run together may write it, each its own
        temporary.write_bytes(sealed.patch)
        publish(temporary, place)


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
