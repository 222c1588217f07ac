from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from histopress.claims.estimate import Estimate
from histopress.claims.verdict import Decision, Verdict, decide, round_up

OTHER = {Verdict.SHOWN: Verdict.REVERSED, Verdict.REVERSED: Verdict.SHOWN}
VALUES, ERRORS = st.floats(-0.3, 0.3), st.floats(0.005, 0.2)
MARGINS, CLAIMS = st.floats(0.01, 0.2), st.integers(1, 9)


def estimate(value: float, error: float, **facts: float) -> Estimate:
    return Estimate(**{"value": value, "sampling_error": error, "freedom": 1e9, "n": 200, **facts})


@pytest.mark.parametrize(
    ("value", "error", "verdict", "differs", "exceeds"),
    [
        (0.10, 0.02, Verdict.SHOWN, True, True),
        (0.06, 0.02, Verdict.SHOWN, True, False),
        (-0.06, 0.02, Verdict.REVERSED, True, False),
        (-0.10, 0.02, Verdict.REVERSED, True, True),
        (0.00, 0.02, Verdict.EQUIVALENT, False, False),
        (0.02, 0.005, Verdict.EQUIVALENT, True, False),
        (-0.02, 0.005, Verdict.EQUIVALENT, True, False),
        (0.03, 0.03, Verdict.UNDECIDED, False, False),
        (0.00, 0.10, Verdict.UNDECIDED, False, False),
    ],
)
def test_the_rules(
    value: float, error: float, verdict: Verdict, differs: bool, exceeds: bool
) -> None:
    found = decide(estimate(value, error), margin=0.05)
    assert (found.verdict, found.differs, found.exceeds) == (verdict, differs, exceeds)
    assert found.low == pytest.approx(value - 1.959964 * error, abs=1e-6)
    assert found.inner_high == pytest.approx(value + 1.644854 * error, abs=1e-6)


def test_words_say_what_is_open() -> None:
    def said(value: float, error: float) -> str:
        return decide(estimate(value, error), margin=0.05).sentence

    assert said(0.10, 0.02) == "shown, by more than 0.05"
    assert said(-0.06, 0.02) == "reversed; whether by 0.05 or more is open"
    assert said(0.0, 0.02) == "equivalent within ±0.05"
    assert said(0.02, 0.005).endswith("a difference is there, and smaller than matters")
    # 200 · (1.959964 · 0.1 / 0.03)² = 8536.5
    assert said(0.03, 0.1) == "undecided (needs about n = 8,600)"


@given(VALUES, ERRORS, MARGINS, CLAIMS)
def test_turning_the_sign_turns_the_verdict(
    value: float, error: float, margin: float, claims: int
) -> None:
    found = decide(estimate(value, error), margin=margin, claims=claims)
    turned = decide(estimate(-value, error), margin=margin, claims=claims)
    assert turned.verdict == OTHER.get(found.verdict, found.verdict)
    both = decide(estimate(-value, error), margin=margin, claims=claims, expected=-1)
    assert (both.verdict, both.n_needed) == (found.verdict, found.n_needed)


@given(VALUES, ERRORS, MARGINS, st.sampled_from([0.01, 7.0, 100.0]))
def test_units_of_the_metric_do_not_matter(
    value: float, error: float, margin: float, factor: float
) -> None:
    found = decide(estimate(value, error), margin=margin)
    scaled = decide(estimate(factor * value, factor * error), margin=factor * margin)
    edges = [found.low, found.high, margin - found.inner_high, margin + found.inner_low]
    assume(min(map(abs, edges)) > 1e-9)
    assert scaled.verdict == found.verdict


@given(VALUES, ERRORS, MARGINS, CLAIMS)
def test_verdict_interval_and_p_value_say_the_same(
    value: float, error: float, margin: float, claims: int
) -> None:
    found = decide(estimate(value, error), margin=margin, claims=claims)
    assume(abs(found.p_value - 0.05) > 1e-6)
    assume(abs(found.p_equivalence - 0.05) > 1e-6)
    assert found.differs == (found.p_value < 0.05)
    assert (found.verdict is Verdict.EQUIVALENT) == (found.p_equivalence < 0.05)
    assert found.level == pytest.approx(1 - 0.05 / claims)


