"""One byte changed anywhere, with its times restored, is found; a clean study is left in peace."""

import os
import random
from collections import defaultdict

import pytest

from histopress.audit.cache import DigestCache
from histopress.audit.history.verify import verify_all
from histopress.cli.audit.opening import Project

FLIPS, TOGETHER = 100, 10
"""Flips in all, and how many are made before each verification: each must be told by its path."""
EVIDENCE = "results/records/"


@pytest.fixture
def study(project, monkeypatch):
    monkeypatch.chdir(project.folder)
    return project


def found_in(study, digests):
    """Say what is not as it was recorded, by path."""
    opened = Project(study.folder, study.config, digests)
    found = defaultdict(set)
    for each in verify_all(opened.present):
        if each.state != "verified":
            found[each.path].add(str(each.state))
    return dict(found)


def verified(study):
    """All files that records answer for, records, patches, ledger and the manifest."""
    opened = Project(study.folder, study.config, DigestCache())
    paths = {each.path for each in verify_all(opened.present)}
    paths |= {
        str(path.relative_to(study.folder))
        for path in (study.folder / EVIDENCE).rglob("*")
        if path.is_file()
    }
    return sorted(paths | {"config/slides.csv"})


def kind(path):
    """What sort of file: the folders that say what it is, and its suffix."""
    place, _, name = path.rpartition("/")
    return "/".join(place.split("/")[:3]), name.partition(".")[2]


def draw(paths, generator):
    """Draw files so that every kind is among them, evidence and results in turns of their own."""
    kinds = defaultdict(list)
    for path in paths:
        kinds[kind(path)].append(path)
    chosen = [generator.choice(same) for _, same in sorted(kinds.items())]
    rest = sorted(set(paths) - set(chosen))
    chosen += generator.sample(rest, FLIPS - len(chosen))
    # A file is not looked for in vain because its own record is unreadable, too.
    chosen.sort(key=lambda path: (path.startswith(EVIDENCE), path))
    return len(kinds), [chosen[start : start + TOGETHER] for start in range(0, FLIPS, TOGETHER)]


def flip(path, generator):
    """Change one byte to another one and put the times back."""
    times = path.stat()
    data = bytearray(path.read_bytes())
    data[generator.randrange(len(data))] ^= generator.randrange(1, 256)
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_every_one_of_100_flipped_bytes_is_found(study, tmp_path):
    generator = random.Random(20)  # noqa: S311
    number, turns = draw(verified(study), generator)
    assert number > 25
    remembered = DigestCache(tmp_path / "digests.sqlite")
    assert found_in(study, DigestCache(full=True)) == {}
    assert found_in(study, remembered) == {}
    missed = []
    for turn in turns:
        files = {path: study.folder / path for path in turn}
        before = {path: (file.read_bytes(), file.stat()) for path, file in files.items()}
        for file in files.values():
            flip(file, generator)
        for digests in (DigestCache(full=True), remembered):
            found = found_in(study, digests)
            missed += [path for path in turn if path not in found]
        for path, (data, times) in before.items():
            files[path].write_bytes(data)
            os.utime(files[path], ns=(times.st_atime_ns, times.st_mtime_ns))
    assert sum(map(len, turns)) == FLIPS
    assert missed == []
    assert found_in(study, DigestCache(full=True)) == {}
    assert found_in(study, remembered) == {}
