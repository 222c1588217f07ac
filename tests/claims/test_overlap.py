from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt
from sklearn.metrics import jaccard_score, roc_auc_score

from histopress.claims.overlap import (
    TruthMap,
    centred_jaccard,
    choose_threshold,
    jaccard,
    overlap,
    pixel_auroc,
    random_jaccard,
    top_jaccard,
)
from histopress.evaluate.undefined import UndefinedMetricError


def drawn(seed: int, size: int = 12, levels: int | None = None) -> TruthMap:
    """Draw a blob of truth, a saliency that follows it with noise, and ragged tissue."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    truth = (rows - size / 3) ** 2 + (columns - size / 2) ** 2 < size
    saliency = truth + rng.normal(size=(size, size))
    if levels:
        saliency = np.round(saliency * levels) / levels
    return TruthMap(saliency=saliency, truth=truth, tissue=rng.random((size, size)) < 0.8)


def small(scores: list[int], wanted: list[bool]) -> TruthMap:
    return TruthMap(
        saliency=np.array([scores], float),
        truth=np.array([wanted]),
        tissue=np.ones((1, len(scores)), bool),
    )


def index(marked: set[int], wanted: set[int]) -> float:
    return len(marked & wanted) / len(marked | wanted)


@pytest.mark.parametrize("levels", [None, 1])
def test_figures_are_scikit_learns_over_tissue(levels: int | None) -> None:
    case = drawn(1, levels=levels)
    wanted, scores = case.truth[case.tissue], case.saliency[case.tissue]
    assert pixel_auroc(case) == pytest.approx(roc_auc_score(wanted, scores), abs=1e-12)
    for threshold in (0.0, 1.0):
        expected = jaccard_score(wanted, scores >= threshold)
        assert jaccard(case, threshold) == pytest.approx(expected, abs=1e-12)


def test_what_lies_off_the_tissue_does_not_count() -> None:
    case = drawn(2)
    saliency, truth = case.saliency.copy(), case.truth.copy()
    saliency[~case.tissue], truth[~case.tissue] = np.nan, True
    other = TruthMap(saliency=saliency, truth=truth, tissue=case.tissue)
    assert overlap(other, 0.7) == overlap(case, 0.7)


def test_a_rising_scale_keeps_order_and_area() -> None:
    case = drawn(3)
    other = TruthMap(saliency=np.exp(case.saliency), truth=case.truth, tissue=case.tissue)
    assert pixel_auroc(other) == pixel_auroc(case)
    assert overlap(other, np.exp(0.7)) == overlap(case, 0.7)
    found, moved = choose_threshold([case]), choose_threshold([other])
    assert moved.jaccard == found.jaccard
    assert moved.value == pytest.approx(np.exp(found.value))


@pytest.mark.parametrize("levels", [None, 2])
def test_no_other_threshold_is_better_on_the_validation_slides(levels: int | None) -> None:
    cases = [drawn(seed, size, levels) for seed, size in ((4, 9), (5, 12), (6, 15))]
    found = choose_threshold(cases)
    every = np.unique(np.concatenate([case.saliency[case.tissue] for case in cases]))
    means = [np.mean([jaccard(case, value) for case in cases]) for value in every]
    assert found.jaccard == pytest.approx(max(means), abs=1e-12)
    assert found.value == max(every[np.isclose(means, max(means), rtol=0, atol=1e-10)])
    assert found.n_slides == 3


def test_of_equal_thresholds_the_highest_is_taken() -> None:
    # 3 and above: 1 of 2; 1 and above: 2 of 4.
    case = small([3, 2, 1, 1], [True, False, True, False])
    assert [jaccard(case, value) for value in (3, 2, 1)] == [0.5, 1 / 3, 0.5]
    assert choose_threshold([case]).value == 3.0
    # Means of 1/2 at 5 and at 1, where sums of steps differ in their last bit.
    pair = [
        small([2, 6, 5, 4, 3], [True, False, True, False, False]),
        small([3, 6, 4, 1, 7], [False, True, False, True, True]),
    ]
    assert choose_threshold(pair).value == 5.0


def test_a_value_lets_in_the_cells_of_all_slides() -> None:
    """From 2 on the first slide is perfect and the second spoilt; 3 is the better threshold."""
    first = small([3, 3, 3, 2, 2], [True] * 5)
    second = small([3, 2, 2, 2], [True, False, False, False])
    found = choose_threshold([first, second])
    assert (found.value, found.jaccard) == (3.0, pytest.approx(0.8))


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=8),
    st.integers(0, 8),
)
def test_ties_enter_by_lot(cells: list[tuple[int, bool]], area: int) -> None:
    """The mean over every set of so many cells that holds the highest."""
    scores, wanted = [score for score, _ in cells], [want for _, want in cells]
    truth, area = {i for i, want in enumerate(wanted) if want}, min(area, len(cells))
    case = small(scores, wanted)
    if not truth:
        with pytest.raises(UndefinedMetricError, match="should be marked"):
            top_jaccard(case, area)
        return
    best = sum(sorted(scores, reverse=True)[:area])
    lots = [
        set(lot)
        for lot in combinations(range(len(cells)), area)
        if sum(scores[place] for place in lot) == best
    ]
    expected = np.mean([index(lot, truth) for lot in lots])
    assert top_jaccard(case, area) == pytest.approx(expected, abs=1e-12)
    anywhere = [index(set(lot), truth) for lot in combinations(range(len(cells)), area)]
    assert random_jaccard(case, area) == pytest.approx(np.mean(anywhere), abs=1e-12)


def test_a_random_map_is_as_good_as_it_is_said_to_be() -> None:
    case, rng, found = drawn(7), np.random.default_rng(8), []
    for _ in range(4000):
        noise = TruthMap(
            saliency=rng.random(case.tissue.shape), truth=case.truth, tissue=case.tissue
        )
        found.append(top_jaccard(noise, 30))
    error = np.std(found) / len(found) ** 0.5
    assert random_jaccard(case, 30) == pytest.approx(np.mean(found), abs=4 * error)


def test_the_centred_map_marks_the_depth_of_the_tissue() -> None:
    tissue = np.zeros((9, 11), bool)
    tissue[1:8, 1:10] = True
    truth = np.zeros_like(tissue)
    truth[3:6, 3:8] = True
    case = TruthMap(saliency=np.zeros((9, 11)), truth=truth, tissue=tissue)
    assert centred_jaccard(case, 15) == 1.0
    rim = TruthMap(saliency=np.zeros((9, 11)), truth=tissue & ~truth, tissue=tissue)
    assert centred_jaccard(rim, 15) == 0.0
    ragged = drawn(9)
    depth = distance_transform_edt(np.pad(ragged.tissue, 1))[1:-1, 1:-1]
    expected = roc_auc_score(ragged.truth[ragged.tissue], depth[ragged.tissue])
    assert overlap(ragged, 0.5).centred_auroc == pytest.approx(expected, abs=1e-9)


def test_the_baselines_mark_as_many_cells_as_the_map() -> None:
    case = drawn(10)
    found = overlap(case, 0.8)
    assert found.marked == (case.saliency[case.tissue] >= 0.8).sum()
    assert (found.wanted, found.tissue) == (case.truth[case.tissue].sum(), case.tissue.sum())
    assert found.random_jaccard == random_jaccard(case, found.marked)
    assert found.centred_jaccard == centred_jaccard(case, found.marked)
    assert found.jaccard == top_jaccard(case, found.marked)
    nothing = overlap(case, 99.0)
    assert (nothing.marked, nothing.jaccard, nothing.random_jaccard) == (0, 0.0, 0.0)


def test_slides_with_nothing_to_find_are_refused() -> None:
    empty = small([1, 2], [False, False])
    for figure in (lambda: jaccard(empty, 1.0), lambda: choose_threshold([empty])):
        with pytest.raises(UndefinedMetricError, match="none of 2 tissue cells"):
            figure()
    with pytest.raises(UndefinedMetricError, match="all 2 are positive"):
        pixel_auroc(small([1, 2], [True, True]))
    with pytest.raises(UndefinedMetricError, match="no validation slide"):
        choose_threshold([])
    with pytest.raises(ValueError, match="area 3: must be from 0 to the 2 tissue cells"):
        top_jaccard(small([1, 2], [True, False]), 3)


def test_maps_of_other_grids_are_refused() -> None:
    whole, truth = np.ones((2, 2), bool), np.eye(2, dtype=bool)
    with pytest.raises(ValueError, match="must be of one grid"):
        TruthMap(saliency=np.zeros((2, 3)), truth=truth, tissue=whole)
    with pytest.raises(ValueError, match="must be bool"):
        TruthMap(saliency=np.zeros((2, 2)), truth=truth.astype(int), tissue=whole)
    with pytest.raises(ValueError, match="NaN or infinity"):
        TruthMap(saliency=np.full((2, 2), np.nan), truth=truth, tissue=whole)
    with pytest.raises(ValueError, match="no cell holds tissue"):
        TruthMap(saliency=np.zeros((2, 2)), truth=truth, tissue=~whole)
