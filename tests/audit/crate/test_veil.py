import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.audit.crate.veil import BLOCK, Veil, replace_names

NAMES = st.text(st.sampled_from("ab1-_."), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("results/tiles/P0001-a.h5", "results/tiles/patient-1-a.h5"),
        ("P0001", "patient-1"),
        ("P0001_P0002", "patient-1_patient-2"),
        ("P00011/xP0001", "P00011/xP0001"),
        ("TCGA-02-0001-01Z", "patient-3-01Z"),
        ("Zané.svs", "Zané.svs"),
    ],
)
def test_names_are_hidden_whole(text, shown):
    assert Veil(["P0002", "P0001", "TCGA-02-0001", "Zan"]).name(text) == shown


def test_the_longest_name_counts():
    veil = Veil(["A-1", "A-1-2"])
    assert veil.name("A-1-2.h5") == "patient-2.h5"


def test_names_that_overlap_are_replaced_once():
    assert replace_names("A-B-C", {"A-B": "x", "B-C": "y"}) == "x-C"


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({}, True),
        ({"facts": {"worst": "P0001"}}, False),
        ({"inputs": [{"path": "data/17-a.svs"}]}, False),
        ({"facts": {"tiles": 17}}, True),
        ({"recipe": {"settings": {"a": {"table": "/home/x.csv"}}, "wildcards": {}}}, False),
        ({"recipe": {"settings": {}, "wildcards": {"slide-id": "17-a"}}}, False),
    ],
)
def test_a_record_is_shown_if_it_names_nobody(change, shown):
    record = {"recipe": {"settings": {}, "wildcards": {}}, "inputs": [], "outputs": []}
    assert Veil(["P0001", "17"]).may_show(record | change) is shown


@given(st.lists(NAMES, max_size=5), st.lists(NAMES, max_size=5))
def test_no_name_is_left_between_slashes(names, parts):
    text = "/".join([*names, *parts])
    shown = replace_names(text, dict.fromkeys(names, "#"))
    assert not set(names) & set(shown.split("/"))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"slide_id,patient\ns1,P0001\n", True),
        (b"\x00\xffP0001\x00", True),
        (b"P00012,xP0001", False),
        (b"TCGA-02-0001", True),
        (b"0001 02 TCGA", False),
        (b"TCGA-02-00012 TCGA 02 0001", False),
        ("Groß".encode(), True),
        (b"id 17", False),
        (b"", False),
    ],
)
def test_files_that_name_a_patient_are_found(content, found):
    assert Veil(["P0001", "TCGA-02-0001", "Groß", "17"]).names_patient(content) is found


@pytest.mark.parametrize("before", [0, BLOCK - 3, BLOCK, 2 * BLOCK - 1])
def test_names_are_found_across_blocks(before):
    assert Veil(["P0001"]).names_patient(b"." * before + b"P0001" + b"." * BLOCK)


def test_a_folder_of_the_machine_is_no_setting_to_show():
    veil = Veil(["P0001"])
    assert veil.value("/home/jane/P0001.csv") == "outside:patient-1.csv"
    assert veil.value(["P0001", 3, None]) == ["patient-1", 3, None]
    assert veil.value("tables/labels.csv") == "tables/labels.csv"


def test_names_are_looked_up_and_not_tried_one_by_one():
    class Names(dict):
        def __iter__(self):
            raise AssertionError("gone through")

        items = keys = values = __iter__

    names = Names({f"P{at:06}": f"patient-{at}" for at in range(1000)})
    assert replace_names("results/P000007-a.h5", names) == "results/patient-7-a.h5"


def test_a_record_that_names_a_patient_anywhere_is_not_shown():
    record = {
        "inputs": [],
        "outputs": [{"path": "results/x.h5"}],
        "ports": {"features": "results/features/x"},
        "recipe": {"wildcards": {}, "settings": {}, "seeds": {"train/x": 1}},
    }
    veil = Veil(["P7"])
    assert veil.may_show(record)
    recipe = record["recipe"]
    for changes in (
        {"ports": {"features": "results/features/P7"}},
        {"recipe": recipe | {"seeds": {"train/P7": 1}}},
        {"recipe": recipe | {"wildcards": {"slide": "P7-a"}}},
        {"outputs": [{"path": "results/P7.h5"}]},
    ):
        assert not veil.may_show(record | changes)
