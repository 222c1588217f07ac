"""The clock that all simulated survival runs by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.simulate.exponential import draw_age, hazard_at, latest_end, observe


@given(
    st.lists(st.floats(-3, 3), min_size=1, max_size=20),
    st.floats(0.01, 0.95),
    st.floats(1, 1000),
)
def test_the_latest_end_censors_the_share_asked_for(exponents, share, median):
    hazards = np.asarray(hazard_at(np.array(exponents), median))
    weights = np.full(len(hazards), 1 / len(hazards))
    end = latest_end(hazards, weights, share=share, scale=median)
    # P(end of follow-up before the event), by the middles of many thin slices of its time.
    ended = (np.arange(20_000) + 0.5) / 20_000 * end
    censored = np.mean([np.exp(-hazard * ended).mean() for hazard in hazards])
    assert censored == pytest.approx(share, abs=2e-3)


def test_no_censoring_is_an_end_that_never_comes():
    assert latest_end(np.ones(1), np.ones(1), share=0.0, scale=1.0) == float("inf")
    assert observe(2.0, 0.5, hazard=0.1, end=float("inf")) == (20.0, 0)


@given(st.floats(0, 50), st.floats(0, 1), st.floats(1e-4, 10), st.floats(0.1, 1e4))
def test_who_is_seen_last_is_the_earlier_of_both(luck, ended, hazard, end):
    months, censorship = observe(luck, ended, hazard=hazard, end=end)
    assert months >= 0.01
    assert months == pytest.approx(max(min(luck / hazard, ended * end), 0.01), abs=0.006)
    assert censorship == (ended * end < luck / hazard)


def test_the_median_is_stated():
    times = np.random.default_rng(0).standard_exponential(40_000) / hazard_at(0.0, 30.0)
    # The median of n exponential times has the standard error median / (ln 2 · √n).
    assert np.median(times) == pytest.approx(30.0, abs=4 * 30 / np.log(2) / 200)


def test_ages_are_those_of_patients():
    ages = [draw_age(np.random.default_rng(number)) for number in range(2000)]
    assert np.mean(ages) == pytest.approx(62, abs=1)
    assert min(ages) >= 30
    assert max(ages) <= 90
