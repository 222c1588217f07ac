from collections import Counter
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import chisquare

from histopress.errors import ConfigError
from histopress.learn.cox import cox_loss, sampled_cox_loss
from histopress.learn.risk_sets import draw_slides, sample_risk_sets, survival_batches


def survival(count, seed, *, distinct=0, rate=0.5):
    rng = np.random.default_rng(seed)
    times = rng.integers(0, distinct, count) * 1.0 if distinct else rng.exponential(1.0, count)
    return times, rng.random(count) < rate


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 30), st.integers(0, 10**6), st.integers(1, 6), st.booleans(), st.booleans())
def test_controls_are_others_at_risk_each_once(count, seed, controls, tied, stratified):
    times, events = survival(count, seed, distinct=4 * tied)
    times[:2], events[0] = 0.0, True
    strata = np.arange(count) // 2 % 2 if stratified else None
    rng = np.random.default_rng(seed)
    sets = sample_risk_sets(times, events, controls=controls, rng=rng, strata=strata)
    assert sets.members.shape == sets.present.shape == (len(sets.members), 1 + controls)
    for row, present in zip(sets.members, sets.present, strict=True):
        case, drawn = row[0], row[present]
        assert events[case] and present[0]
        assert len(set(drawn)) == len(drawn) >= 2
        assert (times[drawn] >= times[case]).all()
        assert (row[~present] == case).all()
        assert strata is None or (strata[drawn] == strata[case]).all()
    if not tied:
        others = (times > times[:, None]) & (True if strata is None else strata == strata[:, None])
        expected = {
            int(i): min(controls, n) for i, n in enumerate(others.sum(1)) if events[i] and n
        }
        # Patients 0 and 1 share time 0 and are dealt with above.
        found = dict(zip(sets.members[:, 0].tolist(), sets.present.sum(1) - 1, strict=True))
        assert all(found[i] == n for i, n in expected.items() if i > 1)


def test_every_set_of_those_at_risk_is_equally_likely():
    times = np.array([1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 2.0])
    events = np.array([False, True, False, False, True, False, False])
    rng = np.random.default_rng(8)
    seen = Counter()
    for _ in range(3000):
        members = sample_risk_sets(times, events, controls=2, rng=rng).members
        seen[tuple(sorted(members[0, 1:].tolist()))] += 1
    # Censored at the event's time is at risk; before it is not.
    assert set(seen) == set(combinations([2, 3, 4, 5, 6], 2))
    assert chisquare(list(seen.values())).pvalue > 0.01


def test_of_two_tied_events_either_is_at_risk_for_the_other_half_of_the_time_never_both():
    times, events = np.array([1.0, 1.0, 2.0]), np.array([True, True, False])
    rng, seen = np.random.default_rng(2), Counter()
    for _ in range(1000):
        sets = sample_risk_sets(times, events, controls=2, rng=rng)
        seen[tuple(sets.present.sum(1).tolist())] += 1
    assert set(seen) == {(3, 2), (2, 3)}
    assert abs(seen[3, 2] - 500) < 50


def test_an_event_with_nobody_left_has_no_set():
    sets = sample_risk_sets(
        np.array([1.0, 5.0]), np.array([True, True]), controls=3, rng=np.random.default_rng(0)
    )
    assert sets.members.tolist() == [[0, 1, 0, 0]]
    assert sets.present.tolist() == [[True, True, False, False]]


