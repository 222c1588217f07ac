import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.cohort.names import case_clashes, check_name, propose_name


@pytest.mark.parametrize("name", ["A", "0", "TCGA-CR-7395.01_x", "a" * 100])
def test_allowed_names(name: str) -> None:
    assert check_name(name) is None


@pytest.mark.parametrize(
    ("name", "proposal"),
    [
        ("a/b", "a-b"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("..", None),
        ("Fräulein 2", "Fraulein-2"),
        ("a\n", "a"),
        ("", None),
        ("😐", None),
        ("{slide}", "slide"),
    ],
)
def test_refused_names_come_with_a_proposal(name: str, proposal: str | None) -> None:
    fault = check_name(name)
    assert fault is not None
    assert "allowed are letters a-z, digits" in fault
    offered = re.search(r"try '([^']*)'$", fault)
    assert offered
    assert proposal in {None, offered[1]}
    assert check_name(offered[1]) is None


def test_long_names_stay_different_when_cut() -> None:
    first, second = "x" * 120 + "1", "x" * 120 + "2"
    assert "(121 characters)" in (check_name(first) or "")
    assert propose_name(first) != propose_name(second)


@given(st.text())
def test_every_proposal_is_allowed_and_stable(value: str) -> None:
    proposal = propose_name(value)
    assert check_name(proposal) is None
    assert propose_name(value) == proposal


def test_names_that_differ_in_case_clash() -> None:
    assert case_clashes(["nic", "mean", "NIC", "nic"]) == (("nic", "NIC"),)
