"""What a cohort can show, held against the formulas written out."""

import math

import pytest
from scipy.stats import norm

from histopress.claims.contrast import Contrast
from histopress.claims.design import Design
from histopress.claims.planning import Planned, plan_claim
from histopress.claims.power import contrast_power
from histopress.claims.settings import (
    ClaimsSettings,
    ContrastClaim,
    InclusionClaim,
    LimitClaim,
    PrecisionClaim,
    SaliencyClaim,
    SeparationClaim,
)

BASE = {"letter": "a", "statement": "One is better.", "target": "t", "model": "m"}
CONTRAST = ContrastClaim(**BASE, first=("one", "more"), second=("other",))
AUC = {"kind": "classification", "n": 400, "folds": 4, "prevalences": [0.3, 0.7]}


def planned(claim: object, facts: dict, **family: object) -> Planned:
    claims = ClaimsSettings(**{"family": 10, "of": {"x": claim}, **family})
    return plan_claim("x", claim, claims, facts)


def hanley(value: float, positives: float, negatives: float) -> float:
    """Variance of an AUC, Hanley & McNeil 1982."""
    first, second = value / (2 - value), 2 * value**2 / (1 + value)
    square = value**2
    return (
        value * (1 - value)
        + (positives - 1) * (first - square)
        + (negatives - 1) * (second - square)
    ) / (positives * negatives)


def test_a_contrast_is_planned_as_its_power_says_at_the_familys_level() -> None:
    found = planned(CONTRAST, AUC)
    contrast = Contrast(name="x", first="a", second="b", metric="auc", margin=0.05)
    design = Design(n=400, reference=0.75, prevalences=(0.3, 0.7), folds=4)
    direct = contrast_power(contrast, design, alpha=0.05 / 10)
    assert (found.error, found.power) == (direct.error, direct.power)
    assert (found.equivalence, found.n_needed) == (direct.equivalence, direct.n_shown)
    assert found.contrast == "one + more against other"
    assert planned(CONTRAST, AUC, family=1).power > found.power


@pytest.mark.parametrize(
    ("kind", "metric", "reference"),
    [
        ("classification", "auc", "0.75"),
        ("regression", "spearman", "0.5"),
        ("survival", "c", "0.75"),
    ],
)
def test_without_a_reference_it_lies_between_chance_and_1(
    kind: str, metric: str, reference: str
) -> None:
    found = planned(CONTRAST, {**AUC, "kind": kind, "event_share": 0.5})
    assert found.metric == metric
    assert found.assumed.startswith(f"{metric} of {reference} in the second arm")


def test_a_reference_near_1_is_lowered_and_said_so() -> None:
    claim = ContrastClaim(**BASE, first=("a",), second=("b",), reference=0.97, margin=0.05)
    found = planned(claim, AUC)
    assert "auc of 0.93 in" in found.assumed
    assert found.error is not None


def test_trainings_that_differ_by_rounding_are_taken_to_be_much_alike() -> None:
    claim = PrecisionClaim(**BASE, encoder="e", margin=0.05)
    found = planned(claim, AUC)
    assert found.contrast == "8 bits against float16"
    assert found.error < planned(CONTRAST, AUC).error / 2


def test_a_cohort_too_small_for_an_error_says_so() -> None:
    found = planned(CONTRAST, {**AUC, "kind": "regression", "n": 10})
    assert (found.error, found.power, found.n_needed) == (None, None, None)
    assert "too few" in found.assumed


def test_a_further_task_is_a_slope_over_encoders() -> None:
    claim = InclusionClaim(**BASE, encoders=("a", "b", "c", "d"), margin=0.05)
    found = planned(claim, {**AUC, "task_counts": [1, 1, 2, 4]}, family=1)
    error = 0.035 / math.sqrt(2 * 1 + 0 + 4)  # counts less their mean 2: -1, -1, 0, 2
    assert found.error == pytest.approx(error)
    assert found.power == pytest.approx(norm.cdf(0.05 / error - norm.ppf(0.975)))
    assert found.n == 4
    # Standard error shrinks with √n: power 0.8 at (z + z')² error² / margin² times as many.
    factor = ((norm.ppf(0.975) + norm.ppf(0.8)) * error / 0.05) ** 2
    assert found.n_needed == math.ceil(4 * factor)


@pytest.mark.parametrize("counts", [[2, 2, 2], [1, 2]])
def test_encoders_without_a_trend_have_no_power(counts: list[int]) -> None:
    claim = InclusionClaim(**BASE, encoders=("a", "b", "c"))
    found = planned(claim, {**AUC, "task_counts": counts})
    assert found.power is None
    assert "no trend" in found.assumed


def test_lesions_of_a_size_are_held_against_all_slides_without_one() -> None:
    found = planned(LimitClaim(**BASE, encoders=("a",), bins=3), AUC | {"folds": 1}, family=1)
    lesions, healthy = 400 * 0.3 / 3, 400 * 0.7
    error = math.sqrt(2 * hanley(0.75, lesions, healthy))
    assert found.error == pytest.approx(error, rel=1e-6)
    assert found.equivalence == pytest.approx(
        max(0, 2 * norm.cdf(0.1 / error - norm.ppf(0.95)) - 1)
    )


def test_survival_counts_events() -> None:
    claim = SeparationClaim(**BASE, encoder="e")
    found = planned(claim, {"kind": "survival", "n": 200, "folds": 4, "event_share": 0.32})
    assert found.error == pytest.approx(2 / math.sqrt(64))
    assert found.assumed.startswith("64 events")


def test_maps_count_patients() -> None:
    claim = SaliencyClaim(**BASE, encoder="e", margin=0.1)
    few, many = (planned(claim, {**AUC, "n": n}) for n in (25, 100))
    assert few.error == pytest.approx(2 * many.error)
    assert many.power > few.power
    assert many.n_needed == few.n_needed
