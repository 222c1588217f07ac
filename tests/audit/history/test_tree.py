"""What people read."""

import io
from dataclasses import replace

import pytest

from histopress.audit.findings import Finding, State
from histopress.audit.history.listing import render_counts, render_finding
from histopress.audit.history.trace import FORMER, Link, Step, Trace
from histopress.audit.history.tree import DEPTH, render_trace
from histopress.audit.paint import size, takes_colour
from histopress.audit.record import FileEntry
from histopress.audit.records import Record

SHA = "0123456789abcdef" * 4


def entry(path, role="slide", n_bytes=3_587_232):
    return FileEntry(role=role, path=path, sha256=SHA, bytes=n_bytes)


def step(place, links, verb="tile", **recipe):
    recipe = {"verb": verb, "wildcards": {"slide-id": "s1"}, "settings": {}, "code": SHA, **recipe}
    record = Record(
        place=place, recipe=recipe, facts={"tiles": 579, "reason": None}, record_id=SHA,
        run={"wall_s": 0.678, "end": "2026-11-25T14:13:59+00:00"},
    )  # fmt: skip
    return Step(record=record, links=tuple(links))


def history(steps, maker="r0", **changes):
    values = {
        "path": "results/x.h5", "sha256": SHA, "maker": maker, "origin": None, "also": (),
        "steps": steps, "circles": (),
    }  # fmt: skip
    return Trace(**(values | changes))


SOURCE = Link(entry=entry("data/a.svs"), maker=None, origin="manifest's slide")


def test_a_history_of_one_job():
    settings = {"grid": {"tile_px": 128, "spacing_um": 0.5}, "seed": 1, "sha256": None}
    found = history({"r0": step("r0", [SOURCE], settings=settings)})
    assert render_trace(found) == (
        "results/x.h5  01234567\n"
        "└─ tile slide-id=s1\n"
        "   │  seed=1 grid.tile_px=128 grid.spacing_um=0.5\n"
        "   │  tiles=579\n"
        "   │  record 01234567 · code 01234567 · 0.68 s · 2026-11-25 14:13 UTC\n"
        "   └─ slide: data/a.svs  01234567 · 3.59 MB  registered: manifest's slide\n"
        "\n"
        "1 job, 1 registered source: every way ends at a registered source\n"
    )


def test_code_that_was_edited_while_a_job_ran_is_told():
    one = step("r0", [SOURCE])
    one = replace(one, record=replace(one.record, run={"edited": True}))
    assert "its code was edited while it ran" in render_trace(history({"r0": one}))


def test_a_former_version_is_no_registered_source():
    former = Link(entry=entry("results/x.h5", "former split"), maker=None, origin=FORMER)
    text = render_trace(history({"r0": step("r0", [SOURCE, former])}))
    assert text.endswith("1 job, 1 registered source: every way ends at a registered source\n")


def test_like_inputs_are_one_line_and_others_stand_apart():
    lost = Link(entry=entry("data/b.svs"), maker=None, origin=None)
    found = history({"r0": step("r0", [SOURCE, SOURCE, lost, SOURCE])})
    text = render_trace(found)
    assert text.count("data/a.svs") == 1
    assert "and 2 more" in text
    assert "unrecorded ancestor: data/b.svs, read by r0" in text
    assert "1 fault" in text


def test_colours_only_where_asked_for():
    found = history({"r0": step("r0", [SOURCE])})
    assert "\x1b" not in render_trace(found)
    assert "\x1b[32m" in render_trace(found, colour=True)
    finding = Finding(state=State.MODIFIED, path="x", detail="y")
    assert "\x1b" not in render_finding(finding)
    assert "\x1b[31m" in render_finding(finding, colour=True)


def test_names_cannot_steer_the_terminal():
    evil = "a\x1b[2J\n\u202e.h5"
    text = render_trace(history({"r0": step("r0", [])}, path=evil))
    assert "\x1b" not in text
    assert "\u202e" not in text
    line = render_finding(Finding(state=State.UNRECORDED, path=evil, detail=evil))
    assert line.isprintable()


def test_a_chain_of_any_length_is_printed():
    number = 5_000
    steps = {
        f"r{n}": step(f"r{n}", [Link(entry=entry(f"f{n}"), maker=f"r{n + 1}", origin=None)])
        for n in range(number)
    }
    steps[f"r{number}"] = step(f"r{number}", [])
    lines = render_trace(history(steps)).splitlines()
    assert len(lines) < 10 * DEPTH
    assert any("deeper than shown" in line for line in lines)


def test_long_values_are_cut():
    text = render_trace(history({"r0": step("r0", [], settings={"note": "x" * 500})}))
    assert max(map(len, text.splitlines())) < 100


def test_settings_are_told_as_far_as_a_line_takes_them():
    settings = {"seed": 7, **{f"setting{n}": n for n in range(40)}}
    found = history({"r0": step("r0", [], settings=settings)})
    for width in (80, 100, 800):
        lines = render_trace(found, width=width).splitlines()
        assert max(map(len, lines)) <= width
        assert "seed=7 setting0=0" in lines[2]
        assert (" more" in lines[2]) == (width < 800)
    chosen = render_trace(found, chosen=lambda verb, values: {verb: values["seed"]})
    assert chosen.splitlines()[2].strip() == "tile=7"


def test_a_job_is_told_once_and_pointed_at_after():
    shared = Link(entry=entry("results/t.h5", role="tiles"), maker="r1", origin=None)
    again = Link(entry=entry("results/t.png", role="overlay"), maker="r1", origin=None)
    steps = {"r0": step("r0", [shared, again], verb="encode"), "r1": step("r1", [SOURCE])}
    lines = render_trace(history(steps)).splitlines()
    assert sum("data/a.svs" in line for line in lines) == 1
    assert lines[-3].endswith("overlay: results/t.png  01234567 · 3.59 MB  tile, told above")


def test_an_edited_result_names_the_record_of_what_stood_there():
    found = history({}, maker=None, written="results/records/evaluate/x.json")
    assert render_trace(found).splitlines()[1:] == [
        "└─ modified: results/records/evaluate/x.json tells of other bytes under this name"
    ]


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_600, "1 MB"), (3 * 10**15, "3e+03 TB")],
)
def test_sizes(n_bytes, text):
    assert size(n_bytes) == text


def test_findings_are_summed_up_in_a_fixed_order():
    counts = {State.ALTERED: 1, State.VERIFIED: 10, State.MODIFIED: 0}
    assert render_counts(counts) == "10 verified, 1 record altered"
    assert render_counts({}) == "nothing to check"


def test_a_long_finding_takes_a_second_line():
    found = Finding(state=State.MODIFIED, path="results/x.json", detail="not what it was")
    assert render_finding(found, width=80) == render_finding(found)
    assert "\n" not in render_finding(found)
    first, second = render_finding(found, width=40).split("\n")
    assert first == "modified             results/x.json"
    assert second.strip() == "not what it was"


def test_what_comes_of_no_source_says_so():
    found = history({"r0": step("r0", [], verb="simulate slide")})
    assert render_trace(found).endswith("1 job, 0 registered sources: drawn from settings alone\n")


def test_states_of_the_code_are_named():
    first = step("r0", [SOURCE])
    dirty = {"commit": "ab" * 20, "dirty": True, "patch": SHA}
    second = Step(record=replace(first.record, source=dirty), links=first.links)
    lines = render_trace(history({"r0": second})).splitlines()
    assert lines[-2] == "code of commit abababababab with uncommitted changes"


def test_no_colour_is_respected(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert takes_colour(Terminal())
    assert not takes_colour(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not takes_colour(Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not takes_colour(Terminal())
