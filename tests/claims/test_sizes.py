from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.claims.latents import lesion_sizes, sizes_digest
from histopress.claims.sizes import of_sizes, size_bins
from histopress.errors import ConfigError, StoreError
from histopress.evaluate.auc import fold_auc

from .conftest import of_classes


@given(st.lists(st.integers(1, 30), min_size=2, max_size=40), st.integers(2, 5))
def test_groups_hold_every_lesion_once_in_order(sizes: list[int], bins: int) -> None:
    values = np.array(sizes, np.float64)
    try:
        found = size_bins(values, bins)
    except ConfigError:
        assert len(set(sizes)) < len(sizes) or len(sizes) < bins
        return
    assert len(found) == bins
    inside = [[low <= value <= high for low, high in found] for value in values]
    assert all(sum(row) == 1 for row in inside)
    assert all(high < low for (_, high), (low, _) in pairwise(found))


def test_different_sizes_make_groups_of_nearly_equal_number() -> None:
    found = size_bins(np.random.default_rng(0).permutation(11).astype(float), 3)
    assert found == ((0, 3), (4, 7), (8, 10))


def test_too_few_lesions_or_sizes_are_named() -> None:
    with pytest.raises(ConfigError, match="2 slides have a lesion, too few for 3 groups"):
        size_bins(np.array([1.0, 2.0]), 3)
    with pytest.raises(ConfigError, match="5 lesions are of 2 sizes"):
        size_bins(np.array([1.0, 1, 1, 1, 2]), 3)


def test_a_group_is_judged_against_all_slides_without_a_lesion() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 80)
    sizes = labels * rng.uniform(1, 10, 80)
    logits = np.column_stack([np.zeros(80), sizes + rng.normal(0, 3, 80)])
    units = of_classes(labels, logits)
    low, high = size_bins(sizes[sizes > 0], 2)[0]
    kept = (sizes == 0) | ((sizes >= low) & (sizes <= high))
    found = of_sizes(units, sizes, low, high)(np.ones((1, 80)))[0]
    direct = fold_auc(units.positives[kept], units.scores[kept], units.folds[kept]).average
    assert found == pytest.approx(direct, abs=1e-12)
    assert found != pytest.approx(of_sizes(units, sizes, 0, 99)(np.ones((1, 80)))[0], abs=1e-3)


def test_sizes_are_read_and_an_empty_cell_is_no_lesion() -> None:
    rows = [{"slide_id": "a", "um": "60.5"}, {"slide_id": "b", "um": ""}]
    assert lesion_sizes(rows, "um", "t.csv") == {"a": 60.5, "b": 0.0}


@pytest.mark.parametrize("cell", ["large", "nan", "inf", "-1"])
def test_what_is_no_size_is_named_with_its_row(cell: str) -> None:
    rows = [{"slide_id": "a", "um": "1"}, {"slide_id": "b", "um": cell}]
    with pytest.raises(StoreError, match=rf"t.csv row 3, column 'um': is '{cell}'"):
        lesion_sizes(rows, "um", "t.csv")


@pytest.mark.parametrize("rows", [[], [{"slide_id": "a"}], [{"um": "1"}]])
def test_a_table_without_the_columns_is_refused(rows: list[dict[str, str]]) -> None:
    with pytest.raises(StoreError, match="columns 'slide_id' and 'um'"):
        lesion_sizes(rows, "um", "t.csv")


def test_the_digest_follows_sizes_and_not_their_order() -> None:
    assert sizes_digest({"a": 1.0, "b": 2.0}) == sizes_digest({"b": 2.0, "a": 1.0})
    assert sizes_digest({"a": 1.0, "b": 2.0}) != sizes_digest({"a": 1.0, "b": 2.5})
