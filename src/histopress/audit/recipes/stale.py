"""Which results would come out otherwise today, why, and how long a rerun takes.

Every record is held against what its job would be given today. Only content counts, no time
stamp. A file that a recorded job makes is today what its record says, unless that job is stale;
then everything downstream is stale too, for its inputs may change (whether they do, only the
rerun tells). Files altered by hand are the business of verification.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Any

from histopress.audit.recipes.changes import ABSENT, Change, changes_between
from histopress.audit.recipes.pairs import Record
from histopress.audit.recipes.verdicts import Expected, Staleness, Status, Verdict
from histopress.errors import StoreError
from histopress.seeds import derive_seed

Plan = Mapping[str, Expected | None]
Accepted = Callable[[Record, Change], bool]
"""Whether a change of a record's recipe was declared to change no result."""
OWN = frozenset({"settings", "code", "pins", "seed", "content", "output"})
"""Reasons of a job's own, under which what follows from the other inputs alone stays as it is."""


def _nothing_accepted(_record: Record, _change: Change) -> bool:
    return False


def find_stale(
    records: Mapping[str, Record],
    *,
    expected: Callable[[Record], Expected | None],
    exists: Callable[[str], bool],
    accepted: Accepted = _nothing_accepted,
    faults: Mapping[str, str] = MappingProxyType({}),
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
    accepted : callable, optional
        Whether a change of a record's recipe was declared to change no result. Not asked about
        files that are absent and about stale makers.
    faults : mapping of str to str
        Why records, by their path, are not to be believed.

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
    known = Known(
        records=records,
        makers=makers,
        verdicts=verdicts,
        exists=exists,
        accepted=accepted,
        faults=faults,
    )
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
    accepted: Accepted
    faults: Mapping[str, str]

    def is_stale(self, path: str, *, loose: bool = False) -> bool:
        """Whether a stale job makes this file; if ``loose``, for more than reasons of its own."""
        if path not in self.makers:
            return False
        verdict = self.verdicts[self.makers[path]]
        return verdict.status == "stale" and not (
            loose and all(reason.kind in OWN for reason in verdict.reasons)
        )

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
        reasons += _reasons(record, wanted, known)
        if place in known.faults:
            reasons.append(Change(kind="record", key=(known.faults[place],)))
        status = "stale" if reasons else "fresh"
        unjudged = wanted.pins is not None and record["recipe"].get("pins") is None
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


def _reasons(record: Record, wanted: Expected, known: Known) -> list[Change]:
    recipe = record["recipe"]
    if wanted.verb not in (None, recipe["verb"]):
        return [Change(kind="verb", old=recipe["verb"], new=wanted.verb)]
    changed = [
        change
        for change in (*_recipe_reasons(recipe, wanted), *_input_reasons(record, wanted, known))
        if change.kind == "missing input" or not known.accepted(record, change)
    ]
    upstream = [
        Change(kind="upstream", key=(maker,)) for maker in _stale_makers(record, wanted, known)
    ]
    return [*changed, *upstream, *_output_reasons(record, known.exists)]


def _recipe_reasons(recipe: Mapping[str, Any], wanted: Expected) -> list[Change]:
    found = changes_between(recipe["settings"], wanted.settings, kind="settings")
    found += changes_between(recipe["code"], wanted.code, kind="code")
    if wanted.pins is not None and recipe.get("pins") is not None:
        found += changes_between(recipe["pins"], wanted.pins, kind="pins")
    return found + _seed_reasons(recipe)


def _seed_reasons(recipe: Mapping[str, Any]) -> list[Change]:
    """Find seeds that are derived otherwise today; another seed of the study is a setting."""
    base = recipe["settings"].get("seed")
    return [
        Change(kind="seed", key=(name,), old=seed, new=derive_seed(base, name))
        for name, seed in recipe.get("seeds", {}).items()
        if derive_seed(base, name) != seed
    ]


def _stale_makers(record: Record, wanted: Expected, known: Known) -> list[str]:
    own = {entry["path"] for entry in record["outputs"]}
    return sorted(
        {
            known.makers[path]
            for path in wanted.inputs
            if path not in own and known.is_stale(path, loose=path in wanted.loose)
        }
    )


def _input_reasons(record: Record, wanted: Expected, known: Known) -> list[Change]:
    recorded: dict[str, set[str]] = {}
    for entry in record["inputs"]:
        recorded.setdefault(entry["path"], set()).add(entry["sha256"])
    # What a job updates it reads in its former content, which is never there today.
    own = {entry["path"] for entry in record["outputs"]}
    by_content = _judged_by_content(record, wanted)
    found = _content_reasons(record, wanted, by_content)
    for path in sorted({*recorded, *wanted.inputs} - own - {*by_content}):
        before = recorded.get(path, set())
        asked = path in wanted.inputs
        if asked and before and wanted.inputs[path] is None and known.is_stale(path):
            continue
        digest = known.digest(path, wanted) if asked else None
        if digest is None or digest not in before:
            found.append(_input_change(path, before, digest, asked=asked))
    return found


def _judged_by_content(record: Record, wanted: Expected) -> dict[str, str]:
    """Map paths of inputs of which a part counts to their roles."""
    roles = record["recipe"].get("content", {}).keys() & wanted.content.keys()
    return {
        entry["path"]: entry["role"]
        for entry in record["inputs"]
        if entry["role"] in roles and entry["path"] in wanted.inputs
    }


def _content_reasons(
    record: Record, wanted: Expected, by_content: Mapping[str, str]
) -> list[Change]:
    """Compare what counts; where several tables give it together, name those that changed."""
    before = record["recipe"].get("content", {})
    digests = {entry["path"]: entry["sha256"] for entry in record["inputs"]}
    found = {
        path: Change(kind="content", key=(path,), old=before[role], new=wanted.content[role])
        for path, role in by_content.items()
        if before[role] != wanted.content[role]
    }
    altered = [path for path in found if wanted.inputs[path] != digests[path]]
    return [found[path] for path in altered or sorted(found)]


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
