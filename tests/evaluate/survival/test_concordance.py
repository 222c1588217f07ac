import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.evaluate.survival.censoring import fit_censoring
from histopress.evaluate.survival.concordance import (
    harrell,
    harrell_pairs,
    uno,
    uno_pairs,
)
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError

ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.booleans(), st.integers(-3, 3)), min_size=2, max_size=15
)


def unpack(rows: list[tuple[int, bool, int]]) -> tuple[Survival, np.ndarray]:
    survival = Survival(
        times=np.array([float(time) for time, _, _ in rows]),
        events=np.array([event for _, event, _ in rows]),
    )
    return survival, np.array([float(score) for _, _, score in rows])


def brute(survival: Survival, scores: np.ndarray, importance: np.ndarray) -> tuple[float, float]:
    concordant = comparable = 0.0
    for i in range(len(survival)):
        for j in range(len(survival)):
            longer = survival.times[j] > survival.times[i]
            level = survival.times[j] == survival.times[i] and not survival.events[j]
            if not survival.events[i] or not (longer or level):
                continue
            comparable += importance[i]
            if scores[i] > scores[j]:
                concordant += importance[i]
            elif scores[i] == scores[j]:
                concordant += importance[i] / 2
    return concordant, comparable


def test_agrees_with_lifelines_and_scikit_survival(case) -> None:
    found = harrell(case.test, case.scores)
    assert found == pytest.approx(case.lifelines["harrell"], abs=1e-12)
    assert found == pytest.approx(case.sksurv["harrell"], abs=1e-12)
    censoring = fit_censoring(case.train)
    found = uno(case.test, case.scores, censoring=censoring, tau=case.tau)
    assert found == pytest.approx(case.sksurv["uno"], abs=1e-8)


def test_constant_predictions_are_a_coin(cases) -> None:
    case = cases["constant"]
    assert harrell(case.test, case.scores) == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_pairs_by_definition(draw, followed, seed: int) -> None:
    survival, scores = draw(seed)
    concordant, comparable = harrell_pairs(survival, scores)
    assert (concordant[0], comparable[0]) == brute(survival, scores, np.ones(25))
    censoring, tau = fit_censoring(followed(seed + 50)), 6.0
    importance = np.array(
        [
            censoring.before(np.array([time]))[0] ** -2 if event and time < tau else 0.0
            for time, event in zip(survival.times, survival.events, strict=True)
        ]
    )
    found = uno_pairs(survival, scores, censoring=censoring, tau=tau)
    expected = brute(survival, scores, importance)
    assert (found[0][0], found[1][0]) == pytest.approx(expected, abs=1e-9)
    assert expected[1] > (importance > 0).sum()


def test_tau_leaves_events_out_and_patients_in() -> None:
    survival = Survival(times=np.array([1.0, 5.0, 6.0]), events=np.ones(3, bool))
    scores = np.array([3.0, 1.0, 2.0])
    censoring = fit_censoring(survival)
    assert uno(survival, scores, censoring=censoring, tau=5.0) == 1.0
    assert uno(survival, scores, censoring=censoring, tau=5.5) == pytest.approx(2 / 3)


def test_without_censoring_uno_is_harrell(draw) -> None:
    survival, scores = draw(7, censored=0.0)
    censoring = fit_censoring(survival)
    assert uno(survival, scores, censoring=censoring, tau=99.0) == harrell(survival, scores)


@given(ROWS)
def test_only_the_order_of_scores_counts_and_reversing_it_gives_the_complement(rows) -> None:
    survival, scores = unpack(rows)
    try:
        value = harrell(survival, scores)
    except UndefinedMetricError:
        return
    assert harrell(survival, np.exp(scores)) == value
    assert harrell(survival, scores**3 + 10) == value
    assert harrell(survival, -scores) == pytest.approx(1 - value, abs=1e-15)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_patients_does_not_show(rows, random) -> None:
    survival, scores = unpack(rows)
    censoring = fit_censoring(
        Survival(times=np.array([0.0, 1, 2, 9]), events=np.array([False, False, False, True]))
    )
    mixed, others = unpack(random.sample(rows, len(rows)))
    first = uno_pairs(survival, scores, censoring=censoring, tau=5.0)
    second = uno_pairs(mixed, others, censoring=censoring, tau=5.0)
    assert np.array_equal(first, second)


def test_weights_are_repeated_patients(draw, followed, copies) -> None:
    survival, scores = draw(8)
    weights, censoring = copies(9, 25), fit_censoring(followed(10))
    plain = harrell_pairs(survival, scores, weights)
    weighed = uno_pairs(survival, scores, censoring=censoring, tau=6.0, weights=weights)
    for place, counts in enumerate(weights):
        rows = np.repeat(np.arange(25), counts.astype(int))
        own = survival.take(rows)
        expected = harrell_pairs(own, scores[rows])
        assert (plain[0][place], plain[1][place]) == (expected[0][0], expected[1][0])
        expected = uno_pairs(own, scores[rows], censoring=censoring, tau=6.0)
        assert weighed[0][place] == pytest.approx(expected[0][0], abs=1e-9)
        assert weighed[1][place] == pytest.approx(expected[1][0], abs=1e-9)


def test_blocks_do_not_change_the_count(draw, copies, monkeypatch: pytest.MonkeyPatch) -> None:
    survival, scores = draw(11)
    whole = harrell_pairs(survival, scores, copies(12, 25))
    monkeypatch.setattr("histopress.evaluate.survival.concordance._BLOCK_VALUES", 60)
    assert np.array_equal(harrell_pairs(survival, scores, copies(12, 25)), whole)


def test_undefined_cases_are_named() -> None:
    times, scores = np.array([1.0, 2.0]), np.zeros(2)
    nobody = Survival(times=times, events=np.zeros(2, bool))
    with pytest.raises(UndefinedMetricError, match="none of 2 patients had the event"):
        harrell(nobody, scores)
    last = Survival(times=times, events=np.array([False, True]))
    with pytest.raises(UndefinedMetricError, match="nobody was observed longer"):
        harrell(last, scores)
    with pytest.raises(UndefinedMetricError, match="1 patients"):
        harrell(last.take(np.array([0])), scores[:1])
    both = Survival(times=times + 3, events=np.ones(2, bool))
    with pytest.raises(UndefinedMetricError, match="before τ = 2"):
        uno(both, scores, censoring=fit_censoring(both), tau=2.0)
    assert harrell_pairs(nobody, scores, np.ones((3, 2)))[1].tolist() == [0, 0, 0]
