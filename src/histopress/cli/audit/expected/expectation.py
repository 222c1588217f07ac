"""What each recorded job would be given today."""

from collections import Counter
from collections.abc import Iterator, Mapping

from histopress.audit.history.registry import RESULTS
from histopress.audit.recipes.pairs import Entry, Record
from histopress.audit.recipes.verdicts import Expected
from histopress.audit.record import FileEntry, recorded_path
from histopress.audit.records import OUTSIDE
from histopress.cli.audit.expected.rules import RULE
from histopress.cli.audit.expected.sources import Sources
from histopress.cli.audit.expected.verbs import Settings, code_of, pins_today
from histopress.cli.audit.expected.wanted import Key, Wanted, WantedJob
from histopress.cli.main import JOBS

BY_HAND = frozenset(JOBS) - frozenset(RULE)
"""Verbs that no rule runs; a job of theirs is judged by what it was given."""


class Expectation:
    """What the jobs behind ``records`` would be given today.

    Parameters
    ----------
    wanted : Wanted
        Jobs that the study asks for.
    sources : Sources
    records : mapping
        Parsed records by their path.
    """

    def __init__(self, wanted: Wanted, sources: Sources, records: Mapping[str, Record]) -> None:
        self.wanted = wanted
        self.sources = sources
        self.plan = wanted.plan
        self._settings = Settings(wanted.plan)
        self._names: dict[str, str] = {}
        self._claims = self._latest(records)

    def _latest(self, records: Mapping[str, Record]) -> dict[Key, str]:
        """Find for each job the record that counts: of the verb asked for, then the latest."""
        found: dict[Key, tuple[bool, str, str, str]] = {}
        for place, record in records.items():
            job = self._job(record)
            if job is not None:
                right = job.rule.verb == record["recipe"]["verb"]
                rank = (right, record["run"].get("end", ""), place, record["record_id"])
                found[job.key] = max(rank, found.get(job.key, rank))
        return {key: rank[-1] for key, rank in found.items()}

    def of(self, record: Record) -> Expected | None:
        """Tell what a job would be given today; None if nobody asks for it."""
        verb = record["recipe"]["verb"]
        job = self._job(record)
        if job is None:
            return self._as_recorded(record) if verb in BY_HAND else None
        if self._claims[job.key] != record["record_id"]:
            return None
        rule = job.rule
        if rule.verb != verb:
            return Expected(settings={}, code="", inputs={}, verb=rule.verb)
        inputs = dict(self._inputs(job, record))
        return Expected(
            settings=self._settings.of(verb, job.wildcards),
            code=code_of(verb),
            inputs=inputs,
            pins=pins_today(verb),
            content=self._content(job, record),
            loose=frozenset(
                self._name(path) for role in rule.loose for path in job.inputs.get(role, ())
            ),
        )

    def unmade(self) -> dict[str, int]:
        """Count by verb the jobs that are asked for and have no record."""
        left = (job for key, job in self.wanted.jobs.items() if key not in self._claims)
        return dict(Counter(job.rule.verb for job in left))

    def _job(self, record: Record) -> WantedJob | None:
        makers = (self.wanted.maker(entry["path"]) for entry in record["outputs"])
        return next((job for job in makers if job is not None), None)

    def _name(self, path: str) -> str:
        if path not in self._names:
            self._names[path] = recorded_path(self.plan.project / path, self.plan.project)
        return self._names[path]

    def _as_recorded(self, record: Record) -> Expected:
        verb = record["recipe"]["verb"]
        return Expected(
            settings=record["recipe"]["settings"],
            code=code_of(verb),
            inputs=dict(self._unnamed(record, set())),
            pins=pins_today(verb),
        )

    def _inputs(self, job: WantedJob, record: Record) -> Iterator[tuple[str, str | None]]:
        """Give what the rule names, then what a job reads besides."""
        recorded = {entry["path"]: entry for entry in record["inputs"]}
        named = set()
        for role, paths in job.inputs.items():
            for path in paths:
                name = self._name(path)
                if role in job.rule.unread and name not in recorded:
                    continue
                named.add(name)
                if self._is_made(name):
                    yield name, None
                else:
                    yield name, self.sources.given(path, _entry(recorded.get(name)), record)
        besides = dict(self._unnamed(record, named))
        makers = {self._maker(path) for path in job.paths} if besides else set()
        for name, digest in besides.items():
            maker = self._maker(name)
            # A job may read what stands beside a file that the rule names, and sources.
            if maker in makers if maker else not self._is_dropped(recorded[name], job):
                yield name, digest

    def _maker(self, path: str) -> Key | None:
        found = self.wanted.maker(path)
        return found.key if found else None

    def _is_dropped(self, entry: Entry, job: WantedJob) -> bool:
        """Whether the rule would name such a file if the job were still to read it."""
        return entry["path"].startswith(RESULTS) or entry["role"] in job.inputs

    def _unnamed(self, record: Record, named: set[str]) -> Iterator[tuple[str, str | None]]:
        for entry in record["inputs"]:
            name = entry["path"]
            if name not in named:
                made = self._is_made(name)
                yield name, None if made else self.sources.read(FileEntry(**entry), record)

    def _is_made(self, name: str) -> bool:
        return not name.startswith(OUTSIDE) and (
            name.startswith(RESULTS) or self.wanted.maker(name) is not None
        )

    def _content(self, job: WantedJob, record: Record) -> dict[str, str]:
        contents = job.rule.content
        roles = record["recipe"].get("content", {}).keys() & contents.keys()
        found = {role: contents[role](self.plan, job.wildcards) for role in roles}
        return {role: digest for role, digest in found.items() if digest is not None}


def _entry(value: Entry | None) -> FileEntry | None:
    return FileEntry(**value) if value is not None else None