def planted(seed, count, hazard, *, rounded=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    death, censoring = rng.exponential(1 / np.exp(hazard * x)), rng.exponential(2.0, count)
    times, events = np.minimum(death, censoring), death <= censoring
    return x, np.ceil(times * rounded) if rounded else times, events


def whole_estimate(x, times, events):
    x, times, events = map(torch.tensor, (x, times, events))
    return minimize_scalar(lambda b: cox_loss(b * x, times, events).item(), bounds=(-4, 4)).x


def sampled_estimate(x, times, events, controls, rng):
    sets = sample_risk_sets(times, events, controls=controls, rng=rng)
    risks, present = torch.tensor(x[sets.members]), torch.tensor(sets.present)
    return minimize_scalar(lambda b: sampled_cox_loss(b * risks, present).item(), bounds=(-4, 4)).x


def test_sampled_sets_estimate_the_hazard_ratio_of_the_whole_cohort():
    x, times, events = planted(1, 600, 1.0)
    rng = np.random.default_rng(4)
    found = [sampled_estimate(x, times, events, 3, rng) for _ in range(8)]
    assert np.mean(found) == pytest.approx(whole_estimate(x, times, events), abs=0.06)
    assert np.mean(found) == pytest.approx(1.0, abs=0.15)


def test_with_many_ties_sampled_sets_agree_with_efron():
    # Were all tied events at risk for one another, this would be Breslow's 0.67, not 0.86.
    x, times, events = planted(7, 800, 1.0, rounded=2)
    assert len(np.unique(times)) < 15
    rng = np.random.default_rng(5)
    found = [sampled_estimate(x, times, events, 5, rng) for _ in range(8)]
    assert np.mean(found) == pytest.approx(whole_estimate(x, times, events), abs=0.05)


def test_draws_follow_the_generator_alone():
    times, events = survival(30, 1)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second, other = (
        sample_risk_sets(times, events, controls=3, rng=np.random.default_rng(seed)).members
        for seed in (1, 1, 2)
    )
    assert (first == second).all() and (first != other).any()
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_each_patient_is_seen_on_one_of_its_slides_all_in_turn():
    patients = np.array([2, 0, 2, 1, 2, 0])
    rng, seen = np.random.default_rng(0), [Counter(), Counter(), Counter()]
    for _ in range(600):
        for patient, slide in enumerate(draw_slides(patients, count=3, rng=rng).tolist()):
            assert patients[slide] == patient
            seen[patient][slide] += 1
    assert [sorted(each) for each in seen] == [[1, 5], [3], [0, 2, 4]]
    assert chisquare(list(seen[2].values())).pvalue > 0.01


@pytest.mark.parametrize("patients, named", [([0, 2], "1"), ([0, 1, 2, 3], "3")])
def test_patients_without_a_slide_and_slides_without_a_patient_are_named(patients, named):
    with pytest.raises(ConfigError, match=f"patients {named}: "):
        draw_slides(np.array(patients), count=3, rng=np.random.default_rng(0))


def epoch(times, events, patients, seed=0, **options):
    options = {"cases": 4, "controls": 3, "at_once": 0, **options}
    rng = np.random.default_rng(seed)
    return list(survival_batches(times, events, patients, rng=rng, **options))


def test_an_epoch_sees_every_event_once_and_no_patient_twice_in_a_batch():
    times, events = survival(40, 3)
    patients = np.arange(80) % 40
    times[np.argmax(times)] = times.max() + 1
    events[np.argmax(times)] = False
    cases = []
    for batch in epoch(times, events, patients):
        assert len(set(batch.patients)) == len(batch.patients) <= 16
        assert (patients[batch.slides] == batch.patients).all()
        members = batch.patients[batch.sets.members]
        assert (np.sort(np.unique(members)) == batch.patients).all()
        assert (times[members] >= times[members[:, :1]]).all()
        cases.extend(members[:, 0])
    assert sorted(cases) == np.flatnonzero(events).tolist()


def test_batches_are_of_nearly_equal_size_and_change_from_epoch_to_epoch():
    times, events = np.arange(20.0), np.arange(20) < 9
    rng, patients = np.random.default_rng(0), np.arange(20)
    options = {"cases": 4, "controls": 1, "at_once": 19, "rng": rng}
    first, second = (list(survival_batches(times, events, patients, **options)) for _ in range(2))
    assert [len(each.sets.members) for each in first] == [3, 3, 3]
    cases = [
        [each.patients[each.sets.members[:, 0]].tolist() for each in run] for run in (first, second)
    ]
    assert cases[0] != cases[1] != [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_a_fold_that_fits_is_one_risk_set_of_one_slide_a_patient():
    times, events = survival(12, 4)
    patients = np.arange(30) % 12
    (batch,) = epoch(times, events, patients, at_once=12)
    assert batch.sets is None
    assert batch.patients.tolist() == list(range(12))
    assert (patients[batch.slides] == batch.patients).all()


def test_equal_generators_give_equal_epochs():
    times, events = survival(25, 6)
    one, two = (epoch(times, events, np.arange(50) % 25, seed=9) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        assert a.slides.tolist() == b.slides.tolist()
        assert a.sets.members.tolist() == b.sets.members.tolist()


@pytest.mark.parametrize(
    "times, events, message",
    [
        ([1.0, np.nan], [True, False], "time nan of patient 1"),
        ([-1.0, 2.0], [True, False], "time -1.0 of patient 0"),
        ([1.0, 2.0], [False, False], "0 events among 2 patients"),
        ([1.0, 2.0], [False, True], "nothing can be compared"),
    ],
)
def test_survival_that_cannot_be_learnt_is_refused(times, events, message):
    for at_once in (0, 10):
        with pytest.raises(ConfigError, match=message):
            epoch(np.array(times), np.array(events), np.arange(2), at_once=at_once)


def test_misuse_is_refused():
    times, events = survival(5, 0)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="boolean"):
        sample_risk_sets(times, events.astype(int), controls=1, rng=rng)
    with pytest.raises(ValueError, match="must be"):
        sample_risk_sets(times[:4], events, controls=1, rng=rng)
    with pytest.raises(ValueError, match="controls 0"):
        sample_risk_sets(times, events, controls=0, rng=rng)
    with pytest.raises(ValueError, match="cases 0"):
        epoch(times, events, np.arange(5), cases=0)
