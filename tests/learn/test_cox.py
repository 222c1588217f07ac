import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from histopress.errors import ConfigError
from histopress.learn.cox import cox_loss, sampled_cox_loss

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "cox.json").read_text())


def textbook(risks, times, events, strata=None):
    """Efron's log-likelihood as Klein & Moeschberger (2003), equation 8.4.3, print it."""
    strata = np.zeros(len(times)) if strata is None else strata
    total = 0.0
    for stratum in np.unique(strata):
        inside = strata == stratum
        for time in np.unique(times[inside & events]):
            dying = inside & events & (times == time)
            at_risk = np.exp(risks[inside & (times >= time)]).sum()
            d = dying.sum()
            total += risks[dying].sum()
            for j in range(1, d + 1):
                total -= np.log(at_risk - (j - 1) / d * np.exp(risks[dying]).sum())
    return -total / events.sum()


def tensors(*arrays):
    return [None if each is None else torch.as_tensor(np.asarray(each)) for each in arrays]


def loss_of(risks, times, events, strata=None, **options):
    risks, times, events, strata = tensors(risks, times, events, strata)
    return cox_loss(risks, times, events, strata=strata, **options)


@st.composite
def cohorts(draw):
    count = draw(st.integers(1, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    times = rng.integers(0, draw(st.integers(1, 12)), count).astype(float)
    events = rng.random(count) < draw(st.sampled_from([0.1, 0.5, 1.0]))
    events[rng.integers(count)] = True
    return rng.normal(0, draw(st.sampled_from([0.1, 3.0])), count), times, events, rng


@settings(deadline=None, max_examples=150)
@given(cohorts(), st.booleans())
def test_it_is_the_formula_of_the_textbook(cohort, stratified):
    risks, times, events, rng = cohort
    strata = rng.integers(0, 3, len(times)) if stratified else None
    expected = textbook(risks, times, events, strata)
    assert loss_of(risks, times, events, strata).item() == pytest.approx(expected, abs=1e-11)


@settings(deadline=None, max_examples=50)
@given(cohorts(), st.floats(-500, 500))
def test_only_differences_of_risks_and_the_order_of_times_matter(cohort, constant):
    risks, times, events, rng = cohort
    base = loss_of(risks, times, events).item()
    order = rng.permutation(len(times))
    moved = loss_of(risks[order] + constant, np.exp(times[order]), events[order]).item()
    assert moved == pytest.approx(base, abs=1e-9)


@pytest.mark.parametrize("case", GOLDEN["efron"], ids=["plain", "stratified"])
def test_likelihood_and_score_of_statsmodels(case):
    x, events = (
        torch.tensor(GOLDEN["covariates"], dtype=torch.float64),
        torch.tensor(GOLDEN["events"]),
    )
    beta = torch.tensor(GOLDEN["coefficients"], dtype=torch.float64, requires_grad=True)
    strata = None if case["strata"] is None else torch.tensor(case["strata"])
    loss = cox_loss(x @ beta, torch.tensor(GOLDEN["times"]), events, strata=strata)
    loss.backward()
    count = events.sum().item()
    assert -loss.item() * count == pytest.approx(case["log_likelihood"], abs=1e-10)
    assert (-beta.grad * count).tolist() == pytest.approx(case["score"], abs=1e-10)


@pytest.mark.parametrize("cohort", ["brca", "coadread"])
def test_likelihood_of_real_cohorts(data, cohort):
    table = pd.read_csv(data / "tables" / f"tcga_{cohort}_survival.csv")
    table = table.sort_values("case_id").drop_duplicates("case_id")
    golden, coefficient = GOLDEN["tcga"][cohort], GOLDEN["tcga"]["coefficient"]
    covariate = torch.tensor((np.arange(len(table)) % 7 - 3) / 3)
    beta = torch.tensor(coefficient, dtype=torch.float64, requires_grad=True)
    # In these tables 1 means censored.
    events = torch.tensor(table["censorship"].to_numpy() == 0)
    assert (len(table), events.sum().item()) == (golden["patients"], golden["events"])
    loss = cox_loss(covariate * beta, torch.tensor(table["survival_months"].to_numpy()), events)
    loss.backward()
    assert -loss.item() * golden["events"] == pytest.approx(golden["log_likelihood"], rel=1e-11)
    assert -beta.grad.item() * golden["events"] == pytest.approx(golden["score"], rel=1e-9)


def test_the_fit_of_lifelines_is_its_minimum():
    x, events = (
        torch.tensor(GOLDEN["covariates"], dtype=torch.float64),
        torch.tensor(GOLDEN["events"]),
    )
    found = GOLDEN["lifelines"]
    beta = torch.tensor(found["coefficients"], dtype=torch.float64, requires_grad=True)
    loss = cox_loss(x @ beta, torch.tensor(GOLDEN["times"]), events)
    loss.backward()
    assert -loss.item() * events.sum().item() == pytest.approx(found["log_likelihood"], abs=1e-9)
    assert beta.grad.abs().max() < 1e-7


@settings(deadline=None, max_examples=15)
@given(cohorts())
def test_gradients_by_finite_differences(cohort):
    risks, times, events, rng = cohort
    strata = rng.integers(0, 2, len(times))
    risks, times, events, strata = tensors(risks, times, events, strata)
    risks.requires_grad_()
    assert torch.autograd.gradcheck(lambda f: cox_loss(f, times, events, strata=strata), risks)


def test_ties_censored_at_an_event_are_at_risk_and_tied_events_share_the_rest():
    # Two events and one censoring at time 1: −[0 − log 3 − log(3 − ½·2)] / 2.
    loss = loss_of(np.zeros(3), np.ones(3), np.array([True, True, False]))
    assert loss.item() == pytest.approx((np.log(3) + np.log(2)) / 2)


def test_patients_censored_before_every_event_have_no_gradient():
    risks = torch.tensor([3.0, 0.0, 1.0], requires_grad=True)
    cox_loss(risks, torch.tensor([1.0, 2.0, 3.0]), torch.tensor([False, True, False])).backward()
    assert risks.grad[0] == 0 and risks.grad[1] < 0 < risks.grad[2]


def test_huge_scores_have_a_finite_loss_and_gradient():
    risks = torch.tensor([-2e4, 1e4, 2e4, -1e4], requires_grad=True)
    loss = cox_loss(risks, torch.tensor([1.0, 1.0, 2.0, 3.0]), torch.tensor([1, 1, 0, 1]).bool())
    loss.backward()
    # The two tied events stand against e^20000; the last has nobody left.
    assert loss.item() == pytest.approx((40000 + 10000) / 3)
    assert torch.isfinite(risks.grad).all()


def test_single_precision_scores_are_summed_in_double_unless_told():
    rng = np.random.default_rng(3)
    risks, times = rng.normal(size=400).astype(np.float32), rng.integers(1, 40, 400).astype(float)
    events = rng.random(400) < 0.4
    expected = textbook(risks.astype(float), times, events)
    double, single = loss_of(risks, times, events), loss_of(risks, times, events, dtype=torch.float)
    assert double.dtype == torch.float64 and double.item() == pytest.approx(expected, abs=1e-12)
    assert single.dtype == torch.float32 and single.item() == pytest.approx(expected, rel=1e-5)


def test_descent_recovers_a_planted_hazard_with_its_sign():
    rng = np.random.default_rng(11)
    x = rng.normal(size=(600, 2))
    truth = np.array([1.0, -0.5])
    death = rng.exponential(1 / np.exp(x @ truth))
    censoring = rng.exponential(2.0, 600)
    covariates, times, events = tensors(x, np.minimum(death, censoring), death <= censoring)
    beta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([beta], lr=1.0)
    for _ in range(60):
        optimizer.zero_grad()
        cox_loss(covariates @ beta, times, events).backward()
        optimizer.step()
    # About 400 events: standard errors near 0.06.
    assert beta.detach().numpy() == pytest.approx(truth, abs=0.15)


def test_no_event_is_an_error_not_a_loss_of_zero():
    with pytest.raises(ConfigError, match="no event among 4 patients"):
        loss_of(np.zeros(4), np.arange(4.0), np.zeros(4, bool))
    with pytest.raises(ConfigError, match="no event in the batch"):
        sampled_cox_loss(torch.zeros(0, 3), torch.zeros(0, 3, dtype=torch.bool))


@pytest.mark.parametrize(
    "risks, events",
    [
        (torch.zeros(3, 1), torch.ones(3, dtype=torch.bool)),
        (torch.zeros(3), torch.ones(2, dtype=torch.bool)),
        (torch.zeros(3), torch.ones(3)),
        (torch.zeros(3), torch.ones(3, dtype=torch.int64)),
    ],
)
def test_what_broadcasting_or_a_cast_would_take_in_silence_is_refused(risks, events):
    with pytest.raises(ValueError, match="must be"):
        cox_loss(risks, torch.arange(3.0), events)


def test_columns_all_alike_are_refused_too():
    column = torch.zeros(3, 1)
    with pytest.raises(ValueError, match="must be"):
        cox_loss(column, column, torch.ones(3, 1, dtype=torch.bool))


def sampled_golden():
    golden = GOLDEN["sampled"]
    sizes = golden["sizes"]
    width = max(sizes)
    present = torch.arange(width) < torch.tensor(sizes)[:, None]
    risks = torch.full((len(sizes), width), torch.nan, dtype=torch.float64)
    risks[present] = torch.tensor(golden["covariate"], dtype=torch.float64) * golden["coefficient"]
    return risks, present, golden["log_likelihood"]


def test_sampled_sets_have_the_conditional_likelihood_of_statsmodels():
    risks, present, expected = sampled_golden()
    assert -sampled_cox_loss(risks, present).item() * 4 == pytest.approx(expected, abs=1e-10)


def test_absent_entries_have_no_gradient_whatever_they_hold():
    risks, present, _ = sampled_golden()
    risks.requires_grad_()
    sampled_cox_loss(risks, present).backward()
    assert (risks.grad[~present] == 0).all()
    assert (risks.grad[:, 0] < 0).all() and (risks.grad[:, 1:][present[:, 1:]] > 0).all()
    known = risks.detach().nan_to_num(0).requires_grad_()
    assert torch.autograd.gradcheck(lambda f: sampled_cox_loss(f, present), known)


def test_sampled_sets_of_the_whole_cohort_are_the_whole_cohort():
    rng = np.random.default_rng(5)
    risks, times = torch.tensor(rng.normal(size=9)), torch.arange(9.0)
    events = torch.tensor(rng.random(9) < 0.6)
    cases = torch.nonzero(events).flatten().tolist()
    order = [[case, *(j for j in range(9) if j != case)] for case in cases]
    members = torch.tensor(order)
    present = times[members] >= times[members[:, :1]]
    assert sampled_cox_loss(risks[members], present).item() == pytest.approx(
        cox_loss(risks, times, events).item(), abs=1e-12
    )


def test_sampled_sets_of_other_shapes_or_without_their_case_are_refused():
    present = torch.ones(2, 3, dtype=torch.bool)
    with pytest.raises(ValueError, match="must be"):
        sampled_cox_loss(torch.zeros(2, 4), present)
    with pytest.raises(ValueError, match="must be"):
        sampled_cox_loss(torch.zeros(2, 3), present.int())
    present[1, 0] = False
    with pytest.raises(ValueError, match="absent"):
        sampled_cox_loss(torch.zeros(2, 3), present)
