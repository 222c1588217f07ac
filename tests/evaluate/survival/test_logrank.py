import numpy as np
import pytest
from scipy.stats import chi2

from histopress.evaluate.survival.logrank import logrank, logrank_statistics
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


def test_agrees_with_lifelines_and_statsmodels(case) -> None:
    two, three = logrank(case.test, case.groups == 0), logrank(case.test, case.groups)
    assert (two.statistic, two.p) == pytest.approx(case.lifelines["logrank2"], abs=1e-8)
    assert (three.statistic, three.p) == pytest.approx(case.lifelines["logrank3"], abs=1e-8)
    assert (two.dof, three.dof) == (1, 2)
    within = logrank(case.test, case.groups, case.strata)
    expected = case.statsmodels["logrank_stratified"]
    assert (within.statistic, within.p) == pytest.approx(expected, abs=1e-8)


def test_two_groups_by_definition(draw) -> None:
    survival, scores = draw(1)
    treated = scores > 0
    excess = variance = expected = 0.0
    for time in np.unique(survival.times[survival.events]):
        at_risk = survival.times >= time
        dying = survival.events & (survival.times == time)
        n, d, own = at_risk.sum(), dying.sum(), (at_risk & treated).sum()
        expected += d * own / n
        excess += (dying & treated).sum() - d * own / n
        if n > 1:
            variance += d * (own / n) * (1 - own / n) * (n - d) / (n - 1)
    found = logrank(survival, treated.astype(int))
    assert found.statistic == pytest.approx(excess**2 / variance, abs=1e-10)
    assert found.p == pytest.approx(chi2.sf(excess**2 / variance, 1), abs=1e-12)
    assert found.expected[1] == pytest.approx(expected)
    assert sum(found.observed) == pytest.approx(sum(found.expected)) == survival.n_events


def test_names_and_order_of_groups_do_not_matter(draw) -> None:
    survival, _ = draw(2, n=60)
    groups = np.random.default_rng(3).integers(0, 4, 60)
    value = logrank(survival, groups).statistic
    assert logrank(survival, 9 - groups * 2).statistic == pytest.approx(value, abs=1e-9)


def test_strata_that_hold_a_group_alone_add_nothing(draw) -> None:
    survival, _ = draw(4, n=40)
    groups, strata = np.arange(40) % 2, np.zeros(40, int)
    strata[30:] = 1
    groups[30:] = 0
    whole = logrank(survival, groups, strata)
    alone = logrank(survival.take(strata == 0), groups[:30])
    assert whole.statistic == pytest.approx(alone.statistic, abs=1e-10)


def test_weights_are_repeated_patients_and_permutations_are_permuted_groups(draw, copies) -> None:
    survival, scores = draw(5)
    groups, strata = (scores > 0).astype(int), np.arange(25) % 2
    ones = np.stack([groups == 0, groups == 1], axis=-1).astype(np.float64)
    weights = copies(6, 25)
    found = logrank_statistics(survival, weights[..., None] * ones, strata)
    for place, counts in enumerate(weights):
        rows = np.repeat(np.arange(25), counts.astype(int))
        expected = logrank(survival.take(rows), groups[rows], strata[rows]).statistic
        assert found[place] == pytest.approx(expected, abs=1e-9)
    order = np.random.default_rng(7).permutation(25)
    permuted = logrank_statistics(survival, ones[order][None])
    assert permuted[0] == pytest.approx(logrank(survival, groups[order]).statistic, abs=1e-10)


def test_undefined_cases_are_named() -> None:
    times, groups = np.arange(1.0, 5.0), np.array([0, 0, 1, 1])
    nobody = Survival(times=times, events=np.zeros(4, bool))
    with pytest.raises(UndefinedMetricError, match="there is no event"):
        logrank(nobody, groups)
    everyone = Survival(times=times, events=np.ones(4, bool))
    with pytest.raises(UndefinedMetricError, match="1 groups"):
        logrank(everyone, np.zeros(4, int))
    with pytest.raises(UndefinedMetricError, match="never at risk beside another"):
        logrank(everyone, groups, groups)
    early = Survival(times=times, events=np.array([False, False, True, True]))
    with pytest.raises(UndefinedMetricError, match="never at risk beside another"):
        logrank(early, groups)
    assert np.isnan(logrank_statistics(nobody, np.eye(2)[groups][None]))
