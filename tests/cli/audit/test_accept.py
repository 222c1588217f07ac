"""``histopress audit accept`` as a person runs it who renamed a constant."""

import json

import pytest

from audit.rerun import DRAWN, OVERLAY, RECORDS, VALUES
from histopress.store import write_json


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HISTOPRESS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def accept(rerun):
    """Accept; gives the exit code, the printed JSON, and the acceptances that are there."""

    def run(*options):
        arguments = ("--reason=a renamed constant", "--json", *options)
        done = rerun.histopress("audit", "accept", *arguments, check=False)
        room = rerun.folder / "results/records/accepted"
        files = sorted(room.iterdir()) if room.exists() else []
        return done.returncode, json.loads(done.stdout), files

    return run


def tried(found):
    return sorted(job["record"] for job in found["sample"]["jobs"])


def test_where_nothing_is_stale_there_is_nothing_to_accept(accept):
    status, found, files = accept()
    assert (status, found["accepted"], found["sample"]["of"], files) == (0, None, 0, [])


def test_code_that_changes_nothing_is_accepted_once_for_all(rerun, accept):
    rerun.package.append("slide/overlay.py", "LATER = 1")
    before = rerun.files()
    status, found, [place] = accept()
    assert (status, found["accepted"]) == (0, place.relative_to(rerun.folder).as_posix())
    value = json.loads(place.read_text())
    [change] = value["changes"]
    assert (change["verb"], change["kind"]) == ("tile", "code")
    assert change["old"] == rerun.record("tile")["recipe"]["code"]
    assert [job["record_id"] for job in value["sample"]["jobs"]] == [
        rerun.record("tile")["record_id"]
    ]
    assert (value["commit"], value["reason"]) == (rerun.package.head, "a renamed constant")
    place_name = place.relative_to(rerun.folder).as_posix()
    assert {name: data for name, data in rerun.files().items() if name != place_name} == before
    assert accept()[1]["sample"]["of"] == 0
    rerun.package.append("slide/overlay.py", "LATER_STILL = 1")
    status, _, files = accept()
    assert (status, len(files)) == (0, 2)
    text = rerun.histopress("audit", "accept", "--reason=x").stdout
    assert text.startswith("nothing to accept")


def test_the_next_step_is_told(rerun):
    rerun.package.append("slide/overlay.py", "LATER = 1")
    done = rerun.histopress("audit", "accept", "--reason=x")
    assert "1 of 1 stale jobs were made anew (seed " in done.stdout
    assert "accepted for 'tile': code: " in done.stdout
    assert "histopress audit adopt" in done.stdout.splitlines()[-1]


def test_one_byte_that_differs_and_nothing_is_accepted(rerun, accept):
    rerun.package.append("slide/overlay.py", "BLUE = (0, 114, 179)")
    rerun.package.append("cohort/splitting/folds.py", "LATER = 1")
    status, found, files = accept()
    assert (status, found["accepted"], files) == (1, None, [])
    assert tried(found) == sorted([RECORDS["tile"], RECORDS["split"]])
    done = rerun.histopress("audit", "accept", "--reason=x", check=False)
    assert done.returncode == 1
    assert "2 of 2 stale jobs were made anew" in done.stdout
    assert f"  tolerance  {OVERLAY}" in done.stdout
    assert "largest difference 1 at 'pixels'" in done.stdout


def test_a_setting_that_changes_results_is_not_accepted(rerun, accept):
    values = VALUES | {"protocol": {"folds": 3}, "seed": 4}
    write_json(rerun.folder / "config/config.yaml", values)
    status, found, files = accept()
    assert (status, files) == (1, [])
    assert RECORDS["simulate slide"] in tried(found)


def test_a_slide_with_other_bytes_is_never_accepted(rerun, accept):
    rerun.package.append("slide/overlay.py", "LATER = 1")
    record = rerun.folder / RECORDS["simulate slide"]
    record.unlink()
    with (rerun.folder / DRAWN).open("ab") as handle:
        handle.write(b"x")
    rerun.package.append("cohort/splitting/folds.py", "LATER = 1")
    status, found, files = accept()
    assert (status, len(files)) == (0, 1)
    assert tried(found) == [RECORDS["split"]]


def test_an_altered_acceptance_is_told_and_accepted_anew(rerun, accept):
    rerun.package.append("slide/overlay.py", "LATER = 1")
    place = accept()[2][0]
    place.write_text(place.read_text().replace("renamed", "r3named"))
    status, found, files = accept()
    assert (status, found["sample"]["of"], len(files)) == (0, 1, 2)
    assert list(found["faults"]) == [place.relative_to(rerun.folder).as_posix()]
    done = rerun.histopress("audit", "accept", "--reason=x")
    assert done.stdout.startswith("not believed: results/records/accepted/")


@pytest.mark.parametrize("options", [("--reason=",), ("--reason=x", "--sample=0")])
def test_a_reason_and_a_sample_are_needed(rerun, options):
    done = rerun.histopress("audit", "accept", *options, check=False)
    assert done.returncode == 2
    assert "--reason in words" in done.stderr
