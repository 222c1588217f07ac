"""Whether one record's files, or one file, still are what was recorded."""

from collections.abc import Iterator

from histopress.audit.findings import Finding, State
from histopress.audit.history.graph import Graph
from histopress.audit.history.present import Present
from histopress.audit.history.trace import Link, Trace, link
from histopress.audit.record import FileEntry
from histopress.audit.records import OUTSIDE, Record


def check_record(record: Record, *, present: Present, graph: Graph) -> Iterator[Finding]:
    """Compare one record's files with those that are there."""
    if record.fault is not None:
        yield Finding(
            state=State.ALTERED, path=record.place, record=record.place, detail=record.fault
        )
    for entry in record.outputs:
        if entry.path.startswith(OUTSIDE):
            # Where it was put nobody says; its own bytes lead to the record.
            continue
        found = _output(entry, record=record, present=present, graph=graph)
        if found is not None:
            yield found
    for entry in record.inputs:
        source = link(record, entry, graph=graph, present=present)
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


def missing(name: str, graph: Graph) -> Finding:
    """Judge a file that is not there."""
    writers = graph.writers(name)
    if not writers:
        return Finding(
            state=State.UNRECORDED, path=name, detail="no such file, and no record of it"
        )
    place = graph.places[writers[-1]]
    return Finding(state=State.ABSENT, path=name, record=place)


def trace_faults(found: Trace) -> Iterator[Finding]:
    """Say what breaks a history as findings about files."""
    if found.maker is None and found.origin is None:
        state = State.MODIFIED if found.written else State.UNRECORDED
        yield Finding(state=state, path=found.path, record=found.written)
    for place, step in found.steps.items():
        if step.record.fault is not None:
            yield Finding(state=State.ALTERED, path=place, record=place, detail=step.record.fault)
        for each in step.links:
            if each.is_unrecorded:
                state = State.CHANGED if each.rewritten else State.UNRECORDED
                yield Finding(state=state, path=each.entry.path, record=place)
    for place in found.circles:
        yield Finding(state=State.ALTERED, path=place, record=place)


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
        detail = f"{where}; made anew since by {source.rewritten}"
        return _about(entry, record, State.CHANGED, detail)
    if source.is_unrecorded:
        detail = f"{where}; no record made it and it is not registered"
        return _about(entry, record, State.UNRECORDED, detail)
    standing = present.standing(entry, record)
    if standing == "same":
        return None
    if standing == "held":
        return _about(entry, record, State.ASIDE, f"{where}, which took the same from it")
    state = {"absent": State.ABSENT, "unknown": State.UNCHECKED}.get(standing, State.CHANGED)
    return _about(entry, record, state, f"{where}; sha256 was {entry.sha256[:12]}…")


def _about(entry: FileEntry, record: Record, state: State, detail: str) -> Finding:
    return Finding(state=state, path=entry.path, record=record.place, detail=detail)
