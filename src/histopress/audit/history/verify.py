"""Whether every byte still is what its record says.

Findings come one by one; of a cohort's records only digests and paths are held.
"""

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from histopress.audit.findings import Finding, State
from histopress.audit.history.checks import check_record, missing, stranger
from histopress.audit.history.evidence import check_evidence
from histopress.audit.history.graph import Graph, circular
from histopress.audit.history.present import Present
from histopress.audit.history.results import RESULTS, result_files
from histopress.audit.history.trace import link, project_name
from histopress.audit.history.uncommitted import check_kept, check_patch, patch_of
from histopress.audit.record import FileEntry
from histopress.audit.records import Record, read_record, read_records, record_places
from histopress.audit.seal.ledger import check_ledger
from histopress.types import Progress

T = TypeVar("T")

ONCE = frozenset({State.UNRECORDED, State.ABSENT, State.UNCHECKED})
"""Said of a file once, whoever reads it."""


def verify_all(
    present: Present, *, records: Path | None = None, progress: Progress | None = None
) -> Iterator[Finding]:
    """Check every record, every file that records name, and every file under ``results/``.

    The records are read twice, so that no more than one is held.

    Parameters
    ----------
    present : Present
        The project's files.
    records : Path, optional
        Folder that holds ``results/records``, where it is not the project: records that were kept
        elsewhere and so cannot have been changed with the files.
    progress : Progress, optional
        Told of each record when it has been read and when it has been checked.
    """
    home = records or present.project
    places = sum(1 for _ in record_places(home)) if progress else 0
    done = _Done(progress)
    graph = Graph(done.each(read_records(home), of=2 * places))
    walk = _Walk(present, graph, home)
    for number in done.each(range(len(graph.places)), of=2 * places):
        yield from walk.check(number)
    yield from walk.close()
    yield from check_kept(walk.patches, present=present, records=home)
    yield from walk.once(_strangers(present, graph))
    yield from check_evidence(home)
    yield from check_ledger(home)


def verify_results(
    paths: Iterable[Path],
    present: Present,
    graph: Graph,
    *,
    records: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Finding]:
    """Check some files and everything that they come from.

    Parameters
    ----------
    paths : iterable of Path
        Absolute, or relative to the project; a record stands for its job.
    present : Present
        The project's files.
    graph : Graph
        Of the records.
    records, progress
        As for :func:`verify_all`.
    """
    walk = _Walk(present, graph, records or present.project)
    pending: deque[int] = deque()
    for path in paths:
        name = project_name(path, present.project)
        record = graph.number(name)
        if record is not None:
            pending.append(record)
            continue
        digest = present.digest(present.project / path)
        maker = graph.maker(digest, name) if digest else None
        if maker is not None:
            pending.append(maker)
        if maker is None or maker not in graph.writers(name):
            yield _asked(name, digest, maker, present=present, graph=graph)
    while pending:
        number = pending.popleft()
        if number not in walk.parents:
            yield from walk.check(number)
            pending.extend(walk.parents[number])
            if progress:
                progress(len(walk.parents), len(walk.parents) + len(pending))
    yield from walk.close()


class _Walk:
    """Checks records, each once, and remembers what a later one need not be told again."""

    def __init__(self, present: Present, graph: Graph, home: Path) -> None:
        self.present = present
        self.graph = graph
        self.home = home
        self.parents: dict[int, array[int]] = {}
        """By the number of a record that was checked, those of the records it builds on."""
        self.patches: set[str] = set()
        self._seen: set[tuple[str, str]] = set()

    def check(self, number: int) -> Iterator[Finding]:
        record = read_record(self.home / self.graph.places[number], self.home)
        self.parents[number] = self._parents(record)
        yield from self.once(check_record(record, present=self.present, graph=self.graph))
        yield from self._patch(record)

    def _parents(self, record: Record) -> "array[int]":
        """Give the records that a job builds on, be it on a part of what they made since."""
        found = self.graph.parents(record)
        for entry in record.inputs:
            if entry.role in record.recipe.get("content", {}):
                source = link(record, entry, graph=self.graph, present=self.present)
                number = self.graph.number(source.maker) if source.maker else None
                if source.in_part and number is not None:
                    found.append(number)
        return found

    def _patch(self, record: Record) -> Iterator[Finding]:
        patch = patch_of(record)
        if patch is not None and patch not in self.patches:
            self.patches.add(patch)
            yield from check_patch(record, present=self.present, records=self.home)

    def once(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Pass on what is fine, and each unrecorded or missing file once, whoever reads it."""
        for found in findings:
            if found.state in ONCE:
                key = (found.state, found.path)
                if key in self._seen:
                    continue
                self._seen.add(key)
            yield found

    def close(self) -> Iterator[Finding]:
        """Tell the records that are among their own ancestors."""
        index = {number: at for at, number in enumerate(self.parents)}
        parents = [array("L", (index[n] for n in each)) for each in self.parents.values()]
        numbers = list(self.parents)
        for place in dict.fromkeys(self.graph.places[numbers[at]] for at in circular(parents)):
            detail = "is among its own ancestors, which no job can be"
            yield Finding(state=State.ALTERED, path=place, record=place, detail=detail)


class _Done:
    """Counts what is done, over several passes."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._count = 0

    def each(self, things: Iterable[T], *, of: int) -> Iterator[T]:
        for thing in things:
            yield thing
            self._count += 1
            if self._progress:
                self._progress(self._count, of)


def _asked(
    name: str, digest: str | None, maker: int | None, *, present: Present, graph: Graph
) -> Finding:
    """Judge a file that a person asked about and that is not an output under its own name."""
    if digest is None:
        return missing(name, graph)
    if maker is not None:
        place = graph.places[maker]
        detail = f"a copy of what {place} made"
        return Finding(state=State.VERIFIED, path=name, record=place, detail=detail)
    entry = FileEntry(role="result", path=name, sha256=digest, bytes=0)
    origin = present.registry.origin(entry)
    if origin is None:
        return stranger(name, graph)
    return Finding(state=State.VERIFIED, path=name, detail=f"registered: {origin}")


def _strangers(present: Present, graph: Graph) -> Iterator[Finding]:
    """Find files under ``results/`` that no record names."""
    project = present.project
    for file in result_files(project / RESULTS, project):
        path = file.relative_to(project).as_posix()
        if graph.writers(path):
            continue
        digest = present.digest(file)
        number = graph.maker(digest, path) if digest else None
        if number is None:
            yield stranger(path, graph)
            continue
        place = graph.places[number]
        yield Finding(state=State.VERIFIED, path=path, record=place, detail="a copy")
