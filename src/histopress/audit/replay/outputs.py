"""What a job made this time, held against what its record tells of."""

from collections.abc import Iterator
from pathlib import Path

from histopress.audit.record import FileEntry
from histopress.audit.records import Record
from histopress.audit.replay.levels import Comparison, Level, compare_files
from histopress.audit.replay.outcome import OutputOutcome
from histopress.audit.replay.quoted import Pair, compare_outputs
from histopress.audit.replay.rebuild import Rebuilt
from histopress.audit.replay.supply import Supplies
from histopress.audit.values import values_digest
from histopress.store import file_digest


def compare_made(record: Record, made: Rebuilt, supplies: Supplies) -> Iterator[OutputOutcome]:
    """Compare what a job made with what its record tells of, output by output."""
    recorded = {}
    for entry in record.outputs:
        supply = supplies.find(record, entry)
        if supply is not None and supply.origin != "in part":
            recorded[entry.role] = supply.links[0][1]
    pairs = [
        Pair(name=entry.path, recorded=recorded[entry.role], rebuilt=made.outputs[entry.role])
        for entry in record.outputs
        if entry.role in recorded and entry.role in made.outputs
    ]
    compared = compare_outputs(pairs)
    for entry in record.outputs:
        file, standing = made.outputs.get(entry.role), _standing(entry, supplies)
        yield OutputOutcome(
            entry=entry,
            rebuilt=file_digest(file) if file is not None else None,
            comparison=compared.get(entry.path) or _by_digest(entry, file),
            standing=standing,
            change=_change(entry, file, supplies) if standing == "changed" else None,
        )


def _change(entry: FileEntry, file: Path | None, supplies: Supplies) -> Comparison | None:
    """Compare what a file was changed to with what its job makes."""
    return compare_files(supplies.project / entry.path, file) if file is not None else None


def _by_digest(entry: FileEntry, file: Path | None) -> Comparison:
    """Compare an output with a recorded file that is gone."""
    if file is None:
        return Comparison(level=Level.DIFFERS, detail="was not written this time")
    if file_digest(file) == entry.sha256:
        return Comparison(level=Level.BYTES)
    if entry.values is not None and values_digest(file) == entry.values:
        return Comparison(level=Level.VALUES, detail="equal values in other bytes")
    detail = "other bytes, and the recorded file is not there to tell how far they are apart"
    return Comparison(level=Level.DIFFERS, detail=detail)


def _standing(entry: FileEntry, supplies: Supplies) -> str:
    digest = supplies.present.digest(supplies.project / entry.path)
    if digest is None:
        return "absent"
    if digest == entry.sha256:
        return "as recorded"
    return "replaced" if supplies.graph.was_replaced(digest, entry.path) else "changed"
