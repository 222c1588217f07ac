import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.evaluate.survival.cox import cox_coefficients, fit_cox, hazard_ratio
from histopress.evaluate.survival.efron import likelihood, risk_sets
from histopress.evaluate.survival.separation import is_separated
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


def covariates_of(case, name: str) -> np.ndarray:
    columns = [case.scores] if name == "one" else [case.scores, case.other]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("name", ["plain", "ties", "heavy", "uncensored"])
@pytest.mark.parametrize("model", ["one", "two", "stratified"])
def test_agrees_with_lifelines(cases, name: str, model: str) -> None:
    case = cases[name]
    strata = case.strata if model == "stratified" else None
    fit = fit_cox(case.test, covariates_of(case, model), strata)
    expected = case.lifelines[f"cox_{model}"]
    assert fit.coefficients == pytest.approx(expected["coefficients"], abs=1e-8)
    assert fit.standard_errors == pytest.approx(expected["standard_errors"], abs=1e-8)
    assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-8)
    if strata is None:
        assert (fit.likelihood_ratio, fit.p) == pytest.approx(expected["ratio"], abs=1e-8)
    assert (fit.n_patients, fit.n_events) == (len(case.test), case.test.n_events)


def efron(survival: Survival, x: np.ndarray, beta: np.ndarray) -> float:
    total = 0.0
    for time in np.unique(survival.times[survival.events]):
        dying = survival.events & (survival.times == time)
        everyone = np.exp(x[survival.times >= time] @ beta).sum()
        leaving = np.exp(x[dying] @ beta).sum()
        total += (x[dying] @ beta).sum()
        for k in range(dying.sum()):
            total -= np.log(everyone - k / dying.sum() * leaving)
    return total


def test_likelihood_by_definition_and_derivatives_by_differences(draw) -> None:
    survival, first = draw(1)
    x = np.stack([first, np.random.default_rng(2).normal(size=25)], axis=1)
    sets = [risk_sets(survival, x, np.ones((1, 25)))]
    beta, step = np.array([0.4, -0.7]), 1e-5
    here = likelihood(sets, beta[None])
    assert here.value[0] == pytest.approx(efron(survival, x, beta), abs=1e-10)
    for k, move in enumerate(np.eye(2) * step):
        up, down = efron(survival, x, beta + move), efron(survival, x, beta - move)
        assert here.gradient[0, k] == pytest.approx((up - down) / (2 * step), abs=1e-6)
        up = likelihood(sets, (beta + move)[None]).gradient[0]
        down = likelihood(sets, (beta - move)[None]).gradient[0]
        assert -here.information[0, k] == pytest.approx((up - down) / (2 * step), abs=1e-6)


def test_higher_scores_mean_higher_hazard() -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(size=400)
    times = rng.exponential(np.exp(-scores))
    found = hazard_ratio(Survival(times=times, events=np.ones(400, bool)), scores)
    assert found.low < np.exp(found.deviation) < found.high
    assert found.p < 1e-10


def test_scale_and_origin_of_covariates_do_not_matter(draw) -> None:
    survival, scores = draw(4, n=60)
    plain, other = hazard_ratio(survival, scores), hazard_ratio(survival, 1e4 + 1e-3 * scores)
    assert plain.deviation == pytest.approx(scores.std(ddof=1))
    assert (other.ratio, other.low, other.high, other.p) == pytest.approx(
        (plain.ratio, plain.low, plain.high, plain.p), rel=1e-6
    )
    given = hazard_ratio(survival, scores, deviation=2 * plain.deviation)
    assert given.ratio == pytest.approx(plain.ratio**2)
    assert hazard_ratio(survival, -scores).ratio == pytest.approx(1 / plain.ratio)


def test_weights_are_repeated_patients(draw, copies) -> None:
    survival, first = draw(5, n=40, censored=0.3)
    x = np.stack([first, np.random.default_rng(6).normal(size=40)], axis=1)
    weights, strata = copies(7, 40), np.arange(40) % 2
    for columns, labels in itertools.product((1, 2), (None, strata)):
        own = x[:, :columns]
        found = cox_coefficients(survival, own, weights=weights, strata=labels)
        for place, counts in enumerate(weights):
            rows = np.repeat(np.arange(40), counts.astype(int))
            repeated = fit_cox(
                survival.take(rows), own[rows], None if labels is None else labels[rows]
            )
            assert found[place] == pytest.approx(repeated.coefficients, abs=1e-8)


def test_portions_do_not_change_the_fits(draw, copies, monkeypatch: pytest.MonkeyPatch) -> None:
    survival, scores = draw(8, n=40)
    whole = cox_coefficients(survival, scores[:, None], weights=copies(9, 40))
    monkeypatch.setattr("histopress.evaluate.survival.cox._PORTION_VALUES", 400)
    parts = cox_coefficients(survival, scores[:, None], weights=copies(9, 40))
    assert parts == pytest.approx(whole, abs=1e-10)


def test_strata_share_no_risk_set(draw) -> None:
    survival, scores = draw(10, n=40)
    strata = np.arange(40) % 2
    shifted = Survival(times=survival.times + 100.0 * strata, events=survival.events)
    assert fit_cox(shifted, scores[:, None], strata).coefficients == pytest.approx(
        fit_cox(survival, scores[:, None], strata).coefficients, abs=1e-9
    )


