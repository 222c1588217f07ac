"""``histopress audit replay`` as an auditor runs it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from audit.rerun import DRAWN, OVERLAY, RECORDS, SPLIT, TILES


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    """A cache and a folder for temporary files of one's own."""
    monkeypatch.setenv("HISTOPRESS_CACHE", str(tmp_path / "cache"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    return temporary


@pytest.fixture
def replay(rerun):
    return lambda *arguments: rerun.histopress("audit", "replay", *arguments, check=False)


def test_a_result_is_made_anew_and_the_outcome_is_kept(rerun, replay, caches):
    before = rerun.files()
    rerun.package.append("slide/overlay.py", "LATER = 1")
    done = replay(TILES)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "tile slide-id=phantom-0001-a"
    assert f"code of commit {rerun.package.head[:12]}; ran " in lines[1]
    assert f"  bytes      {TILES}" in lines
    assert "  bytes: every byte came out again" in lines
    [outcome] = (rerun.folder / "results/records/replays").iterdir()
    assert f"written to results/records/replays/{outcome.name}" in done.stdout
    assert rerun.files() == before
    assert len(rerun.package.worktrees()) == 1
    assert not any(caches.iterdir())


def test_json_is_all_that_is_printed(replay):
    done = replay(TILES, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert (found["level"], found["code"]["kind"]) == ("bytes", "worktree")
    assert {each["path"]: each["level"] for each in found["outputs"]} == {
        TILES: "bytes",
        OVERLAY: "bytes",
    }


def test_a_renamed_copy_and_a_record_lead_to_the_same_job(rerun, replay):
    shutil.copy(rerun.folder / OVERLAY, rerun.folder / "picture.png")
    for name in ("picture.png", RECORDS["tile"]):
        assert json.loads(replay(name, "--json").stdout)["record"] == RECORDS["tile"]


def test_a_result_that_was_edited_is_a_finding(rerun, replay):
    with (rerun.folder / SPLIT).open("a") as handle:
        handle.write("phantom-0009-a,0,,0,1,1\n")
    done = replay(SPLIT)
    assert done.returncode == 1
    assert f"  differs    {SPLIT}" in done.stdout
    assert "was changed since its job ran; what was rebuilt: bytes" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("config/slides.csv",), "is a source (manifest); no job made it"),
        (("config/nothing.csv",), "config/nothing.csv: no such file"),
        ((), "give either RESULT or --sample N"),
        ((TILES, "--sample=2"), "give either RESULT or --sample N"),
        (("--sample=0",), "--sample=0: give 1 to 3 results"),
        ((TILES, "--keep=config"), "config: is there already"),
        ((TILES, "--keep=results/kept"), "lies in results/"),
    ],
)
def test_what_cannot_be_replayed_is_one_message(replay, arguments, told):
    done = replay(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_code_that_cannot_be_had_is_told(rerun, replay):
    rerun.package.append("slide/overlay.py", "LATER = 1")
    rerun.package.git("checkout", "--quiet", "--orphan", "other")
    rerun.package.commit()
    for name in ("branch", "reflog"):
        options = {"branch": ("-D", "master"), "reflog": ("expire", "--expire=now", "--all")}
        rerun.package.git(name, *options[name])
    rerun.package.git("gc", "--quiet", "--prune=now")
    done = replay(TILES)
    assert done.returncode == 2
    assert "the code that ran cannot be had: no repository here has the commit" in done.stderr


def test_scratch_is_kept_where_asked_for_and_the_worktree_is_not(rerun, replay):
    assert replay(TILES, "--keep=kept").returncode == 0
    [made] = (rerun.folder / "kept").rglob("phantom-0001-a.h5")
    assert made.read_bytes() == (rerun.folder / TILES).read_bytes()
    assert len(rerun.package.worktrees()) == 1


def test_a_sample_goes_on_past_what_fails(rerun, replay):
    (rerun.folder / DRAWN).unlink()
    done = replay("--sample=10", "--seed=4", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["seed"]) == (2, 4)
    told = {each["record"]: each.get("level", each.get("fault")) for each in found["replays"]}
    assert told.keys() == set(RECORDS.values())
    assert told[RECORDS["split"]] == told[RECORDS["simulate slide"]] == "bytes"
    assert f"{DRAWN}: is not there; --deep rebuilds it first" in told[RECORDS["tile"]]


def test_a_sample_deep_down_reaches_bytes_and_is_summed_up(rerun, replay):
    (rerun.folder / DRAWN).unlink()
    done = replay("--sample=3", "--deep")
    assert done.returncode == 0
    assert "inputs rebuilt first: 1 reached bytes" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("3 jobs replayed (seed ")
    assert done.stdout.splitlines()[-1].endswith("): 3 bytes")
    assert "replay: 3 of 3" in done.stderr


def test_a_replay_that_is_terminated_leaves_nothing_behind(rerun, caches):
    environment = os.environ | {"PYTHONPATH": str(rerun.package.folder / "src")}
    process = subprocess.Popen(
        [sys.executable, "-m", "histopress", "audit", "replay", TILES],
        cwd=rerun.folder, env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not list(caches.rglob("job.log")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    told = process.communicate()[1]
    assert (process.returncode, "interrupted" in told) == (130, True)
    assert len(rerun.package.worktrees()) == 1
    assert not any(caches.iterdir())
    assert not (rerun.folder / "results/records/replays").exists()
