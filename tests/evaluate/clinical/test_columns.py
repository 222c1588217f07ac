import numpy as np
import pytest

from histopress.evaluate.clinical.columns import crossed, independent, indicators, merged


def test_columns_that_follow_from_others_within_groups_are_left_out() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 2)) * [1e-4, 1e5]
    groups = np.repeat([0, 1], 20)
    both = x @ [[1.0], [2e-9]]
    matrix = np.concatenate([x, both, groups[:, None] * 3.0, np.full((40, 1), 7.1)], axis=1)
    assert independent(matrix, groups) == (0, 1)
    assert independent(matrix, np.zeros(40, int)) == (0, 1, 3)
    assert independent(matrix[:, [2, 0, 1]], groups) == (0, 1)


def test_nothing_among_nothing() -> None:
    assert independent(np.zeros((3, 0)), np.zeros(3, int)) == ()


def test_pairs_of_centre_and_fold() -> None:
    found = crossed(["a", "a", "b", "a"], np.array([0, 1, 0, 0]))
    assert found.tolist() == [0, 1, 2, 0]


def test_small_and_one_sided_centres_share_a_name() -> None:
    centers = ["a"] * 4 + ["b"] * 2 + ["c"] * 4
    positives = np.array([True, False] * 3 + [True] * 4)
    found = merged(centers, positives, least=3)
    assert found == ("a",) * 4 + ("others",) * 6
    alone = merged(centers, np.array([True, False] * 2 + [True] * 6), least=3)
    assert alone == ("a",) * 10


def test_indicators_leave_out_the_first() -> None:
    assert indicators(["b", "a", "c"]).tolist() == [[1, 0], [0, 0], [0, 1]]
    assert indicators(["a", "a"]).shape == (2, 0)
    assert indicators([10, 9]).sum() == pytest.approx(1)
