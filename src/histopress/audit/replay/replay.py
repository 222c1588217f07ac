"""A result made anew from its record, and compared with the one that is there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from histopress.audit.recipes.changes import ABSENT, Change, recipe_changes
from histopress.audit.record import FileEntry
from histopress.audit.records import OUTSIDE, Record, read_record
from histopress.audit.replay.checkout import Code
from histopress.audit.replay.outcome import InputOutcome, Outcome
from histopress.audit.replay.outputs import compare_made
from histopress.audit.replay.rebuild import Rebuilt, rebuild, recorded_call
from histopress.audit.replay.scratch import Scratch
from histopress.audit.replay.supply import Supplies, Supply
from histopress.errors import HistopressError, StoreError
from histopress.types import Progress

LISTED = 5
"""Files of one kind that a message names."""


@dataclass(frozen=True, kw_only=True)
class Replayer:
    """Runs recorded jobs again.

    Attributes
    ----------
    supplies : Supplies
        Finds what they read.
    code_of : callable
        Gives the code that made a record; raises StoreError where it cannot be had.
    folder : Path
        For scratch projects.
    deep : bool
        Whether an input that is absent or changed is rebuilt first.
    from_sources : bool
        Whether every input that a job made is rebuilt first, whatever is there.
    """

    supplies: Supplies
    code_of: Callable[[Record], Code]
    folder: Path
    deep: bool = False
    from_sources: bool = False
    _done: dict[str, tuple[Outcome, Rebuilt] | HistopressError] = field(default_factory=dict)

    def replay(self, place: str, *, progress: Progress | None = None) -> Outcome:
        """Run the job of one record again, with what has to be rebuilt before it.

        Parameters
        ----------
        place : str
            The record's file, relative to the project.
        progress : callable, optional
            Called with jobs done and jobs in all.

        Raises
        ------
        StoreError
            The record is not to be believed or does not tell enough, the code or an input cannot
            be had, or the job fails.
        """
        order = self.plan(place)
        for number, each in enumerate(order):
            if progress:
                progress(number, len(order))
            try:
                self._done[each] = self._run(self._record(each))
            except HistopressError as error:
                self._done[each] = error
        if progress:
            progress(len(order), len(order))
        found = self._done[place]
        if isinstance(found, HistopressError):
            raise found
        return found[0]

    def plan(self, place: str) -> list[str]:
        """List the records whose jobs are to be run, makers before users."""
        order: list[str] = []
        seen: set[str] = set()

        def visit(each: str) -> None:
            if each not in seen:
                seen.add(each)
                # One that is not to be believed is told of when its turn comes.
                for maker in self._makers(self._read(each)):
                    visit(maker)
                order.append(each)

        visit(place)
        return order

    def _read(self, place: str) -> Record:
        return read_record(self.supplies.project / place, self.supplies.project)

    def _record(self, place: str) -> Record:
        record = self._read(place)
        if record.fault is not None:
            raise StoreError(
                f"{place}: {record.fault}; a record that is not as its job wrote it cannot be "
                "replayed: take it from a backup"
            )
        return record

    def _makers(self, record: Record) -> Iterator[str]:
        """List the records whose jobs have to run before this one."""
        for entry in record.inputs:
            maker = self._maker(record, entry)
            if maker is not None and (
                self.from_sources or self.supplies.find(record, entry) is None
            ):
                yield maker

    def _maker(self, record: Record, entry: FileEntry) -> str | None:
        """Name the record of the job that made an input, if inputs may be rebuilt at all."""
        if not (self.deep or self.from_sources) or record.replaces(entry):
            return None
        number = self.supplies.graph.parent(record, entry)
        return None if number is None else self.supplies.graph.places[number]

    def _run(self, record: Record) -> tuple[Outcome, Rebuilt]:
        call = recorded_call(record)
        code = self.code_of(record)
        scratch = Scratch(self.folder / f"{len(self._done):04}", self.supplies.project)
        found = list(self._supply(record))
        scratch.link(supply for supply, _ in found)
        made = rebuild(call, code=code, scratch=scratch)
        told = [told for _, told in found if told is not None]
        outcome = Outcome(
            record=record,
            code=code,
            outputs=tuple(compare_made(record, made, self.supplies)),
            inputs=tuple(told),
            changes=tuple(_changes(record, made.record, {each.path for each in told})),
            run=made.record["run"],
        )
        return outcome, made

    def _supply(self, record: Record) -> Iterator[tuple[Supply, InputOutcome | None]]:
        """Find all inputs of a job, and what is to be told of those that are not simply there.

        Raises
        ------
        StoreError
            Names the inputs that cannot be had.
        """
        missing = []
        for entry in record.inputs:
            maker = self._maker(record, entry)
            done = self._done.get(maker) if maker is not None else None
            if isinstance(done, tuple):
                yield _rebuilt_supply(entry, *done, project=self.supplies.project)
                continue
            supply = self.supplies.find(record, entry)
            if supply is None:
                missing.append(self._missing(record, entry, done))
                continue
            detail = f"could not be rebuilt: {done}" if done is not None else ""
            told = InputOutcome(path=entry.path, origin=supply.origin, detail=detail)
            yield supply, told if detail or supply.origin != "in place" else None
        if missing:
            more = f"\n  … and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
            raise StoreError(
                f"{record.place}: {len(missing)} of the inputs of '{record.verb}' cannot be had:\n"
                + "\n".join(f"  {line}" for line in missing[:LISTED])
                + more
            )

    def _missing(self, record: Record, entry: FileEntry, fault: HistopressError | None) -> str:
        """Say why an input cannot be had, and what to do."""
        if fault is not None:
            return f"{entry.path}: {fault}"
        if record.replaces(entry):
            return (
                f"{entry.path}: the job added to a former version (sha256 {entry.sha256[:12]}…) "
                "whose bytes nobody has any more; put that version back at any recorded path, or "
                "keep the file in git"
            )
        state = {"absent": "is not there", "unknown": "cannot be checked"}.get(
            self.supplies.present.standing(entry), "has other bytes by now"
        )
        if entry.path.startswith(OUTSIDE) and state == "is not there":
            return f"{entry.path}: lies outside the project, and the configuration does not name it"
        if self.supplies.graph.parent(record, entry) is not None:
            return f"{entry.path}: {state}; --deep rebuilds it first"
        return f"{entry.path}: {state}, and no job made it; put back the file that was read"


def _rebuilt_supply(
    entry: FileEntry, outcome: Outcome, made: Rebuilt, *, project: Path
) -> tuple[Supply, InputOutcome]:
    """Give an input as its maker made it again."""
    alike = [each for each in outcome.outputs if each.entry.sha256 == entry.sha256]
    output = next((each for each in alike if each.entry.path == entry.path), alike[0])
    file = made.outputs.get(output.entry.role)
    if file is None:
        raise StoreError(f"{entry.path}: '{outcome.record.verb}' did not write it this time")
    supply = Supply(entry=entry, links=((project / entry.path, file),), origin="rebuilt")
    level = output.comparison.level
    return supply, InputOutcome(path=entry.path, origin="rebuilt", level=level)


def _changes(record: Record, made: Mapping[str, Any], told: set[str]) -> Iterator[Change]:
    """List the fields in which the new recipe is not the recorded one.

    An input that was rebuilt, or of which only a part counts, is told of elsewhere.
    """
    yield from recipe_changes({"recipe": record.recipe}, made)
    content = record.recipe.get("content", {})
    before = {(e.role, e.path): e.sha256 for e in record.inputs if e.role not in content}
    after = {
        (e["role"], e["path"]): e["sha256"] for e in made["inputs"] if e["role"] not in content
    }
    for role, path in sorted(before.keys() | after.keys()):
        old, new = before.get((role, path), ABSENT), after.get((role, path), ABSENT)
        if old != new and path not in told:
            yield Change(kind="input", key=(path,), old=old, new=new)
