from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.cohort.splitting.folds import Stratum, assign_folds, rotation
from histopress.errors import ConfigError

STRATA = st.builds(Stratum, st.sampled_from("abc"), st.sampled_from(["", "x", "y"]))
COHORTS = st.dictionaries(st.text(max_size=6), STRATA, max_size=60)
FOLDS = st.integers(3, 6)


def spread(folds: dict[str, int], members: list[str], n_folds: int) -> int:
    counts = Counter(folds[name] for name in members)
    sizes = [counts[fold] for fold in range(n_folds)]
    return max(sizes) - min(sizes)


@given(COHORTS, FOLDS)
def test_folds_of_a_stratum_and_of_a_class_differ_by_one_at_most(
    cohort: dict[str, Stratum], n_folds: int
) -> None:
    folds = assign_folds(cohort, {}, n_folds=n_folds, key=b"k")
    assert folds.keys() == cohort.keys()
    assert set(folds.values()) <= set(range(n_folds))
    for stratum in set(cohort.values()):
        same = [name for name, own in cohort.items() if own == stratum]
        assert spread(folds, same, n_folds) <= 1
        alike = [name for name, own in cohort.items() if own.label == stratum.label]
        assert spread(folds, alike, n_folds) <= 1


@given(COHORTS, COHORTS, FOLDS)
def test_nobody_moves_when_patients_come_or_go(
    before: dict[str, Stratum], after: dict[str, Stratum], n_folds: int
) -> None:
    first = assign_folds(before, {}, n_folds=n_folds, key=b"k")
    second = assign_folds(after, first, n_folds=n_folds, key=b"k")
    assert {name: second[name] for name in first} == first
    assert second.keys() == before.keys() | after.keys()


@given(COHORTS, FOLDS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    cohort: dict[str, Stratum], n_folds: int, random: object
) -> None:
    names = list(cohort)
    random.shuffle(names)  # type: ignore[attr-defined]
    shuffled = {name: cohort[name] for name in names}
    assert assign_folds(shuffled, {}, n_folds=n_folds, key=b"k") == assign_folds(
        cohort, {}, n_folds=n_folds, key=b"k"
    )


def test_a_newcomer_joins_the_fold_least_filled_in_their_stratum() -> None:
    cohort = {name: Stratum("yes") for name in "abcdef"} | {"g": Stratum("no")}
    existing = {"a": 0, "b": 0, "c": 1, "d": 2, "e": 1, "g": 2}
    assert assign_folds(cohort, existing, n_folds=3, key=b"k")["f"] == 2


def test_ties_in_the_stratum_go_to_the_fold_least_filled_overall() -> None:
    for key in (b"1", b"2", b"3", b"4", b"5", b"6"):
        cohort = {"a": Stratum("no"), "b": Stratum("no"), "c": Stratum("yes")}
        assert assign_folds(cohort, {"a": 0, "b": 2}, n_folds=3, key=key)["c"] == 1


def test_ties_are_broken_by_the_key() -> None:
    cohort = {f"p{i}": Stratum("yes") for i in range(30)}
    first = assign_folds(cohort, {}, n_folds=3, key=b"one")
    assert first != assign_folds(cohort, {}, n_folds=3, key=b"two")


def test_every_fold_is_tested_once_by_models_that_never_saw_it() -> None:
    for n_folds in (3, 4, 7):
        parts = rotation(n_folds)
        assert [part.test for part in parts] == list(range(n_folds))
        assert sorted(part.validation for part in parts) == list(range(n_folds))
        for part in parts:
            assert sorted((part.test, part.validation, *part.train)) == list(range(n_folds))
            assert part.train


def test_two_folds_cannot_train_validate_and_test() -> None:
    with pytest.raises(ConfigError, match="folds is 2; at least 3"):
        rotation(2)


def test_golden_assignment() -> None:
    """Made by this implementation; a change would move patients of existing studies."""
    cohort = {f"p{i}": Stratum("yes" if i % 2 else "no") for i in range(8)}
    folds = assign_folds(cohort, {}, n_folds=4, key=b"golden")
    expected = {"p0": 2, "p1": 2, "p2": 0, "p3": 0, "p4": 3, "p5": 3, "p6": 1, "p7": 1}
    assert folds == expected
