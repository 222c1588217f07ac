import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.errors import LeakError
from histopress.patches.division import (
    DROPPED,
    divide_patches,
    draw_groups,
    group_patches,
)
from histopress.patches.source import Origin

SHARES = {"validation": 0.2, "tuning": 0.2, "task": "t"}


def divide(labels, groups, named=None, **changes):
    count = len(labels)
    return divide_patches(
        np.asarray(labels),
        np.asarray(groups),
        np.zeros(count, bool) if named is None else np.asarray(named),
        rng=np.random.default_rng(changes.pop("seed", 0)),
        **(SHARES | changes),
    )


def group(origins, looks=None, bits=0):
    count = len(origins)
    digests = [str(n) for n in range(count)] if looks is None else looks
    hashes = np.random.default_rng(0).integers(0, 2**63, count).astype(np.uint64)
    return group_patches(origins, digests, hashes, duplicate_bits=bits)


@given(st.integers(0, 10**6), st.integers(3, 30), st.integers(1, 4), st.booleans())
def test_no_group_stands_in_two_parts_and_no_part_is_empty(seed, n_groups, n_classes, name):
    rng = np.random.default_rng(seed)
    groups = np.concatenate([np.arange(n_groups), rng.integers(0, n_groups, rng.integers(0, 99))])
    labels = rng.integers(0, n_classes, len(groups))
    # At least two groups are left beside the named part.
    named = (groups >= 2) & (rng.random(len(groups)) < 0.3) if name else np.zeros(len(groups), bool)
    parts = divide(labels, groups, named, seed=seed)
    for number in range(n_groups):
        assert len(set(parts[groups == number]) - {DROPPED}) == 1
    if named.any():
        assert np.array_equal(parts == 2, named)
        assert set(groups[parts == DROPPED]) <= set(groups[named])
    else:
        assert DROPPED not in parts
    assert {0, 1, 2} <= set(parts.tolist())


@given(st.integers(0, 10**6), st.integers(2, 6), st.floats(0.05, 0.6))
def test_single_patches_are_drawn_to_the_share_of_every_class(seed, n_classes, share):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(n_classes), rng.integers(20, 60, n_classes))
    drawn = draw_groups(labels, np.arange(len(labels)), share=share, leave=2, rng=rng)
    counts, totals = np.bincount(labels[drawn], minlength=n_classes), np.bincount(labels)
    assert np.all(np.abs(counts - share * totals) <= 0.5 + 1e-9)


@given(st.integers(0, 10**6))
def test_every_class_of_three_groups_is_in_every_part(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 30, 12)
    groups = np.repeat(np.arange(12), sizes)
    labels = groups % 4  # three groups a class
    parts = divide(labels, groups, seed=seed)
    for part in range(3):
        assert set(labels[parts == part]) == {0, 1, 2, 3}


def test_a_class_of_one_group_is_learned_from():
    groups = np.repeat(np.arange(10), 5)
    labels = (groups == 3).astype(int)
    for seed in range(20):
        assert set(divide(labels, groups, seed=seed)[groups == 3]) == {0}


def test_other_seeds_draw_other_groups():
    labels, groups = np.zeros(60, int), np.repeat(np.arange(20), 3)
    assert len({divide(labels, groups, seed=seed).tobytes() for seed in range(10)}) > 5


@pytest.mark.parametrize(
    ("groups", "named", "message"),
    [
        ([0, 0, 1, 1], [False] * 4, r"task 't': its 4 patches form 2 group.*; 3 are needed"),
        ([0, 0, 1, 1], [True, False, False, False], r"its 2 patches form 1 .*besides.*; 2 are"),
    ],
)
def test_too_few_groups_are_a_leak(groups, named, message):
    with pytest.raises(LeakError, match=message):
        divide([0, 1, 0, 1], groups, named)


def test_patients_slides_and_looks_join_groups():
    origins = [
        Origin(name="0", label="a", patient_id="p", slide_id="s1"),
        Origin(name="1", label="a", patient_id="p", slide_id="s2"),
        Origin(name="2", label="a", patient_id="q", slide_id="s3"),
        Origin(name="3", label="a", patient_id="r", slide_id="s4"),
    ]
    found = group(origins)
    assert found.numbers.tolist() == [0, 0, 1, 2]
    assert (found.grouping, found.near_duplicates) == ("patient", 0)
    # A copy of one patient's patch among another's ties the two patients.
    found = group(origins, looks=["x", "y", "z", "x"])
    assert found.numbers.tolist() == [0, 0, 1, 0]
    assert found.near_duplicates == 1
    assert not any(name == "p" or "q" in name for name in found.names)


@pytest.mark.parametrize(
    ("known", "grouping"),
    [
        ([("p", ""), ("q", "")], "patient"),
        ([("p", ""), ("", "s")], "slide"),
        ([("p", "s"), ("", "")], "near-duplicate"),
    ],
)
def test_the_grouping_is_the_weakest_tie(known, grouping):
    origins = [Origin(name="", label="a", patient_id=p, slide_id=s) for p, s in known]
    assert group(origins).grouping == grouping
    assert group(origins).names[1] == f"{grouping}-000002"


def test_unknown_patients_are_not_one_patient():
    assert group([Origin(name=str(n), label="a") for n in range(3)]).numbers.tolist() == [0, 1, 2]
