"""The code that a job ran, had back from git."""

import shutil

import pytest

from audit.rerun import RECORDS
from histopress.audit.records import read_record
from histopress.audit.replay.checkout import PREFIX, Checkouts, git
from histopress.errors import StoreError

OVERLAY_MODULE = "slide/overlay.py"


@pytest.fixture
def checkouts(rerun, tmp_path):
    def make(**changes):
        return Checkouts(
            tmp_path / f"{PREFIX}code",
            project=rerun.folder,
            repositories=[rerun.package.folder],
            **({"at_hand": rerun.package.code} | changes),
        )

    return make


@pytest.fixture
def tile_record(rerun):
    return lambda: read_record(rerun.folder / RECORDS["tile"], rerun.folder)


def test_the_recorded_commit_is_had_back_although_the_repository_moved_on(
    rerun, checkouts, tile_record
):
    recorded = rerun.package.head
    rerun.package.append(OVERLAY_MODULE, "LATER = 1")
    rerun.package.commit()
    with checkouts() as found:
        code = found.code_of(tile_record())
        assert (code.kind, code.commit, code.patch) == ("worktree", recorded, None)
        assert "LATER" not in (code.source / "histopress" / OVERLAY_MODULE).read_text()
        assert found.code_of(tile_record()) == code
        assert len(rerun.package.worktrees()) == 2
    assert len(rerun.package.worktrees()) == 1
    assert not code.source.exists()


def test_what_was_not_committed_comes_along(rerun, checkouts, tile_record):
    rerun.package.append(OVERLAY_MODULE, "UNCOMMITTED = 1")
    added = rerun.package.folder / "src/histopress/slide/added.py"
    added.write_text("ADDED = 1\n")
    rerun.job("tile")
    rerun.package.git("checkout", "--", "src")
    added.unlink()
    with checkouts() as found:
        code = found.code_of(tile_record())
        assert code.kind == "worktree"
        assert code.patch == rerun.record("tile")["source"]["patch"]
        assert "UNCOMMITTED" in (code.source / "histopress" / OVERLAY_MODULE).read_text()
        assert (code.source / "histopress/slide/added.py").read_text() == "ADDED = 1\n"


@pytest.mark.parametrize("harm", ["missing", "altered"])
def test_a_patch_that_is_not_what_it_was_is_told(rerun, checkouts, tile_record, harm):
    rerun.package.append(OVERLAY_MODULE, "UNCOMMITTED = 1")
    rerun.job("tile")
    [patch] = (rerun.folder / "results/records/source").iterdir()
    if harm == "missing":
        patch.unlink()
    else:
        patch.write_bytes(patch.read_bytes().replace(b"UNCOMMITTED = 1", b"UNCOMMITTED = 2"))
    with checkouts() as found:
        at_hand = found.code_of(tile_record())
        assert at_hand.kind == "at hand"
        assert "is missing or was altered" in at_hand.detail
        assert at_hand.source == rerun.package.folder / "src"
    rerun.package.git("checkout", "--", "src")
    with checkouts() as found, pytest.raises(StoreError, match="was altered; and the code at hand"):
        found.code_of(tile_record())


def test_without_its_commit_the_code_at_hand_serves_if_it_is_the_same(
    rerun, checkouts, tile_record
):
    with checkouts() as found:
        found.repositories.clear()
        code = found.code_of(tile_record())
    assert (code.kind, code.commit) == ("at hand", None)
    assert code.detail == f"no repository here has the commit {rerun.package.head[:12]}"


def test_a_record_whose_code_is_nowhere_says_so(rerun, checkouts, tile_record):
    rerun.package.append(OVERLAY_MODULE, "LATER = 1")
    with checkouts() as found:
        found.repositories.clear()
        with pytest.raises(StoreError) as told:
            found.code_of(tile_record())
    for part in (RECORDS["tile"], rerun.package.head[:12], "fetch the commit", "at hand is not"):
        assert part in str(told.value)


def test_a_commit_that_does_not_hold_the_recorded_code_is_not_taken_for_it(
    rerun, checkouts, tile_record
):
    rerun.package.append(OVERLAY_MODULE, "UNCOMMITTED = 1")
    rerun.job("tile")
    record = tile_record()
    record.source["patch"] = None
    rerun.package.git("checkout", "--", "src")
    with checkouts() as found, pytest.raises(StoreError, match="the code of 'tile' is another one"):
        found.code_of(record)


def test_without_git_the_code_at_hand_serves(rerun, checkouts, tile_record, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with checkouts() as found:
        assert found.code_of(tile_record()).kind == "at hand"


def test_worktrees_go_also_when_interrupted(rerun, checkouts, tile_record):
    with pytest.raises(KeyboardInterrupt), checkouts() as found:
        found.code_of(tile_record())
        raise KeyboardInterrupt
    assert len(rerun.package.worktrees()) == 1
    assert not any(found.folder.iterdir())


def test_worktrees_of_killed_replays_are_forgotten_and_others_are_kept(
    rerun, checkouts, tile_record, tmp_path
):
    for name in (f"{PREFIX}killed", "of-a-person"):
        rerun.package.git("worktree", "add", "--quiet", "--detach", str(tmp_path / name), "HEAD")
        shutil.rmtree(tmp_path / name)
    with checkouts() as found:
        found.code_of(tile_record())
    assert [place.rsplit("/", 1)[1] for place in rerun.package.worktrees()] == [
        "package",
        "of-a-person",
    ]


def test_hooks_of_the_repository_are_not_run(rerun, checkouts, tile_record, tmp_path):
    hook = rerun.package.folder / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    with checkouts() as found:
        assert found.code_of(tile_record()).kind == "worktree"
    assert not (tmp_path / "ran").exists()


def test_git_of_a_surrounding_command_is_not_obeyed(rerun, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    found = git(rerun.package.folder, "rev-parse", "HEAD")
    assert found.returncode == 0