def test_separation_is_named_in_one_covariate_and_in_several() -> None:
    survival = Survival(times=np.arange(1.0, 9.0), events=np.arange(8) % 4 != 3)
    perfect = -np.arange(8.0)
    for scores in (perfect, -perfect):
        with pytest.raises(UndefinedMetricError, match="separation"):
            fit_cox(survival, scores[:, None])
    other = np.array([1.0, -1, 1, 2, -1, -2, 1, 0])
    mixed = np.stack([perfect + 5 * other, other], axis=1)
    assert not is_separated(survival, mixed[:, :1], np.zeros(8, int))
    with pytest.raises(UndefinedMetricError, match="separation"):
        fit_cox(survival, mixed)
    found = cox_coefficients(survival, perfect[:, None], weights=np.ones((2, 8)))
    assert np.isnan(found).all()


ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.booleans(), st.integers(-2, 2)), min_size=2, max_size=8
)


@given(ROWS)
def test_every_fit_is_a_maximum_or_says_why_not(rows) -> None:
    survival = Survival(
        times=np.array([float(time) for time, _, _ in rows]),
        events=np.array([event for _, event, _ in rows]),
    )
    x = np.array([[float(score)] for _, _, score in rows])
    far = [efron(survival, x, np.array([beta])) for beta in (-60.0, 0.0, 60.0)]
    try:
        fit = fit_cox(survival, x)
    except UndefinedMetricError as error:
        if "separation" in str(error):
            assert max(far[0], far[2]) >= far[1]
        else:
            assert far == pytest.approx([far[1]] * 3)
        return
    best = efron(survival, x, fit.coefficients)
    assert best >= max(far)
    nearby = [efron(survival, x, fit.coefficients + move) for move in (-0.01, 0.01)]
    assert best >= max(nearby)


def test_a_distant_outlier_is_not_taken_for_separation() -> None:
    rng = np.random.default_rng(11)
    scores = rng.normal(size=80)
    times = rng.exponential(np.exp(-scores))
    scores[np.argmax(times)] = -40.0
    fit = fit_cox(Survival(times=times, events=np.ones(80, bool)), scores[:, None])
    assert 0 < fit.coefficients[0] < 3


@pytest.mark.parametrize("seed", [0, 4, 5])
def test_long_tails_that_mislead_newtons_first_steps_still_have_a_maximum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_t(1, size=(40, 1)) * 3
    times = rng.exponential(np.exp(-np.clip(x[:, 0], -5, 5)))
    survival = Survival(times=times, events=rng.random(40) < 0.7)
    fit = fit_cox(survival, x)
    near = [efron(survival, x, fit.coefficients + k * fit.standard_errors / 10) for k in (-1, 0, 1)]
    assert near[1] > max(near[0], near[2])


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_values_beyond_all_measure_are_named_and_never_nan() -> None:
    rng = np.random.default_rng(11)
    scores = rng.normal(size=80)
    times = rng.exponential(np.exp(-scores))
    scores[np.argmax(times)] = -1e4
    with pytest.raises(UndefinedMetricError, match="very far from the others"):
        fit_cox(Survival(times=times, events=np.ones(80, bool)), scores[:, None])


def test_events_in_almost_perfect_order_still_have_a_maximum() -> None:
    x = np.arange(60.0, 0, -1)[:, None]
    times = np.arange(1.0, 61.0)
    times[[30, 31]] = times[[31, 30]]
    survival = Survival(times=times, events=np.ones(60, bool))
    fit = fit_cox(survival, x)
    step = 1e-3 * fit.standard_errors
    values = [efron(survival, x, fit.coefficients + k * step) for k in (-1, 0, 1)]
    assert values[1] == pytest.approx(fit.log_likelihood, abs=1e-8)
    assert values[1] > max(values[0], values[2])
    assert (values[0] + values[2] - 2 * values[1]) == pytest.approx(-1e-6, rel=1e-2)
    found = cox_coefficients(survival, x, weights=np.ones((1, 60)))
    assert found[0] == pytest.approx(fit.coefficients)


def test_undefined_cases_are_named(draw) -> None:
    survival, scores = draw(12)
    nobody = Survival(times=survival.times, events=np.zeros(25, bool))
    with pytest.raises(UndefinedMetricError, match="none of 25 patients had the event"):
        fit_cox(nobody, scores[:, None])
    with pytest.raises(UndefinedMetricError, match="constant"):
        fit_cox(survival, np.full((25, 1), 0.1))
    with pytest.raises(UndefinedMetricError, match="follows from the others"):
        fit_cox(survival, np.stack([scores, 3 - 2 * scores], axis=1))
    with pytest.raises(ValueError, match="columns"):
        fit_cox(survival, scores)
    weights = np.ones((2, 25))
    assert np.isnan(cox_coefficients(nobody, scores[:, None], weights=weights)).all()
    lonely = weights.copy()
    lonely[1, 1:] = 0
    found = cox_coefficients(survival, scores[:, None], weights=lonely)
    assert np.isnan(found[:, 0]).tolist() == [False, True]
