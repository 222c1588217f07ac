"""From a file's bytes to all that they come from.

The history of a result is no tree but a net: 200 compressed slides share one encoder. So each
record stands once in a :class:`Trace`, and only its printed form is a tree.
"""

import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from histopress.audit.history.graph import Graph, circular
from histopress.audit.history.present import Present
from histopress.audit.record import FileEntry
from histopress.audit.records import OUTSIDE, Record, read_record

FORMER = "former version"
"""Origin of an input that the job itself replaced; its own record was replaced with it."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """One input of a job and where it is from.

    Attributes
    ----------
    entry : FileEntry
        As the record names it.
    maker : str or None
        Record of the job that made it.
    origin : str or None
        As what it is registered, where no record made it; None with no maker is *unrecorded*.
    rewritten : str or None
        Record of the job that wrote other bytes to the same path, where no record made these:
        the record of the bytes that were read went when that job was run again.
    in_part : bool
        The maker made the file anew since; what of it counted for the job is as it was.
    """

    entry: FileEntry
    maker: str | None
    origin: str | None
    rewritten: str | None = None
    in_part: bool = False

    @property
    def is_unrecorded(self) -> bool:
        """Whether nobody answers for the bytes."""
        return self.maker is None and self.origin is None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One job of a history."""

    record: Record
    links: tuple[Link, ...]


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A file's history.

    Attributes
    ----------
    path : str
        As asked for.
    sha256 : str
        Of its bytes now.
    maker : str or None
        Record of the job that wrote these bytes.
    origin : str or None
        As what it is registered, where no job wrote it.
    also : tuple of str
        Records of other jobs that wrote equal bytes.
    steps : mapping of str to Step
        All jobs behind it by their records, the nearest first.
    circles : tuple of str
        Records that are among their own ancestors, one a circle at least.
    written : str or None
        Record of the job that wrote other bytes under this name, where nobody answers for these.
    """

    path: str
    sha256: str
    maker: str | None
    origin: str | None
    also: tuple[str, ...]
    steps: Mapping[str, Step]
    circles: tuple[str, ...]
    written: str | None = None

    @property
    def unrecorded(self) -> tuple[tuple[str, FileEntry], ...]:
        """Inputs that nobody answers for, each with a record that names it; once by content."""
        found: dict[tuple[str, str], tuple[str, FileEntry]] = {}
        for place, step in self.steps.items():
            for link in step.links:
                if link.is_unrecorded:
                    found.setdefault((link.entry.path, link.entry.sha256), (place, link.entry))
        return tuple(found.values())

    @property
    def altered(self) -> tuple[Record, ...]:
        """Records on the way that are not as their jobs wrote them."""
        return tuple(step.record for step in self.steps.values() if step.record.fault)

    @property
    def is_whole(self) -> bool:
        """Whether every way back ends at a registered source."""
        start = self.maker is not None or self.origin is not None
        return start and not (self.unrecorded or self.altered or self.circles)


def trace(
    path: Path, *, sha256: str, present: Present, graph: Graph, records: Path | None = None
) -> Trace:
    """Follow a file back to its sources.

    Parameters
    ----------
    path : Path
        The file, wherever it lies and whatever it is called now; absolute, or relative to the
        project.
    sha256 : str
        Digest of its bytes; they alone decide which job made it.
    present : Present
        The project's files, and as what they are registered.
    graph : Graph
        Of the records.
    records : Path, optional
        Folder that holds ``results/records``, where it is not the project.

    Returns
    -------
    Trace
    """
    name = project_name(path, present.project)
    maker = graph.maker(sha256, name)
    steps = _steps(maker, home=records or present.project, graph=graph, present=present)
    asked = FileEntry(role="result", path=name, sha256=sha256, bytes=0)
    origin = present.registry.origin(asked) if maker is None else None
    unknown = maker is None and origin is None
    writers = graph.writers(name) if unknown else ()
    return Trace(
        path=name,
        sha256=sha256,
        maker=graph.places[maker] if maker is not None else None,
        origin=origin,
        also=tuple(graph.places[n] for n in graph.makers(sha256) if n != maker),
        steps=steps,
        circles=_circles(steps),
        written=graph.places[writers[-1]] if writers else None,
    )


def project_name(path: Path, project: Path) -> str:
    """Name a file as records do: relative to the project, or without its folder."""
    base = Path(os.path.abspath(project))  # noqa: PTH100
    full = Path(os.path.normpath(base / path))
    return full.relative_to(base).as_posix() if full.is_relative_to(base) else OUTSIDE + full.name


def link(record: Record, entry: FileEntry, *, graph: Graph, present: Present) -> Link:
    """Say where one input of a job is from."""
    number = graph.parent(record, entry)
    if number is not None:
        return Link(entry=entry, maker=graph.places[number], origin=None)
    if record.replaces(entry):
        return Link(entry=entry, maker=None, origin=FORMER)
    origin = present.registry.origin(entry)
    writers = graph.writers(entry.path) if origin is None else ()
    place = graph.places[writers[-1]] if writers else None
    if place is not None and present.holds(record, entry):
        return Link(entry=entry, maker=place, origin=None, in_part=True)
    return Link(entry=entry, maker=None, origin=origin, rewritten=place)


def _steps(maker: int | None, *, home: Path, graph: Graph, present: Present) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    pending = deque([graph.places[maker]] if maker is not None else [])
    seen = set(pending)
    while pending:
        place = pending.popleft()
        record = read_record(home / place, home)
        links = tuple(link(record, entry, graph=graph, present=present) for entry in record.inputs)
        steps[place] = Step(record=record, links=links)
        for each in _makers(links):
            if each not in seen:
                seen.add(each)
                pending.append(each)
    return steps


def _makers(links: tuple[Link, ...]) -> Iterator[str]:
    return (link.maker for link in links if link.maker is not None)


def _circles(steps: Mapping[str, Step]) -> tuple[str, ...]:
    number = {place: index for index, place in enumerate(steps)}
    parents = [[number[place] for place in _makers(step.links)] for step in steps.values()]
    places = list(steps)
    return tuple(dict.fromkeys(places[index] for index in circular(parents)))
