"""What came of trials, as lines for people and as plain values."""

from collections.abc import Iterator, Sequence
from typing import Any

from histopress.audit.paint import printable
from histopress.audit.recipes.changes import Change, change_json, describe
from histopress.audit.replay.outcome_lines import output_lines
from histopress.audit.replay.trial import Trial


def tried_changes(trials: Sequence[Trial]) -> list[tuple[str, Change]]:
    """List the changes that were tried, each with its verb, once and in a fixed order."""
    found = {
        (trial.record.verb, describe(change), repr(change)): (trial.record.verb, change)
        for trial in trials
        for change in trial.changes
    }
    return [found[key] for key in sorted(found)]


def trial_values(trial: Trial) -> dict[str, Any]:
    """Give a trial as plain values: the job, and what it made today."""
    return {
        "record": trial.record.place,
        "record_id": trial.record.record_id,
        "verb": trial.record.verb,
        "changes": [change_json(change) for change in trial.changes],
        "outputs": [
            {
                "path": each.entry.path,
                "recorded": each.entry.sha256,
                "rebuilt": each.rebuilt,
                "level": each.comparison.level.word,
            }
            for each in trial.outputs
        ],
    }


def accepted_lines(trials: Sequence[Trial]) -> Iterator[str]:
    """Write what is accepted."""
    for verb, change in tried_changes(trials):
        yield f"  accepted for '{verb}': {printable(describe(change))}"


def differing_lines(trials: Sequence[Trial], *, colour: bool = False) -> Iterator[str]:
    """Write which jobs make something else today, and how far it is from what they made."""
    for trial in trials:
        if not trial.differing:
            continue
        yield f"{printable(trial.record.verb)}  {printable(trial.record.place)}"
        for change in trial.changes:
            yield f"  with {printable(describe(change))}"
        for output in trial.differing:
            yield from output_lines(output, colour=colour)
