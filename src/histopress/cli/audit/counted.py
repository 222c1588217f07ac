"""Whether a table still holds what a job took from it, though its bytes are others.

A manifest grows a column, a label is added for another target: the jobs that read it would take
the same from it today. Their records name the digest of what counted; here it is computed anew
from the table as it is.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from histopress.audit.history.registry import Registry
from histopress.audit.record import OUTSIDE, FileEntry
from histopress.audit.records import Record
from histopress.errors import HistopressError
from histopress.store import canonical_json

TABLES = ("manifest", "labels", "links")
DECISIVE = ("target", "protocol", "seed")
"""Settings that say what counts of a table."""


class Counted:
    """Asks of each table once what jobs of one kind take from it.

    Parameters
    ----------
    folder : Path
        The project's.
    registry : Registry
        Says where tables outside lie.
    """

    def __init__(self, folder: Path, registry: Registry) -> None:
        self._folder = folder
        self._registry = registry
        self._known: dict[str, frozenset[str]] = {}

    def __call__(self, record: Record, entry: FileEntry) -> bool:
        """Whether what counted of an input is there; False also where nobody can tell."""
        wanted = record.recipe.get("content", {}).get(entry.role)
        return wanted is not None and wanted in self._today(record, entry)

    def _today(self, record: Record, entry: FileEntry) -> frozenset[str]:
        settings = record.recipe.get("settings", {})
        key = canonical_json(
            [
                record.verb,
                record.recipe.get("wildcards", {}).get("target"),
                "people" if entry.role in TABLES else entry.role,
                entry.path if entry.role == "metrics" else "",
                {port: record.ports.get(port) for port in (*TABLES, "table")},
                {name: settings.get(name) for name in DECISIVE},
            ]
        )
        if key not in self._known:
            try:
                self._known[key] = frozenset(self._digests(record, entry))
            except (HistopressError, OSError, KeyError, TypeError, ValueError, AttributeError):
                self._known[key] = frozenset()
        return self._known[key]

    def _digests(self, record: Record, entry: FileEntry) -> Iterator[str]:
        """Digest all that a job of any verb would take from one input."""
        if entry.role == "metrics":
            yield from _figures(self._place(entry.path))
            return
        job = self._job(record)
        if entry.role == "table":
            yield from _read_table(job)
        elif entry.role in TABLES:
            yield from _read_manifest(job)

    def _job(self, record: Record) -> Any:
        """Call the verb as it was called then, but do no work."""
        from histopress.cli.audit.expected.verbs import settings_adapter, verb_called
        from histopress.cli.job import Job, Request

        settings = settings_adapter(record.verb).validate_python(record.recipe["settings"])
        request = Request(
            verb=verb_called(record.verb),
            settings=settings,
            paths={port: self._place(path) for port, path in record.ports.items() if path},
            wildcards=record.recipe["wildcards"],
        )
        return Job(request=request, project=self._folder, settings=settings)

    def _place(self, path: str) -> Path:
        found = self._registry.locate(path, self._folder)
        return found[0] if found else self._folder / path.removeprefix(OUTSIDE)


def _figures(path: Path) -> Iterator[str]:
    from histopress.audit.record import identifier
    from histopress.cli.null import observed_figures
    from histopress.store import read_json

    yield identifier(observed_figures(read_json(path)))


def _read_table(job: Any) -> Iterator[str]:
    from histopress.cli.cohort import load_table

    load_table(job)
    yield job.content["table"]


def _read_manifest(job: Any) -> Iterator[str]:
    from histopress.cli.cohort import load_labels, load_manifest
    from histopress.cohort.content import people_digest

    manifest = load_manifest(job)
    for ordered in (False, True):
        yield people_digest(manifest, ordered=ordered)
    target = getattr(job.settings, "target", None)
    if target is None:
        return
    name = job.request.wildcards.get("target", "")
    for left_out in (False, True):
        load_labels(job, manifest, name, target, left_out=left_out)
        yield job.content["manifest"]
