"""All that is recorded, under one root: what is noted in the ledger, signed and packed.

The root stands over the records' bytes and over the outputs' *recorded* digests, so it is quickly
made; whether the files still have these digests is a question of its own (:func:`departures`).
Records are read one at a time; only digests and paths are held.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from histopress.audit.cache import DigestCache
from histopress.audit.findings import Finding, State
from histopress.audit.records import FOLDER, parse_record, record_places
from histopress.audit.seal.merkle import Leaf, merkle_root, root_statement
from histopress.errors import StoreError


@dataclass(frozen=True, kw_only=True)
class Seal:
    """What is vouched for.

    Attributes
    ----------
    records : tuple of Leaf
        Files of the records, each with the digest of its bytes.
    outputs : tuple of Leaf
        What they say was made, sorted; a path that two records claim, because the rule that makes
        it was renamed, stands with both digests.
    faults : tuple of str
        Records that are not as their jobs wrote them.
    """

    records: tuple[Leaf, ...]
    outputs: tuple[Leaf, ...]
    faults: tuple[str, ...]

    @property
    def leaves(self) -> list[Leaf]:
        """All of it, sorted."""
        return sorted((*self.records, *self.outputs))

    @cached_property
    def root(self) -> str:
        """One digest for all of it."""
        return merkle_root(self.leaves)

    @property
    def statement(self) -> bytes:
        """What is signed."""
        return root_statement(self.leaves).encode()


def read_seal(contents: Iterable[tuple[str, bytes]]) -> Seal:
    """Gather what records vouch for.

    Parameters
    ----------
    contents : iterable of (str, bytes)
        Each record's place, relative to the project, and its bytes.
    """
    records: list[Leaf] = []
    outputs: dict[Leaf, None] = {}
    faults = []
    for place, data in contents:
        record = parse_record(place, data)
        records.append(Leaf(path=place, sha256=hashlib.sha256(data).hexdigest()))
        for entry in record.outputs:
            outputs[Leaf(path=entry.path, sha256=entry.sha256)] = None
        if record.fault is not None:
            faults.append(f"{place}: {record.fault}")
    return Seal(records=tuple(records), outputs=tuple(sorted(outputs)), faults=tuple(faults))


def whole_seal(project: Path) -> Seal:
    """Gather what the records of ``project`` vouch for, if all of them are to be believed.

    Raises
    ------
    StoreError
        There are no records, or one is not as its job wrote it.
    """
    seal = read_seal(record_contents(project))
    if not seal.records:
        raise StoreError(f"{FOLDER}: no records; call this in the folder that holds results/")
    if seal.faults:
        raise StoreError(
            f"{seal.faults[0]}; {len(seal.faults)} of {len(seal.records)} records are not as "
            "their jobs wrote them, and nothing was done; 'histopress audit verify' tells more"
        )
    return seal


def record_contents(project: Path) -> Iterator[tuple[str, bytes]]:
    """Read the records of a project, one at a time.

    Raises
    ------
    StoreError
        One cannot be read.
    """
    for path in record_places(project):
        place = path.relative_to(project).as_posix()
        try:
            yield place, path.read_bytes()
        except OSError as error:
            raise StoreError(f"{place}: the record cannot be read ({error.strerror})") from error


def departures(seal: Seal, project: Path, digests: DigestCache) -> Iterator[Finding]:
    """Compare the outputs with their recorded digests; gives those that differ or are gone."""
    recorded: dict[str, set[str]] = {}
    for leaf in seal.outputs:
        recorded.setdefault(leaf.path, set()).add(leaf.sha256)
    for path, wanted in recorded.items():
        full = project / path
        try:
            found = digests.digest(full) if full.is_file() else None
        except OSError:
            found = None
        if found is None:
            yield Finding(state=State.ABSENT, path=path)
        elif found not in wanted:
            detail = f"sha256 is {found[:12]}…, recorded {' or '.join(w[:12] for w in wanted)}…"
            yield Finding(state=State.MODIFIED, path=path, detail=detail)
