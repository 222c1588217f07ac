"""Digests of files, remembered as long as nobody can have written to them.

A file is known by device, inode, size, time of change of content and time of change of inode.
The last one no ordinary program can set back, so restored times hide nothing. Who may write the
cache may lie in it: ``full`` asks the bytes.
"""

import hashlib
import os
import socket
import sqlite3
import time
from pathlib import Path
from types import TracebackType

from histopress.store import file_digest

SETTLED_NS = 2_000_000_000
"""A file changed less than this ago may change again without its times telling."""

_TABLE = """
CREATE TABLE IF NOT EXISTS digest (
    device TEXT, inode TEXT, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, sha256 TEXT,
    PRIMARY KEY (device, inode)
) WITHOUT ROWID
"""
_FIND = """
SELECT sha256 FROM digest
WHERE device = ? AND inode = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ?
"""
_KEEP = "INSERT OR REPLACE INTO digest VALUES (?, ?, ?, ?, ?, ?)"


def cache_place() -> Path:
    """Name this node's cache file: in ``HISTOPRESS_CACHE``, or where caches of the user lie.

    The node's name is part of it, because home folders are shared and SQLite locks are not.
    """
    base = os.environ.get("HISTOPRESS_CACHE")
    folder = Path(base) if base else _user_caches() / "histopress"
    node = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:16]
    return folder / f"digests-{node}.sqlite"


def _user_caches() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(base) if base else Path.home() / ".cache"


class DigestCache:
    """Sha256 of files, from the cache where that is safe.

    Parameters
    ----------
    place : Path or None
        SQLite file, one a node; None remembers nothing. One that cannot be opened or written is
        done without: a cache decides about time, never about an audit.
    full : bool
        Read every file; what is found is remembered all the same.
    """

    def __init__(self, place: Path | None = None, *, full: bool = False) -> None:
        self.full = full
        self.hits = 0
        """Files whose bytes were not read."""
        self.read = 0
        """Files whose bytes were read."""
        self._base = _open(place) if place is not None else None

    def __enter__(self) -> "DigestCache":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what was learnt to the disk."""
        if self._base is not None:
            try:
                self._base.commit()
            except sqlite3.Error:
                pass
            finally:
                self._base.close()
                self._base = None

    def digest(self, path: Path) -> str:
        """Sha256 of a file's bytes as 64 hexadecimal digits.

        Raises
        ------
        OSError
            The file cannot be read.
        """
        key = _key(path)
        known = None if self.full or not _settled(key) else self._find(key)
        if known is not None:
            self.hits += 1
            return known
        found = file_digest(path)
        self.read += 1
        # Whoever wrote while it was read leaves another key.
        if _settled(key) and _key(path) == key:
            self._keep(key, found)
        return found

    def _find(self, key: "_Key") -> str | None:
        if self._base is None:
            return None
        try:
            row = self._base.execute(_FIND, key).fetchone()
        except sqlite3.Error:
            return None
        return str(row[0]) if row else None

    def _keep(self, key: "_Key", found: str) -> None:
        if self._base is None:
            return
        try:
            self._base.execute(_KEEP, (*key, found))
        except sqlite3.Error:
            return


_Key = tuple[str, str, int, int, int]


def _key(path: Path) -> _Key:
    status = path.stat()
    # As text, because some file systems number inodes beyond SQLite's 63 bits.
    return (
        str(status.st_dev),
        str(status.st_ino),
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def _settled(key: _Key) -> bool:
    return time.time_ns() - max(key[3], key[4]) >= SETTLED_NS


def _open(place: Path) -> sqlite3.Connection | None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        base = sqlite3.connect(place, timeout=5.0)
        try:
            base.execute(_TABLE)
        except sqlite3.Error:
            base.close()
            return None
    except (OSError, sqlite3.Error):
        return None
    return base
