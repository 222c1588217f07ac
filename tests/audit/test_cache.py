"""A remembered digest is never another file's and never an older content's."""

import hashlib
import os
import sqlite3
import time
from contextlib import closing

import pytest

from histopress.audit import cache
from histopress.audit.cache import DigestCache, cache_place


def sha(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def settled(monkeypatch):
    """Let every file count as old."""
    monkeypatch.setattr(cache, "SETTLED_NS", -(10**18))


def test_second_time_nothing_is_read(tmp_path, settled):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    for hits in (0, 1):
        with DigestCache(tmp_path / "c" / "digests.sqlite") as digests:
            assert digests.digest(path) == sha(b"abc")
            assert (digests.hits, digests.read) == (hits, 1 - hits)


def make_lie(place):
    with closing(sqlite3.connect(place)) as base:
        base.execute("UPDATE digest SET sha256 = 'lie'")
        base.commit()


def test_what_was_remembered_is_not_asked_about_a_file_of_just_now(tmp_path, monkeypatch):
    # As when the clock was set back.
    path, place = tmp_path / "x", tmp_path / "digests.sqlite"
    path.write_bytes(b"abc")
    with monkeypatch.context() as patch, DigestCache(place) as digests:
        patch.setattr(cache, "SETTLED_NS", -(10**18))
        digests.digest(path)
    make_lie(place)
    with DigestCache(place) as digests:
        assert digests.digest(path) == sha(b"abc")


def test_full_reads_all_the_same(tmp_path, settled):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    place = tmp_path / "digests.sqlite"
    with DigestCache(place) as digests:
        digests.digest(path)
    make_lie(place)
    with DigestCache(place) as digests:
        assert digests.digest(path) == "lie"
    with DigestCache(place, full=True) as digests:
        assert digests.digest(path) == sha(b"abc")
    with DigestCache(place) as digests:
        assert digests.digest(path) == sha(b"abc")


def test_restored_times_hide_nothing(tmp_path, settled):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    with DigestCache(tmp_path / "digests.sqlite") as digests:
        digests.digest(path)
        times = path.stat()
        time.sleep(0.02)
        path.write_bytes(b"abd")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert path.stat().st_mtime_ns == times.st_mtime_ns
        assert digests.digest(path) == sha(b"abd")


def test_a_file_put_in_place_of_another_is_read(tmp_path, settled):
    path, other = tmp_path / "x", tmp_path / "y"
    path.write_bytes(b"abc")
    other.write_bytes(b"abd")
    with DigestCache(tmp_path / "digests.sqlite") as digests:
        digests.digest(path)
        times = path.stat()
        os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
        other.replace(path)
        assert digests.digest(path) == sha(b"abd")


def test_a_file_of_just_now_is_not_remembered(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    os.utime(path, (0, 0))
    with DigestCache(tmp_path / "digests.sqlite") as digests:
        digests.digest(path)
        digests.digest(path)
        assert digests.hits == 0


def test_a_file_of_the_future_is_not_remembered(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    os.utime(path, (time.time() + 9e6,) * 2)
    monkeypatch.setattr(cache, "SETTLED_NS", 0)
    with DigestCache(tmp_path / "digests.sqlite") as digests:
        digests.digest(path)
        digests.digest(path)
        assert digests.hits == 0


def test_a_file_written_while_it_is_read_is_not_remembered(tmp_path, settled, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"abc")

    def slowly(place):
        found = sha(place.read_bytes())
        place.write_bytes(b"abcd")
        return found

    monkeypatch.setattr(cache, "file_digest", slowly)
    place = tmp_path / "digests.sqlite"
    with DigestCache(place) as digests:
        digests.digest(path)
    with closing(sqlite3.connect(place)) as base:
        assert base.execute("SELECT * FROM digest").fetchall() == []


@pytest.mark.parametrize("kind", ["garbage", "folder", "file for folder"])
def test_a_broken_cache_costs_time_only(tmp_path, settled, kind):
    place = tmp_path / "c" / "digests.sqlite"
    if kind == "garbage":
        place.parent.mkdir()
        place.write_bytes(b"no database" * 1000)
    elif kind == "folder":
        place.mkdir(parents=True)
    else:
        place.parent.write_text("x")
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    with DigestCache(place) as digests:
        assert digests.digest(path) == digests.digest(path) == sha(b"abc")
        assert digests.read == 2


def test_a_missing_file_is_an_error(tmp_path):
    with DigestCache() as digests, pytest.raises(FileNotFoundError):
        digests.digest(tmp_path / "none")


def test_every_node_has_its_own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HISTOPRESS_CACHE", str(tmp_path))
    places = set()
    for node in ("one", "two"):
        monkeypatch.setattr(cache.socket, "gethostname", lambda node=node: node)
        places.add(cache_place())
    assert len(places) == 2
    assert {place.parent for place in places} == {tmp_path}
    monkeypatch.delenv("HISTOPRESS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_place().parent == tmp_path / "xdg" / "histopress"
