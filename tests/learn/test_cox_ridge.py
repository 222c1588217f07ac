import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from histopress.errors import ConfigError
from histopress.learn.cox import cox_loss
from histopress.learn.cox_ridge import cox_surprise, fit_cox, partial_likelihood


def cohort(seed, count=30, features=4, times=8):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((count, features))
    return z, rng.integers(0, times, count).astype(float), rng.random(count) < 0.5


def gradient(z, times, events, beta, strength):
    """That of the objective, by the differentiated loss, which is tested elsewhere."""
    weights = torch.tensor(beta, requires_grad=True)
    loss = cox_loss(torch.from_numpy(z) @ weights, *map(torch.from_numpy, (times, events)))
    (strength * events.sum() * loss + weights.square().sum() / 2).backward()
    return weights.grad.numpy()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([1e-4, 0.1, 1.0, 100.0]), st.sampled_from([3, 60]))
def test_the_gradient_vanishes_at_the_fit(seed, strength, features):
    z, times, events = cohort(seed, features=features)
    events[0] = True
    beta = fit_cox(z, times, events, strength=strength)
    assert np.abs(gradient(z, times, events, beta, strength)).max() < 1e-6 * max(strength, 1)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_loss_gradient_and_hessian_are_those_of_the_differentiated_loss(seed):
    _, times, events = cohort(seed, times=5)
    events[0] = True
    risks = np.random.default_rng(seed).standard_normal(30)
    known = [torch.from_numpy(each) for each in (times, events)]

    def total(f):
        return cox_loss(f, *known) * events.sum()

    f = torch.tensor(risks, requires_grad=True)
    loss, slope, shares = partial_likelihood(risks, times, events)
    assert loss == pytest.approx(total(f).item(), abs=1e-9)
    total(f).backward()
    np.testing.assert_allclose(slope, f.grad.numpy(), atol=1e-10)
    hessian = torch.autograd.functional.hessian(total, f.detach()).numpy()
    np.testing.assert_allclose(np.diag(shares.sum(0)) - shares.T @ shares, hessian, atol=1e-9)


def golden():
    found = json.loads((Path(__file__).parents[1] / "golden" / "cox.json").read_text())
    z, times, events = (np.array(found[key]) for key in ("covariates", "times", "events"))
    return z, times.astype(float), events.astype(bool), found["lifelines"]["coefficients"]


def test_without_a_penalty_it_is_the_fit_of_lifelines():
    *cohort, expected = golden()
    np.testing.assert_allclose(fit_cox(*cohort, strength=1e9), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("penalizer", "expected"),
    [
        (0.1, [-0.12909846003280834, 0.28536828239772905]),
        (1.0, [-0.05350604975273142, 0.1043966385004097]),
    ],
)
def test_with_a_penalty_it_is_the_fit_of_lifelines(penalizer, expected):
    # lifelines 0.30.3, CoxPHFitter(penalizer, l1_ratio=0): mean likelihood over patients plus
    # penalizer / 2 times the squares of coefficients of columns scaled by their sample SD.
    z, times, events, _ = golden()
    sd = z.std(0, ddof=1)
    found = fit_cox(z / sd, times, events, strength=1 / (len(z) * penalizer)) / sd
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_more_features_than_patients_and_constant_ones_do_no_harm():
    z, times, events = cohort(1, count=12, features=1024)
    z[:, 5] = 0
    beta = fit_cox(z, times, events, strength=1.0)
    assert beta.shape == (1024,)
    assert beta[5] == pytest.approx(0, abs=1e-12)
    assert np.abs(gradient(z, times, events, beta, 1.0)).max() < 1e-6


def test_a_feature_that_separates_has_a_finite_weight_of_the_right_sign():
    z = np.arange(10.0)[::-1, None]
    beta = fit_cox(z - z.mean(), np.arange(10.0), np.ones(10, bool), strength=100.0)
    assert 0 < beta[0] < 100


def test_features_without_spread_have_no_weight():
    assert fit_cox(np.zeros((3, 2)), np.arange(3.0), np.ones(3, bool), strength=1).tolist() == [
        0,
        0,
    ]


def test_without_an_event_it_is_refused():
    with pytest.raises(ConfigError, match="no event among 3 patients"):
        fit_cox(np.ones((3, 1)), np.arange(3.0), np.zeros(3, bool), strength=1.0)


CASE = json.loads((Path(__file__).resolve().parents[1] / "golden" / "clinical.json").read_text())[
    "ridge_cox"
]
X, TIMES, EVENTS = (np.array(CASE[name]) for name in ("x", "times", "events"))


@pytest.mark.parametrize("penalty", ["1.0", "30.0"])
def test_agrees_with_scikit_survival_at_ties(penalty: str) -> None:
    found = fit_cox(X, TIMES, EVENTS, strength=1 / float(penalty))
    assert found == pytest.approx(CASE["coefficients"][penalty], abs=1e-6)


def surprise(beta: np.ndarray) -> float:
    return cox_surprise(X @ beta, TIMES, EVENTS)


def test_the_minimum_is_one_by_the_definition_of_the_loss() -> None:
    found = fit_cox(X, TIMES, EVENTS, strength=10 / EVENTS.sum())

    def objective(beta: np.ndarray) -> float:
        return surprise(beta) + 0.05 * beta @ beta

    for move in np.eye(3) * 1e-3:
        assert objective(found) < min(objective(found + move), objective(found - move))


def test_surprise_at_ties_is_efrons() -> None:
    times, events = np.array([2.0, 2, 2, 5]), np.array([True, True, False, False])
    risks = np.array([0.5, -1.0, 0.3, 2.0])
    everyone, leaving = np.exp(risks).sum(), np.exp(risks[:2]).sum()
    expected = np.log(everyone) + np.log(everyone - leaving / 2) - risks[:2].sum()
    assert cox_surprise(risks, times, events) == pytest.approx(expected / 2)


def test_separation_has_a_finite_answer_and_order_does_not_show() -> None:
    x = np.arange(10.0)[:, None]
    times, events = np.arange(10.0, 0, -1), np.ones(10, bool)
    found = fit_cox(x, times, events, strength=1e2)
    assert 1 < found[0] < 50
    turned = fit_cox(x[::-1], times[::-1], events, strength=1e2)
    assert turned == pytest.approx(found, abs=1e-10)


def test_without_events_there_is_no_surprise() -> None:
    assert np.isnan(cox_surprise(np.zeros(3), np.ones(3), np.zeros(3, bool)))
