"""Whether every byte still is what its record says.

Findings come one by one; of a cohort's records only digests and paths are held.
"""

import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from histopress.audit.findings import Finding, State
from histopress.audit.graph import Graph, circular
from histopress.audit.present import Present
from histopress.audit.record import FileEntry
from histopress.audit.records import FOLDER, Record, read_record, read_records
from histopress.audit.trace import Link, link, project_name, trace

RESULTS = "results"
README = "results/README.md"


def verify_all(present: Present) -> Iterator[Finding]:
    """Check every record, every file that records name, and every file under ``results/``.

    The records are read twice, so that no more than one is held.
    """
    project = present.project
    graph = Graph(read_records(project))
    parents: list[array[int]] = []
    seen: set[tuple[str, str]] = set()
    for place in graph.places:
        record = read_record(project / place, project)
        parents.append(graph.parents(record))
        yield from _once(check_record(record, present=present, graph=graph), seen)
    yield from _closing(graph.places[number] for number in circular(parents))
    yield from _once(_strangers(present, graph), seen)


def verify_result(path: Path, present: Present, graph: Graph) -> Iterator[Finding]:
    """Check one file and everything that it comes from.

    Parameters
    ----------
    path : Path
        Absolute, or relative to the project.
    present : Present
    graph : Graph
        Of the project's records.
    """
    project = present.project
    full = project / path
    found = present.digest(full)
    if found is None:
        yield _missing(project_name(path, project), graph)
        return
    history = trace(full, sha256=found, project=project, graph=graph, registry=present.registry)
    if history.maker is None and history.origin is None:
        yield stranger(history.path, graph)
    elif history.maker is None or history.path not in _outputs(history.steps[history.maker].record):
        detail = f"registered: {history.origin}" if history.origin else "a copy of what it made"
        yield Finding(state=State.VERIFIED, path=history.path, record=history.maker, detail=detail)
    seen: set[tuple[str, str]] = set()
    for step in history.steps.values():
        yield from _once(check_record(step.record, present=present, graph=graph), seen)
    yield from _closing(history.circles)


def check_record(record: Record, *, present: Present, graph: Graph) -> Iterator[Finding]:
    """Compare one record's files with those that are there."""
    if record.fault is not None:
        yield Finding(
            state=State.ALTERED, path=record.place, record=record.place, detail=record.fault
        )
    for entry in record.outputs:
        found = _output(entry, record=record, present=present, graph=graph)
        if found is not None:
            yield found
    for entry in record.inputs:
        source = link(record, entry, graph=graph, registry=present.registry)
        found = _input(source, record=record, present=present)
        if found is not None:
            yield found


def stranger(path: str, graph: Graph) -> Finding:
    """Judge a file whose bytes no record made and that is not registered."""
    writers = graph.writers(path)
    if not writers:
        return Finding(state=State.UNRECORDED, path=path, detail="no record made these bytes")
    place = graph.places[writers[-1]]
    return Finding(state=State.MODIFIED, path=path, record=place, detail=f"not what {place} made")


def _output(entry: FileEntry, *, record: Record, present: Present, graph: Graph) -> Finding | None:
    digest = present.digest(present.project / entry.path)
    if digest == entry.sha256:
        # A file is not vouched for by a record that does not hold itself.
        if record.fault is not None:
            return None
        return Finding(state=State.VERIFIED, path=entry.path, record=record.place)
    if digest is None:
        detail = f"{record.verb} made it"
        return Finding(state=State.ABSENT, path=entry.path, record=record.place, detail=detail)
    if graph.was_replaced(digest, entry.path):
        return None
    detail = f"sha256 is {digest[:12]}…, recorded {entry.sha256[:12]}…"
    return Finding(state=State.MODIFIED, path=entry.path, record=record.place, detail=detail)


def _input(source: Link, *, record: Record, present: Present) -> Finding | None:
    entry = source.entry
    if record.replaces(entry):
        return None
    where = f"read by {record.verb} as {entry.role}"
    if source.rewritten is not None:
        return Finding(
            state=State.CHANGED,
            path=entry.path,
            record=record.place,
            detail=f"{where}; made anew since by {source.rewritten}",
        )
    if source.is_unrecorded:
        return Finding(
            state=State.UNRECORDED,
            path=entry.path,
            record=record.place,
            detail=f"{where}; no record made it and it is not registered",
        )
    standing = present.standing(entry)
    if standing == "same":
        return None
    state = {"absent": State.ABSENT, "unknown": State.UNCHECKED}.get(standing, State.CHANGED)
    detail = f"{where}; sha256 was {entry.sha256[:12]}…"
    return Finding(state=state, path=entry.path, record=record.place, detail=detail)


def _once(findings: Iterable[Finding], seen: set[tuple[str, str]]) -> Iterator[Finding]:
    """Pass on what is fine, and each unrecorded or missing file once, whoever reads it."""
    for found in findings:
        if found.state in (State.UNRECORDED, State.ABSENT, State.UNCHECKED):
            key = (found.state, found.path)
            if key in seen:
                continue
            seen.add(key)
        yield found


def _closing(places: Iterable[str]) -> Iterator[Finding]:
    for place in dict.fromkeys(places):
        yield Finding(
            state=State.ALTERED,
            path=place,
            record=place,
            detail="is among its own ancestors, which no job can be",
        )


def _strangers(present: Present, graph: Graph) -> Iterator[Finding]:
    """Find files under ``results/`` that no record names."""
    for path in _files(present.project):
        if graph.writers(path):
            continue
        digest = present.digest(present.project / path)
        number = graph.maker(digest, path) if digest else None
        if number is None:
            yield stranger(path, graph)
            continue
        place = graph.places[number]
        yield Finding(state=State.VERIFIED, path=path, record=place, detail="a copy")


def _files(project: Path) -> Iterator[str]:
    """List the files under ``results/``, but records and those that hide: tools' own marks."""
    for folder, folders, names in os.walk(project / RESULTS):
        folders.sort()
        here = Path(folder).relative_to(project)
        if here.as_posix() == FOLDER:
            folders.clear()
            continue
        for name in sorted(names):
            path = (here / name).as_posix()
            if not name.startswith(".") and path != README:
                yield path


def _missing(name: str, graph: Graph) -> Finding:
    writers = graph.writers(name)
    if not writers:
        return Finding(
            state=State.UNRECORDED, path=name, detail="no such file, and no record of it"
        )
    place = graph.places[writers[-1]]
    return Finding(state=State.ABSENT, path=name, record=place)


def _outputs(record: Record) -> set[str]:
    return {entry.path for entry in record.outputs}
