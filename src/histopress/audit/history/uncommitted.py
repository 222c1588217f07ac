"""What was not committed when jobs ran: patches beside the records, named by their digests."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from histopress.audit.findings import Finding, State
from histopress.audit.history.present import Present
from histopress.audit.records import FOLDER, PATCHES, Record

ROOM = f"{FOLDER}/{PATCHES}"
SUFFIX = ".patch"
DIGEST = re.compile(r"[0-9a-f]{64}")


def patch_of(record: Record) -> str | None:
    """Name the patch that a job's code differed from its commit by, as the record does."""
    named = record.source.get("patch")
    return None if named is None else str(named)


def patch_path(digest: str) -> str:
    """Where a patch lies, relative to the folder that holds ``results/records``."""
    return f"{ROOM}/{digest}{SUFFIX}"


def is_patch(path: str) -> bool:
    """Whether a path is that of a patch."""
    return path.startswith(f"{ROOM}/")


def check_patch(record: Record, *, present: Present, records: Path) -> Iterator[Finding]:
    """Look whether the patch that a record names is there and holds what its name says."""
    named = patch_of(record)
    if named is None:
        return
    if not DIGEST.fullmatch(named):
        detail = f"names the patch {named!r}, which is no sha256"
        yield Finding(state=State.ALTERED, path=record.place, record=record.place, detail=detail)
        return
    path = patch_path(named)
    found = present.digest(records / path)
    if found is None:
        detail = f"what was not committed when {record.verb} ran"
        yield Finding(state=State.ABSENT, path=path, record=record.place, detail=detail)
        return
    yield _judged(path, named, found, record=record.place)


def check_kept(named: Iterable[str], *, present: Present, records: Path) -> Iterator[Finding]:
    """Look at the patches that are kept and that no record names any more.

    Parameters
    ----------
    named : iterable of str
        Digests that records name; their patches were looked at already.
    present : Present
    records : Path
        Folder that holds ``results/records``.
    """
    known = {patch_path(digest) for digest in named}
    room = records / ROOM
    for file in sorted(room.iterdir()) if room.is_dir() else ():
        path = f"{ROOM}/{file.name}"
        if path in known or file.name.startswith("."):
            continue
        digest = file.name.removesuffix(SUFFIX)
        found = present.digest(file)
        if not DIGEST.fullmatch(digest) or found is None:
            detail = "is no patch that a job left"
            yield Finding(state=State.UNRECORDED, path=path, detail=detail)
        else:
            yield _judged(path, digest, found, record=None)


def _judged(path: str, digest: str, found: str, *, record: str | None) -> Finding:
    if found == digest:
        return Finding(state=State.VERIFIED, path=path, record=record)
    detail = f"sha256 is {found[:12]}…, which is not its name"
    return Finding(state=State.MODIFIED, path=path, record=record, detail=detail)
