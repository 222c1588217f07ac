"""Who made which bytes, and circles."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.audit.history.graph import Graph, circular
from histopress.audit.record import FileEntry
from histopress.audit.records import Record

A, B = "a" * 64, "b" * 64


def entry(path, sha256=A):
    return FileEntry(role="x", path=path, sha256=sha256, bytes=1)


def record(place, outputs, inputs=(), fault=None):
    return Record(place=place, inputs=tuple(inputs), outputs=tuple(outputs), fault=fault)


def test_of_equal_bytes_the_path_decides():
    graph = Graph([record("1", [entry("p")]), record("2", [entry("q")])])
    assert graph.maker(A, "q") == 1
    assert graph.maker(A, "p") == graph.maker(A, "elsewhere") == 0
    assert graph.maker(B, "p") is None


def test_an_altered_record_answers_only_where_there_is_no_other():
    graph = Graph([record("1", [entry("p")], fault="altered"), record("2", [entry("q")])])
    assert graph.maker(A, "p") == 1
    assert Graph([record("1", [entry("p")], fault="altered")]).maker(A, "p") == 0


def test_no_job_is_its_own_ancestor_by_a_former_version():
    former = replace(entry("split"), role="former split")
    split = record("s", [entry("split")], [former])
    assert Graph([split]).parent(split, former) is None
    other = record("s", [entry("split")], [entry("split")])
    assert Graph([other]).parent(other, other.inputs[0]) == 0, "it did not say 'former'"


def test_bytes_written_again_by_another_job():
    graph = Graph([record("1", [entry("p", A)]), record("2", [entry("p", B)])])
    assert graph.was_replaced(B, "p")
    assert not graph.was_replaced("c" * 64, "p")
    assert not graph.was_replaced(B, "q")
    one = Graph([record("1", [entry("p", A), entry("q", B)])])
    assert not one.was_replaced(B, "p")


edges = st.integers(1, 8).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, n - 1), max_size=3), min_size=n, max_size=n)
)


@given(edges)
def test_every_circle_is_closed_by_a_yielded_node(parents):
    nodes = set(circular(parents))
    remaining = {node: [p for p in parents[node] if p not in nodes] for node in range(len(parents))}
    # Without the nodes found nothing may go round; without a circle nothing may be found.
    left = {node for node in remaining if node not in nodes}
    while free := {node for node in left if not left.intersection(remaining[node])}:
        left -= free
    assert not left
    assert all(_reaches_itself(node, parents) for node in nodes)


def _reaches_itself(start, parents):
    pending, seen = list(parents[start]), set()
    while pending:
        node = pending.pop()
        if node == start:
            return True
        if node not in seen:
            seen.add(node)
            pending += parents[node]
    return False


def test_a_chain_of_any_length_is_followed():
    number = 50_000
    chain = [[index + 1] for index in range(number - 1)] + [[]]
    assert list(circular(chain)) == []
    assert list(circular([*chain[:-1], [0]])) == [number - 1]


@pytest.mark.parametrize("parents", [[], [[]], [[], [0], [0, 1]]])
def test_no_circle(parents):
    assert list(circular(parents)) == []