@given(VALUES, ERRORS, MARGINS, CLAIMS, st.floats(0, 0.05))
def test_so_many_decide_and_a_tenth_fewer_do_not(
    value: float, error: float, margin: float, claims: int, fixed: float
) -> None:
    before = estimate(value, error, fixed_error=fixed)
    found = decide(before, margin=margin, claims=claims)
    if found.verdict is not Verdict.UNDECIDED:
        assert (found.n_needed, found.needed_for, found.reason) == (None, None, "")
        return

    def after(n: float) -> Decision:
        scaled = replace(before, sampling_error=error * (before.n / n) ** 0.5)
        return decide(scaled, margin=margin, claims=claims)

    if found.n_needed is None:
        assert after(1e12).verdict is Verdict.UNDECIDED
        assert "more seeds" in found.reason
        return
    assert found.n_needed >= before.n
    reached = after(found.n_needed * (1 + 1e-9))
    assert reached.verdict is not Verdict.UNDECIDED
    edges = [reached.low, reached.high, margin - reached.inner_high, margin + reached.inner_low]
    if min(map(abs, edges)) > 1e-6:
        assert reached.verdict is found.needed_for
    assert after(found.n_needed / 1.1 - 1).verdict is Verdict.UNDECIDED


def test_rounded_up_it_may_be_enough_for_equivalence() -> None:
    """200 patients · (2.4977 · 0.125 / 0.0982)² = 2021 show it; 2100 find it equivalent too."""
    found = decide(estimate(0.0982234, 0.125), margin=0.1855469, claims=4)
    assert (found.n_needed, found.needed_for) == (2100, Verdict.EQUIVALENT)


def test_seeds_are_not_mended_by_patients() -> None:
    found = decide(estimate(0.03, 0.01, fixed_error=0.02), margin=0.02)
    assert (found.verdict, found.n_needed) == (Verdict.UNDECIDED, None)
    assert found.sentence == (
        "undecided (trainings alone vary by a standard error of 0.02: no number of patients "
        "decides it, more seeds may)"
    )


def test_no_spread_is_no_certainty() -> None:
    found = decide(estimate(0.2, 0.0), margin=0.05)
    assert (found.verdict, found.differs, found.p_value) == (Verdict.UNDECIDED, False, 1.0)
    assert "no spread" in found.sentence


@pytest.mark.parametrize("truths", [(0.0, 0.0, 0.0), (0.05, 0.05, -0.05), (0.0, 0.05, 0.02)])
def test_any_wrong_verdict_of_a_family_is_rare(truths: tuple[float, ...]) -> None:
    """2,000 families of three claims on shared patients; wrong in at most 5 %, 6.5 % allowed."""
    rng = np.random.default_rng(5)
    wrong, error, margin = 0, 0.012, 0.05
    for _ in range(2000):
        shared, own = rng.normal(), rng.normal(size=3)
        bad = False
        for truth, noise in zip(truths, own, strict=True):
            value = truth + error * (0.6 * shared + 0.8 * noise)
            verdict = decide(estimate(value, error), margin=margin, claims=3).verdict
            bad |= verdict is Verdict.EQUIVALENT and abs(truth) >= margin
            bad |= verdict is Verdict.SHOWN and truth <= 0
            bad |= verdict is Verdict.REVERSED and truth >= 0
        wrong += bad
    assert wrong / 2000 <= 0.065


def test_more_patients_lead_to_the_truth() -> None:
    for truth, verdict in [(0.02, Verdict.EQUIVALENT), (0.08, Verdict.SHOWN)]:
        assert decide(estimate(truth, 1e-4), margin=0.05).verdict is verdict


@given(st.floats(1, 1e7))
def test_rounding_is_up_and_by_less_than_a_tenth(number: float) -> None:
    found = round_up(number)
    assert number * (1 - 1e-8) <= found <= 1.1 * number + 1
    assert set(str(found)[2:]) <= {"0"}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"margin": 0.0}, "margin 0.0"),
        ({"margin": 0.1, "expected": 0}, "expected 0"),
        ({"margin": 0.1, "alpha": 0.0}, "alpha 0.0"),
        ({"margin": 0.1, "claims": 0}, "0 claims"),
    ],
)
def test_what_is_no_rule_is_refused(facts: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        decide(estimate(0.1, 0.1), **facts)
