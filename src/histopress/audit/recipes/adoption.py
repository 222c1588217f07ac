"""Which results Snakemake may take as they are, and which files nobody answers for.

Snakemake goes by times and by what it remembers of its own runs. After a pull, a checkout or a
copy the times mean nothing and the memory is of other results; so here records and bytes decide.
"""

from collections.abc import Callable, Collection, Container, Iterable, Iterator
from dataclasses import dataclass, field

from histopress.audit.recipes.verdicts import Staleness
from histopress.audit.records import FOLDER, Record
from histopress.errors import StoreError

UNSEEN = frozenset({"pins"})
"""Reasons for which Snakemake reruns nothing: they are told by ``audit stale`` alone."""

_HEAD = ["output_file", "date", "rule", "log-file(s)", "status", "plan"]
_PENDING, _SETTLED = "update pending", "no update"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One output of the workflow as Snakemake sees it.

    Attributes
    ----------
    path, rule : str
    remembered : bool
        Snakemake remembers a run of the rule for it; without, a changed setting goes unnoticed.
    present : bool
        The file is there.
    pending : bool
        Snakemake would run its job now.
    """

    path: str
    rule: str
    remembered: bool
    present: bool
    pending: bool

    @property
    def is_record(self) -> bool:
        """Whether it is the record of its job, of which each job has one."""
        return self.path.startswith(f"{FOLDER}/")


def read_rows(summary: str) -> tuple[Row, ...]:
    """Read what ``snakemake --summary`` prints.

    Raises
    ------
    StoreError
        It is no such table.
    """
    lines = (line.split("\t") for line in summary.splitlines())
    rows = [cells for cells in lines if len(cells) == len(_HEAD)]
    if not rows or rows[0] != _HEAD or any(row[-1] not in (_PENDING, _SETTLED) for row in rows[1:]):
        raise StoreError(
            "'snakemake --summary' prints another table than this version reads; "
            "install the version of Snakemake that pyproject.toml names"
        )
    return tuple(
        Row(
            path=path,
            rule=rule,
            remembered=log != "-",
            present=date != "-",
            pending=plan == _PENDING,
        )
        for path, date, rule, log, _, plan in rows[1:]
    )


def taken_records(found: Staleness, *, unseen: Collection[str] = UNSEEN) -> set[str]:
    """Places of the records whose results may stay: fresh, or stale for unseen reasons alone."""
    taken: set[str] = set()
    for verdict in found.verdicts:
        if verdict.status != "unasked" and all(
            reason.kind in unseen or (reason.kind == "upstream" and reason.key[0] in taken)
            for reason in verdict.reasons
        ):
            taken.add(verdict.place)
    return taken


def is_settled(rows: Iterable[Row], taken: Container[str]) -> bool:
    """Whether Snakemake sees by itself what is to be run.

    Parameters
    ----------
    rows : iterable of Row
    taken : container of str
        Places of the records whose results may stay.
    """
    records = (row for row in rows if row.is_record)
    return all(
        (row.remembered and not row.pending) if row.path in taken else row.pending
        for row in records
    )


@dataclass
class Claims:
    """Who answers for which bytes.

    Parameters
    ----------
    records : iterable of Record
    taken : container of str
        Places of the records whose results may stay; of a path that one of them made, no other
        record counts.
    """

    records: Iterable[Record]
    taken: Container[str]
    _of_taken: dict[str, tuple[str, str]] = field(default_factory=dict)
    _known: dict[str, set[str]] = field(default_factory=dict)
    _places: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for record in self.records:
            if record.fault is not None:
                continue
            self._places.add(record.place)
            for entry in record.outputs:
                self._known.setdefault(entry.path, set()).add(entry.sha256)
                if record.place in self.taken:
                    self._of_taken[entry.path] = record.place, entry.sha256

    def maker(self, path: str) -> str | None:
        """Place of the taken record that made a path."""
        found = self._of_taken.get(path)
        return found[0] if found else None

    def answers(self, path: str, digest: Callable[[str], str | None]) -> bool:
        """Whether a record answers for what is at ``path``; a sound record does for itself."""
        if path in self._places:
            return True
        if path in self._of_taken:
            return digest(path) == self._of_taken[path][1]
        return path in self._known and digest(path) in self._known[path]


def unanswered(
    rows: Iterable[Row], claims: Claims, digest: Callable[[str], str | None]
) -> Iterator[str]:
    """List outputs that are there and for whose bytes no record answers.

    Parameters
    ----------
    rows : iterable of Row
    claims : Claims
    digest : callable
        Sha256 of a file of the project; None where it cannot be read.
    """
    return (row.path for row in rows if row.present and not claims.answers(row.path, digest))
