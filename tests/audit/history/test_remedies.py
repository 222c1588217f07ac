"""What a person is told to do."""

import pytest

from histopress.audit.findings import Finding, State
from histopress.audit.history.remedies import MOST, Remedies

MADE = ("results/", "data/phantom/")
PATCH = f"results/records/source/{'0' * 64}.patch"


def told(*findings, width=100):
    remedies = Remedies(MADE)
    for found in findings:
        remedies.add(found)
    return list(remedies.lines(width))


def finding(state, path, record=None):
    return Finding(state=state, path=path, record=record)


@pytest.mark.parametrize(
    ("found", "last"),
    [
        (finding(State.MODIFIED, "results/x.h5"), "--forcerun results/x.h5"),
        (finding(State.ABSENT, "data/phantom/a.tif"), "--forcerun data/phantom/a.tif"),
        (
            finding(State.ALTERED, "results/records/tile/a.json"),
            "--forcerun results/records/tile/a.json",
        ),
        (
            finding(State.CHANGED, "results/x.h5", "results/records/y.json"),
            "--forcerun results/records/y.json",
        ),
        (finding(State.UNRECORDED, "results/x.h5"), "--forcerun results/x.h5"),
        (
            finding(State.CHANGED, "config/slides.csv", "results/records/y.json"),
            "config/slides.csv",
        ),
        (finding(State.ABSENT, "data/a.svs"), "data/a.svs"),
        (finding(State.UNRECORDED, "outside:a.svs"), "outside:a.svs"),
        (finding(State.ABSENT, PATCH, "results/records/y.json"), PATCH),
        (finding(State.MODIFIED, "results/a b.h5"), "--forcerun 'results/a b.h5'"),
    ],
)
def test_each_finding_has_its_remedy(found, last):
    assert told(found)[-1].strip() == last


def test_what_nobody_can_mend_or_need_not_is_left_out():
    states = (State.VERIFIED, State.ASIDE, State.LEDGER, State.UNCHECKED)
    assert told(*(finding(state, "results/x") for state in states)) == []


def test_one_line_for_all_paths_of_a_kind_each_once():
    lines = told(
        finding(State.MODIFIED, "results/x"),
        finding(State.CHANGED, "results/x", "results/records/y.json"),
        finding(State.MODIFIED, "results/x"),
    )
    assert lines[-1] == "  --forcerun results/x results/records/y.json"
    assert lines[0] == ""
    assert len(lines) == 3


def test_many_paths_are_counted():
    lines = told(*(finding(State.MODIFIED, f"results/{n}") for n in (*range(MOST + 3), 0, MOST)))
    assert lines[-1].endswith(f"results/{MOST - 1} … and 3 more (--json lists all)")


def test_advice_fits_the_terminal_and_what_is_copied_stays_whole():
    path = f"results/{'x' * 80}.h5"
    lines = told(finding(State.UNRECORDED, path), width=50)
    assert max(map(len, lines[:-1])) <= 50
    assert lines[-1] == f"  --forcerun {path}"
