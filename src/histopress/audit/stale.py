"""Which results would come out otherwise today, why, and how long a rerun takes.

Every record is held against what its job would be given today. Only content counts, no time
stamp. A file that a recorded job makes is today what its record says, unless that job is stale;
then everything downstream is stale too, for its inputs may change (whether they do, only the
rerun tells). Files altered by hand are the business of verification.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from histopress.audit.changes import ABSENT, Change, changes_between
from histopress.audit.pairs import Record
from histopress.audit.verdicts import Expected, Staleness, Status, Verdict
from histopress.errors import StoreError

Plan = Mapping[str, Expected | None]


def find_stale(
    records: Mapping[str, Record],
    *,
    expected: Callable[[Record], Expected | None],
    exists: Callable[[str], bool],
) -> Staleness:
    """Hold every record against today.

    Parameters
    ----------
    records : mapping
        Parsed records by their path.
    expected : callable
        What a record's job would be given today; None if it is no longer asked for.
    exists : callable
        Whether an output is there, by its path as records write it.

    Returns
    -------
    Staleness
        Linear in the number of inputs and outputs recorded.

    Raises
    ------
    StoreError
        Records that each claim to come from the other.
    """
    today = {place: expected(record) for place, record in records.items()}
    makers = _makers(records, today)
    verdicts: dict[str, Verdict] = {}
    known = Known(records=records, makers=makers, verdicts=verdicts, exists=exists)
    for place in _ordered(records, makers, today):
        verdicts[place] = _verdict(place, records[place], today[place], known)
    return Staleness(verdicts=tuple(verdicts.values()))


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of files before a job is judged."""

    records: Mapping[str, Record]
    makers: Mapping[str, str]
    verdicts: Mapping[str, Verdict]
    exists: Callable[[str], bool]

    def is_stale(self, path: str) -> bool:
        """Whether a stale job makes this file."""
        return path in self.makers and self.verdicts[self.makers[path]].status == "stale"

    def digest(self, path: str, wanted: Expected) -> str | None:
        """Digest of a file as it is today; None for a file that is absent."""
        given = wanted.inputs[path]
        if given is not None or path not in self.makers or not self.exists(path):
            return given
        outputs = self.records[self.makers[path]]["outputs"]
        return next(entry["sha256"] for entry in outputs if entry["path"] == path)


def _verdict(place: str, record: Record, wanted: Expected | None, known: Known) -> Verdict:
    reasons: list[Change] = []
    status: Status = "unasked"
    unjudged = False
    if wanted is not None:
        reasons += _recipe_reasons(record, wanted)
        reasons += _input_reasons(record, wanted, known)
        reasons += _output_reasons(record, known.exists)
        status = "stale" if reasons else "fresh"
        unjudged = wanted.pins is not None and "pins" not in record["recipe"]
    return Verdict(
        place=place,
        verb=record["recipe"]["verb"],
        status=status,
        reasons=tuple(reasons),
        wall_s=record["run"].get("wall_s"),
        unjudged=unjudged,
    )


def _makers(records: Mapping[str, Record], today: Mapping[str, Expected | None]) -> dict[str, str]:
    """Map each output to the record that counts: still asked for, then the latest."""

    def rank(place: str) -> tuple[bool, str, str]:
        return today[place] is not None, records[place]["run"].get("end", ""), place

    return {
        entry["path"]: place
        for place in sorted(records, key=rank)
        for entry in records[place]["outputs"]
    }


def _ordered(
    records: Mapping[str, Record], makers: Mapping[str, str], today: Plan
) -> Iterator[str]:
    """Places of records, makers before users, by name within a level.

    What a job reads today counts, not what it once read; leftovers stand after their like.
    """
    graph = {}
    for place in sorted(records):
        wanted = today[place]
        if wanted is not None:
            found = {makers.get(path, place) for path in wanted.inputs}
        else:
            paths = (entry["path"] for entry in records[place]["inputs"])
            found = {makers.get(path, place) for path in paths}
            found = {maker for maker in found if today[maker] is None}
        graph[place] = sorted(found - {place})
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        raise StoreError(
            f"{' → '.join(error.args[1])}: each of these records names an output of its neighbour "
            "as its input; remove the records that are left over and run again"
        ) from None
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)


def _recipe_reasons(record: Record, wanted: Expected) -> list[Change]:
    recipe = record["recipe"]
    found = changes_between(recipe["settings"], wanted.settings, kind="settings")
    found += changes_between(recipe["code"], wanted.code, kind="code")
    if wanted.pins is not None and "pins" in recipe:
        found += changes_between(recipe["pins"], wanted.pins, kind="pins")
    return found


def _input_reasons(record: Record, wanted: Expected, known: Known) -> list[Change]:
    recorded: dict[str, set[str]] = {}
    for entry in record["inputs"]:
        recorded.setdefault(entry["path"], set()).add(entry["sha256"])
    # What a job updates it reads in its former content, which is never there today.
    own = {entry["path"] for entry in record["outputs"]}
    found, upstream = [], set()
    for path in sorted({*recorded, *wanted.inputs} - own):
        before = recorded.get(path, set())
        if path in wanted.inputs and known.is_stale(path):
            upstream.add(known.makers[path])
            if before and wanted.inputs[path] is None:
                continue
        digest = known.digest(path, wanted) if path in wanted.inputs else None
        if digest is None or digest not in before:
            found.append(_input_change(path, before, digest, asked=path in wanted.inputs))
    return [*found, *(Change(kind="upstream", key=(maker,)) for maker in sorted(upstream))]


def _input_change(path: str, before: set[str], digest: str | None, *, asked: bool) -> Change:
    if not before:
        kind = "added input"
    elif not asked:
        kind = "dropped input"
    else:
        kind = "missing input" if digest is None else "input"
    old = min(before, default=ABSENT)
    return Change(kind=kind, key=(path,), old=old, new=digest or ABSENT)


def _output_reasons(record: Record, exists: Callable[[str], bool]) -> list[Change]:
    return [
        Change(kind="output", key=(entry["path"],), old=entry["sha256"])
        for entry in record["outputs"]
        if not exists(entry["path"])
    ]
