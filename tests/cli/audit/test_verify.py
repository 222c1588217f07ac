"""Verifying by hand."""

import json
import os
import pty
import shutil
import subprocess
import sys
import termios

import pytest

from audit.recorded import METRICS, make_slide, rewrite
from histopress.cli.main import main


def verify(capsys, *options):
    code = main(["audit", "verify", *map(str, options)])
    return code, capsys.readouterr()


@pytest.mark.parametrize("options", [(), ("--all",), ("--full",), (METRICS,), ("results",)])
def test_a_clean_study_is_fine(configured, capsys, options):
    code, said = verify(capsys, *options)
    assert code == 0
    (line,) = said.out.splitlines()
    assert line.endswith("files verified: every byte is as it was recorded")
    assert said.err == ""


def test_every_kind_of_fault_is_told_with_what_to_do(configured, capsys):
    (configured / METRICS).write_text("0.99")
    (configured / "results/tiles/a.png").unlink()
    (configured / "results/notes.txt").write_text("x")
    (configured / "data/given/c.svs").write_text("other")
    (configured / "results/records/encode/b.json").unlink()
    place = "results/records/tile/b.json"
    rewrite(configured / place, lambda value: value["facts"].update(bytes=0))
    code, said = verify(capsys)
    assert code == 1
    lines = said.out.splitlines()
    told = {line.split("  ")[0]: line for line in lines[: lines.index("")]}
    assert METRICS in told["modified"]
    assert "results/tiles/a.png" in told["absent but recorded"]
    assert "data/given/c.svs" in told["input changed since"]
    assert place in told["record altered"]
    assert any("results/notes.txt" in line for line in lines if line.startswith("unrecorded"))
    assert any("features/b.h5" in line for line in lines if line.startswith("unrecorded"))
    remedies = lines[lines.index("") :]
    rerun = next(line for line in remedies if line.startswith("  --forcerun"))
    assert set(rerun.split()[1:]) == {METRICS, "results/tiles/a.png", place}
    assert "  data/given/c.svs" in remedies
    assert "  --forcerun results/features/b.h5 results/notes.txt" in remedies


def test_a_file_that_many_read_is_told_once_and_counted(configured, capsys):
    (configured / "config/slides.csv").write_text("slide_id,patient_id,path\na,p,x.svs\n")
    code, said = verify(capsys)
    lines = [line for line in said.out.splitlines() if "config/slides.csv" in line]
    assert code == 1
    assert "read by" in lines[0]
    assert lines[1].endswith("the same 1 times more")
    assert "1 input changed since" in said.out


def test_json_tells_all_and_ends_with_counts(configured, capsys):
    (configured / METRICS).write_text("0.99")
    code, said = verify(capsys, "--json")
    values = json.loads(said.out)
    assert code == 1
    states = [found["state"] for found in values["findings"]]
    assert {state: states.count(state) for state in states} == values["counts"]
    assert values["counts"]["modified"] == 1
    (bad,) = (found for found in values["findings"] if found["state"] == "modified")
    assert (bad["path"], bad["record"]) == (METRICS, "results/records/evaluate/model.json")


def test_json_comes_as_it_is_found(configured):
    # However many findings there are, none waits for the last one.
    command = [sys.executable, "-m", "histopress", "audit", "verify", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    head, *findings, tail = done.stdout.splitlines()
    assert head == '{"findings": ['
    assert tail.startswith('], "counts": ')
    assert all(json.loads(line.rstrip(","))["state"] == "verified" for line in findings)


def test_who_has_read_enough_may_close_the_pipe(configured):
    command = [sys.executable, "-u", "-m", "histopress", "audit", "verify", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as running:
        assert running.stdout.readline() == '{"findings": [\n'
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait() in (0, 141)


def test_results_are_checked_with_what_they_come_from_and_nothing_else(configured, capsys):
    (configured / "results/tiles/a.h5").write_text("other")
    assert verify(capsys, "results/features/b.h5", "results/tiles/c.png")[0] == 0
    code, said = verify(capsys, "results/features/b.h5", "results/features/a.h5")
    assert code == 1
    assert "modified             results/tiles/a.h5" in said.out
    assert verify(capsys, "results/features")[0] == 1


def test_a_copy_elsewhere_is_verified_by_its_bytes(configured, tmp_path, capsys):
    copy = tmp_path / "table.json"
    shutil.copy(configured / METRICS, copy)
    assert verify(capsys, copy)[0] == 0
    copy.write_text("0.99")
    code, said = verify(capsys, copy)
    assert code == 1
    assert said.out.startswith("unrecorded           outside:table.json")


def test_a_missing_result_is_a_finding(configured, capsys):
    (configured / METRICS).unlink()
    code, said = verify(capsys, METRICS)
    assert code == 1
    assert said.out.startswith(f"absent but recorded  {METRICS}")


def test_all_and_some_exclude_each_other(configured, capsys):
    code, said = verify(capsys, METRICS, "--all")
    assert code == 2
    assert "leave out the RESULTs, or leave out --all" in said.err


def test_restored_times_hide_nothing(configured, capsys):
    place = configured / METRICS
    os.utime(place, ns=(1, 10**18))
    assert verify(capsys)[0] == 0
    data = bytearray(place.read_bytes())
    data[0] ^= 1
    place.write_bytes(data)
    os.utime(place, ns=(1, 10**18))
    for options in ((), ("--full",)):
        assert verify(capsys, *options)[0] == 1


def test_reruns_that_are_missing_are_asked_for_by_record(configured, capsys):
    make_slide(configured, "a", note="new")
    code, said = verify(capsys)
    assert code == 1
    assert "made anew since by results/records/encode/a.json" in said.out
    assert said.out.splitlines()[-1] == "  --forcerun results/records/train/fold0.json"


def test_a_terminal_gets_colours_and_a_bar_that_leaves_no_trace(configured):
    (configured / METRICS).write_text("0.99")
    here, there = pty.openpty()
    termios.tcsetwinsize(there, (24, 100))
    command = [sys.executable, "-m", "histopress", "audit", "verify"]
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    done = subprocess.Popen(
        command, stdout=there, stderr=there, env=environment | {"TERM": "xterm"}
    )
    os.close(there)
    said = b""
    try:
        while block := os.read(here, 4096):
            said += block
    except OSError:
        pass  # The other end has closed.
    os.close(here)
    assert done.wait() == 1
    text = said.decode()
    assert "\x1b[31mmodified           \x1b[0m" in text
    assert "verify: " in text
    seen = [line.rpartition("\x1b[K")[2].rpartition("\r")[2] for line in text.split("\r\n")]
    assert not any("verify: " in line for line in seen)


def test_counts_of_every_state_go_to_a_file_for_programs(configured, capsys):
    (configured / METRICS).write_text("0.99")
    code, _ = verify(capsys, "--counts=new/audit.json")
    counts = json.loads((configured / "new/audit.json").read_text())
    assert (code, counts["modified"], counts["unrecorded"]) == (1, 1, 0)
    assert counts["verified"] > 0
