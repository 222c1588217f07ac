"""Stale jobs run again as they would be today, to see whether anything comes out otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from histopress.audit.pins import unmet_pins
from histopress.audit.recipes.acceptance import ACCEPTABLE
from histopress.audit.recipes.changes import ABSENT, Change, describe, same
from histopress.audit.recipes.verdicts import Verdict
from histopress.audit.record import FileEntry
from histopress.audit.records import Record
from histopress.audit.replay.checkout import Code
from histopress.audit.replay.outcome import OutputOutcome
from histopress.audit.replay.outputs import compare_made
from histopress.audit.replay.rebuild import rebuild, recorded_call
from histopress.audit.replay.scratch import Scratch
from histopress.audit.replay.supply import Supplies, Supply
from histopress.errors import StoreError

BESIDE = ACCEPTABLE | {"upstream"}
"""Reasons that a job of the sample may have: its inputs at hand are what it read."""

Combination = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a stale job made today.

    Attributes
    ----------
    record : Record
    changes : tuple of Change
        In what its recipe is another one than the recorded.
    outputs : tuple of OutputOutcome
        Against the recorded ones.
    run : mapping
        When and on what it ran.
    """

    record: Record
    changes: tuple[Change, ...]
    outputs: tuple[OutputOutcome, ...]
    run: Mapping[str, Any]

    @property
    def differing(self) -> tuple[OutputOutcome, ...]:
        """Outputs of which not every byte came out again."""
        return tuple(each for each in self.outputs if each.rebuilt != each.entry.sha256)


def acceptable(verdict: Verdict) -> tuple[Change, ...]:
    """List the reasons that could be accepted of a job; none if its inputs changed as well."""
    if any(reason.kind not in BESIDE for reason in verdict.reasons):
        return ()
    return tuple(reason for reason in verdict.reasons if reason.kind in ACCEPTABLE)


def draw_sample(
    verdicts: Sequence[Verdict], size: int, *, rng: np.random.Generator
) -> list[Verdict]:
    """Draw jobs at random: ``size`` of them, and at least one for each verb and set of changes.

    Changes that only occur together are tried together; each set that occurs is tried, so that
    one change cannot hide what another does.

    Parameters
    ----------
    verdicts : sequence of Verdict
        Stale jobs with acceptable reasons (:func:`acceptable`).
    size : int
        There may be more, where there are more sets of changes.
    rng : numpy Generator
    """
    shuffled = [verdicts[int(place)] for place in rng.permutation(len(verdicts))]
    first: dict[Combination, Verdict] = {}
    for verdict in shuffled:
        first.setdefault(_combination(verdict), verdict)
    chosen = list(first.values())
    taken = {verdict.place for verdict in chosen}
    rest = [verdict for verdict in shuffled if verdict.place not in taken]
    return chosen + rest[: max(0, size - len(chosen))]


def try_today(
    record: Record,
    changes: Sequence[Change],
    *,
    code: Code,
    supplies: Supplies,
    folder: Path,
) -> Trial:
    """Run one job as it would be run today and compare what it makes with what it made.

    Parameters
    ----------
    record : Record
        Of the job as it ran.
    changes : sequence of Change
        In what its recipe is another one today, inputs aside.
    code : Code
        Today's.
    supplies : Supplies
    folder : Path
        Made, for the scratch project.

    Raises
    ------
    StoreError
        An input is gone, the job fails, or it was not today's recipe that ran.
    """
    settings = changed_settings(record.recipe["settings"], changes)
    call = replace(recorded_call(record), settings=settings)
    scratch = Scratch(folder, supplies.project)
    scratch.link(_supplied(record, entry, supplies) for entry in record.inputs)
    made = rebuild(call, code=code, scratch=scratch)
    _check_today(record, made.record, changes)
    return Trial(
        record=record,
        changes=tuple(changes),
        outputs=tuple(compare_made(record, made, supplies)),
        run=made.record["run"],
    )


def changed_settings(settings: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """Apply the changes of settings to recorded settings.

    Examples
    --------
    >>> changed_settings({"a": {"b": 1, "c": 2}}, [Change(kind="settings", key=("a", "b"), new=3)])
    {'a': {'b': 3, 'c': 2}}
    """
    found = dict(settings)
    for change in changes:
        if change.kind != "settings":
            continue
        if len(change.key) == 1:
            _put(found, change.key[0], change.new)
        else:
            below = replace(change, key=change.key[1:])
            found[change.key[0]] = changed_settings(found.get(change.key[0]) or {}, [below])
    return found


def _put(values: dict[str, Any], key: str, new: Any) -> None:
    if new is ABSENT:
        values.pop(key, None)
    else:
        values[key] = new


def _supplied(record: Record, entry: FileEntry, supplies: Supplies) -> Supply:
    """Find an input; a job that updates a file gets the one that is there, as a rerun would."""
    supply = supplies.find(record, entry)
    if supply is not None:
        return supply
    place = supplies.project / entry.path
    if record.replaces(entry) and place.is_file():
        return Supply(entry=entry, links=((place, place),), origin="in part")
    raise StoreError(
        f"{record.place}: its input {entry.path} is not what the job read, so that nothing can be "
        "said about its recipe; run 'histopress audit verify', then the workflow"
    )


def _check_today(record: Record, made: Mapping[str, Any], changes: Sequence[Change]) -> None:
    """Make sure that what ran is what is to be accepted.

    Raises
    ------
    StoreError
        Code, settings or environment are others than the study's today.
    """
    for change in changes:
        if change.kind == "seed":
            found: Any = made["recipe"].get("seeds", {}).get("/".join(change.key), ABSENT)
        else:
            found = _at(made["recipe"].get(change.kind, ABSENT), change.key)
        if not same(found, change.new):
            raise StoreError(
                f"{record.place}: was to be tried with {describe(change)}, but another one ran; "
                "start again, with nobody editing code or configuration meanwhile"
            )
    pins = made["recipe"].get("pins") or {}
    unmet = unmet_pins(pins, made["run"]["versions"])
    if unmet and any(change.kind == "pins" for change in changes):
        told = ", ".join(f"{name} {found} (pinned {pin})" for name, (pin, found) in unmet.items())
        raise StoreError(
            f"{record.verb}: ran with {told}; accept in the environment that the study pins"
        )


def _at(value: Any, key: tuple[str, ...]) -> Any:
    for part in key:
        value = value.get(part, ABSENT) if isinstance(value, Mapping) else ABSENT
    return value


def _combination(verdict: Verdict) -> Combination:
    return verdict.verb, tuple(sorted(_told(change) for change in acceptable(verdict)))


def _told(change: Change) -> str:
    return repr((change.kind, change.key, change.old, change.new))
