"""What a replay found, for people's eyes, as JSON and as a file beside the records."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from histopress.audit.recipes.changes import Change, change_json
from histopress.audit.record import FileEntry, identifier
from histopress.audit.records import FOLDER, REPLAYS, Record
from histopress.audit.replay.checkout import Code
from histopress.audit.replay.levels import Comparison, Level
from histopress.audit.replay.tolerance import Deviation
from histopress.store import atomic, write_json

SCHEMA = "replay/1"
CIRCUMSTANCES = frozenset({"numerics", "pins"})
"""Differences of a recipe that tolerance is for; any other makes it another recipe."""
RUN = ("start", "end", "wall_s", "threads", "machine", "cpu", "capability", "gpu", "versions")
"""What is kept of the new run."""


@dataclass(frozen=True, kw_only=True)
class OutputOutcome:
    """How one output came out.

    Attributes
    ----------
    entry : FileEntry
        As recorded.
    rebuilt : str or None
        Sha256 this time; None where it was not written.
    comparison : Comparison
    standing : str
        What lies at its path now: ``as recorded``, ``changed`` (by nobody's job), ``replaced`` (by
        a later job) or ``absent``.
    change : Comparison or None
        How far a file that was changed is from what its job makes.
    """

    entry: FileEntry
    rebuilt: str | None
    comparison: Comparison
    standing: str
    change: Comparison | None = None

    @property
    def level(self) -> Level:
        """Level that counts: a file that was changed since is not what its job makes."""
        return Level.DIFFERS if self.standing == "changed" else self.comparison.level


@dataclass(frozen=True, kw_only=True)
class InputOutcome:
    """An input that was not simply there.

    Attributes
    ----------
    path : str
    origin : str
        See :class:`histopress.audit.replay.supply.Supply`.
    level : Level or None
        That a rebuilt one reached.
    detail : str
        Why it was taken as it is, where it should have been rebuilt.
    """

    path: str
    origin: str
    level: Level | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a job that was run again.

    Attributes
    ----------
    record : Record
        Of the job.
    code : Code
        Version that ran.
    outputs : tuple of OutputOutcome
    inputs : tuple of InputOutcome
    changes : tuple of Change
        Fields in which its new recipe is not the recorded one.
    run : mapping
        When and on what it ran this time.
    """

    record: Record
    code: Code
    outputs: tuple[OutputOutcome, ...]
    inputs: tuple[InputOutcome, ...]
    changes: tuple[Change, ...]
    run: Mapping[str, Any]

    @property
    def level(self) -> Level:
        """Lowest level of its outputs."""
        return min((output.level for output in self.outputs), default=Level.DIFFERS)

    @property
    def is_another(self) -> bool:
        """Whether it was another recipe that ran, so that its level shows nothing."""
        return any(change.kind not in CIRCUMSTANCES for change in self.changes)

    @property
    def is_fine(self) -> bool:
        """Whether the job makes today, within rounding, what it made then."""
        return self.level >= Level.TOLERANCE and not self.is_another


def outcome_values(found: Outcome) -> dict[str, Any]:
    """Give an outcome as plain values, with an id over them."""
    record = found.record
    values = {
        "schema": SCHEMA,
        "record": record.place,
        "record_id": record.record_id,
        "recipe_id": record.recipe_id,
        "verb": record.verb,
        "wildcards": dict(record.recipe.get("wildcards", {})),
        "level": found.level.word,
        "same_recipe": not found.is_another,
        "code": {"kind": found.code.kind, "commit": found.code.commit, "patch": found.code.patch},
        "outputs": [_output_values(output) for output in found.outputs],
        "inputs": [_input_values(each) for each in found.inputs],
        "changes": [change_json(change) for change in found.changes],
        "run": {name: found.run.get(name) for name in RUN},
    }
    return {**values, "replay_id": identifier(values)}


def write_outcome(project: Path, values: Mapping[str, Any]) -> Path:
    """Write an outcome beside the records; gives its file."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    place = project / FOLDER / REPLAYS / f"{moment}-{values['replay_id'][:12]}.json"
    with atomic(place) as temporary:
        write_json(temporary, dict(values))
    return place


def _output_values(output: OutputOutcome) -> dict[str, Any]:
    shown = output.change or output.comparison
    return {
        "role": output.entry.role,
        "path": output.entry.path,
        "recorded": output.entry.sha256,
        "rebuilt": output.rebuilt,
        "level": output.level.word,
        "standing": output.standing,
        "detail": shown.detail,
        "deviation": _deviation_values(shown.deviation),
    }


def _deviation_values(found: Deviation | None) -> dict[str, Any] | None:
    if found is None:
        return None
    finite = math.isfinite(found.difference)
    return {
        "where": found.where,
        "difference": found.difference if finite else None,
        "allowed": found.allowed,
    }


def _input_values(each: InputOutcome) -> dict[str, Any]:
    return {
        "path": each.path,
        "origin": each.origin,
        "level": each.level.word if each.level is not None else None,
        "detail": each.detail,
    }
