import time

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


def test_many_patients_take_no_longer_each():
    veil = Veil([f"P{at:06}" for at in range(100_000)])
    started = time.perf_counter()
    for at in range(200):
        veil.name(f"results/features/resnet/P{at:06}-a.h5")
    assert time.perf_counter() - started < 1  # one by one: 200 times 100 000 searches
