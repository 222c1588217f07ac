"""What people read."""

import io

import pytest

from histopress.audit.findings import Finding, State
from histopress.audit.listing import render_counts, render_finding
from histopress.audit.paint import size, takes_colour
from histopress.audit.record import FileEntry
from histopress.audit.records import Record
from histopress.audit.trace import Link, Step, Trace
from histopress.audit.tree import DEPTH, render_trace

SHA = "0123456789abcdef" * 4


def entry(path, role="slide", n_bytes=3_587_232):
    return FileEntry(role=role, path=path, sha256=SHA, bytes=n_bytes)


def step(place, links, verb="tile", **recipe):
    recipe = {"verb": verb, "wildcards": {"slide-id": "s1"}, "settings": {}, "code": SHA, **recipe}
    record = Record(
        place=place, recipe=recipe, facts={"tiles": 579, "reason": None}, record_id=SHA,
        run={"wall_s": 0.678},
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
        "   │  record 01234567 · code 01234567 · 0.678 s\n"
        "   └─ slide: data/a.svs  01234567 · 3.59 MB\n"
        "      └─ registered: manifest's slide\n"
        "\n"
        "1 job, 1 registered source: every way ends at a registered source\n"
    )


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
