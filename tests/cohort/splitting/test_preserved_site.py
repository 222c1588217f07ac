import csv
from collections import Counter, defaultdict
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from histopress.cohort.splitting.preserved_site import append_centres, assign_centres
from histopress.errors import ConfigError

COUNTS = st.dictionaries(
    st.sampled_from("ABCDEFG"),
    st.fixed_dictionaries({"no": st.integers(0, 9), "yes": st.integers(0, 9)}),
    min_size=3,
)


def imbalance(counts: dict, folds: dict[str, int], n_folds: int) -> float:
    """Sum over classes and folds of (k n - N)^2, as in the code of Howard et al."""
    total = 0
    for label in ("no", "yes"):
        everyone = sum(own[label] for own in counts.values())
        for fold in range(n_folds):
            own = sum(counts[name][label] for name in counts if folds[name] == fold)
            total += (n_folds * own - everyone) ** 2
    return total


def best(counts: dict, n_folds: int) -> float | None:
    """Try every assignment that gives each fold each class."""
    found = None
    for folds in product(range(n_folds), repeat=len(counts)):
        own = dict(zip(counts, folds, strict=True))
        filled = {(f, c) for name, f in own.items() for c in ("no", "yes") if counts[name][c]}
        if len(filled) == 2 * n_folds:
            value = imbalance(counts, own, n_folds)
            found = value if found is None else min(found, value)
    return found


@settings(max_examples=40, deadline=None)
@given(COUNTS)
def test_the_first_assignment_is_the_best_of_all(counts: dict) -> None:
    expected = best(counts, 3)
    if expected is None:
        with pytest.raises(ConfigError, match="no way was found to keep"):
            assign_centres(counts, {}, n_folds=3, key=b"k")
    else:
        folds = assign_centres(counts, {}, n_folds=3, key=b"k")
        assert imbalance(counts, folds, 3) == expected


def test_every_fold_has_every_class_where_balance_alone_would_not_give_it() -> None:
    """The least imbalance, 138, leaves a fold without "yes"; 174 is the least that does not."""
    counts = {
        "A": {"no": 5, "yes": 0},
        "B": {"no": 3, "yes": 2},
        "C": {"no": 9, "yes": 1},
        "E": {"no": 2, "yes": 1},
    }
    anywhere = (dict(zip(counts, own, strict=True)) for own in product(range(3), repeat=4))
    assert min(imbalance(counts, own, 3) for own in anywhere) == 138
    folds = assign_centres(counts, {}, n_folds=3, key=b"k")
    assert len({folds[name] for name in "BCE"}) == 3
    assert imbalance(counts, folds, 3) == best(counts, 3) == 174


@given(COUNTS, COUNTS)
def test_centres_stay_and_the_order_decides_nothing(before: dict, after: dict) -> None:
    first = append_centres(before, {}, n_folds=3, key=b"k")
    second = assign_centres(after, first, n_folds=3, key=b"k")
    assert {name: second[name] for name in first} == first
    turned = {name: after[name] for name in reversed(after)}
    assert assign_centres(turned, first, n_folds=3, key=b"k") == second


def test_a_new_centre_joins_where_it_balances_best() -> None:
    counts = {
        "A": {"no": 5, "yes": 1},
        "B": {"no": 1, "yes": 5},
        "C": {"no": 3, "yes": 3},
        "D": {"no": 0, "yes": 4},
    }
    before = {"A": 0, "B": 1, "C": 2}
    assert assign_centres(counts, before, n_folds=3, key=b"k") == {**before, "D": 0}


def test_fewer_centres_than_folds_are_refused() -> None:
    counts = {"A": {"no": 5, "yes": 5}, "B": {"no": 5, "yes": 5}}
    with pytest.raises(ConfigError, match="3 folds and the labelled slides come from 2 centres"):
        assign_centres(counts, {}, n_folds=3, key=b"k")


def test_the_sites_of_tcga_brca(data: Path) -> None:
    """871 patients of 37 sites, 102 events; HiGHS proves these optima (run to the end once)."""
    with (data / "tables" / "tcga_brca_survival.csv").open() as handle:
        censored = {row["case_id"]: row["censorship"] for row in csv.DictReader(handle)}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case, own in censored.items():
        counts[case.split("-")[1]]["no" if float(own) else "yes"] += 1
    assert len(counts) == 37
    for n_folds, expected in ((3, 24), (4, 1628)):
        folds = assign_centres(counts, {}, n_folds=n_folds, key=b"k")
        assert imbalance(counts, folds, n_folds) == expected
        assert (
            imbalance(counts, append_centres(counts, {}, n_folds=n_folds, key=b"k"), n_folds)
            > expected
        )
        assert np.unique(list(folds.values())).tolist() == list(range(n_folds))
