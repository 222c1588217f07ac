import numpy as np
import pytest

from histopress.evaluate.survival.times import (
    Survival,
    check_scores,
    counts_of,
    numbers_at_risk,
    risk_table,
)


def make(times: object, events: object) -> Survival:
    return Survival(times=np.asarray(times, np.float64), events=np.asarray(events, bool))


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_times_that_cannot_be_are_refused_with_their_place(wrong: float) -> None:
    with pytest.raises(ValueError, match="at place 1"):
        make([3, wrong], [True, False])


def test_censorship_columns_are_not_taken_for_events() -> None:
    with pytest.raises(ValueError, match="censorship"):
        Survival(times=np.array([1.0, 2.0]), events=np.array([0, 1]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one length"):
        make([1, 2, 3], [True, False])


def test_risk_tables_count_by_definition(draw, copies) -> None:
    survival, _ = draw(1)
    weights = copies(2, len(survival))
    table = risk_table(survival, weights)
    for place, time in enumerate(np.unique(survival.times)):
        here = survival.times == time
        expected = weights[:, survival.times >= time].sum(1)
        assert np.array_equal(table.at_risk[:, place], expected)
        assert np.array_equal(table.deaths[:, place], weights[:, here & survival.events].sum(1))
        assert np.array_equal(table.censored[:, place], weights[:, here & ~survival.events].sum(1))


def test_nobody_at_all_makes_an_empty_table() -> None:
    assert risk_table(make([], [])).at_risk.shape == (1, 0)


def test_who_leaves_at_a_horizon_is_at_risk_at_it(draw) -> None:
    survival, _ = draw(3)
    horizons = np.arange(0, 10, 0.5)
    expected = [(survival.times >= horizon).sum() for horizon in horizons]
    assert numbers_at_risk(survival, horizons).tolist() == expected


@pytest.mark.parametrize("weights", [np.ones((2, 3)), -np.ones((1, 2)), np.full((1, 2), 0.5)])
def test_weights_are_whole_copies_one_column_a_patient(weights: np.ndarray) -> None:
    with pytest.raises(ValueError, match="weights"):
        counts_of(make([1, 2], [True, True]), weights)


def test_scores_must_be_finite_and_one_each() -> None:
    survival = make([1, 2], [True, True])
    with pytest.raises(ValueError, match="NaN"):
        check_scores(survival, np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="1 scores for 2 patients"):
        check_scores(survival, np.array([1.0]))
