from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from histopress.claims.contrast import Contrast
from histopress.claims.design import Design, metric_error
from histopress.claims.estimate import Estimate
from histopress.claims.power import contrast_power
from histopress.claims.verdict import Verdict, decide
from histopress.evaluate.delong import delong
from histopress.evaluate.judge import primary_measure
from histopress.evaluate.scale import scaled_bounds


def claim(metric: str, margin: float = 0.05, expected: int = 1) -> Contrast:
    return Contrast(
        name="a", first="mtl", second="bigan", metric=metric, margin=margin, expected=expected
    )


def test_auc_needs_as_many_as_hanley_and_mcneil_tabulate() -> None:
    """Radiology 1982, table III: 0.70 against 0.75, one-sided 5 %, two samples: 652 normal and
    652 abnormal for 80 % power. Their null variance is twice that at 0.70."""
    design = Design(n=2 * 652, reference=0.7)
    first, second = (metric_error("auc", value, design) for value in (0.7, 0.75))
    z = (0.05 - norm.ppf(0.95) * 2**0.5 * first) / np.hypot(first, second)
    assert norm.cdf(z) == pytest.approx(0.80, abs=0.002)


def test_spearman_has_the_variance_of_bonett_and_wright() -> None:
    """Published correlation 0.632 of 321 slides; 95 % interval by hand with (1 + r² / 2) / 318."""
    error = metric_error("spearman", 0.632, Design(n=321, reference=0.5))
    bounds = scaled_bounds(0.632, error, scale="fisher", quantile=1.959964)
    half = 1.959964 * ((1 + 0.632**2 / 2) / 318) ** 0.5
    assert bounds == pytest.approx(tuple(np.tanh(np.arctanh(0.632) + np.array([-half, half]))))
    assert bounds == pytest.approx((0.554, 0.699), abs=5e-4)


def test_each_fold_of_a_correlation_loses_three_patients() -> None:
    whole, folded = (metric_error("spearman", 0.5, Design(n=n, reference=0.5)) for n in (60, 51))
    assert metric_error("spearman", 0.5, Design(n=60, reference=0.5, folds=4)) == folded > whole


def test_c_of_few_events_is_that_of_uniform_ranks() -> None:
    """Under no effect each of D events has a uniform rank among all: variance 1 / 12 / D."""
    error = metric_error("c", 0.5, Design(n=100_000, reference=0.5, event_share=0.001))
    assert error == pytest.approx((1 / 12 / 100) ** 0.5, rel=0.01)


def test_the_error_of_paired_aucs_is_that_of_simulated_cohorts() -> None:
    """600 cohorts of 200 patients, 80 positive, two scores that share noise."""
    rng, n, positives = np.random.default_rng(1), 200, np.arange(200) < 80
    aucs = []
    for _ in range(600):
        shared = rng.normal(size=n)
        noise = 0.7 * shared + 0.714 * rng.normal(size=(2, n))
        aucs.append(delong(positives, noise + np.array([[1.1], [0.95]]) * positives).aucs)
    table = np.array(aucs)
    correlation = np.corrcoef(table.T)[0, 1]
    first, second = table.mean(0)
    design = Design(n=n, reference=second, correlation=correlation, prevalences=(0.4, 0.6))
    found = contrast_power(claim("auc", margin=first - second), design)
    truth = (table[:, 0] - table[:, 1]).std(ddof=1)
    assert found.error == pytest.approx(truth, rel=0.1)
    shown = np.mean(table[:, 0] - table[:, 1] > norm.ppf(0.975) * truth)
    assert found.power == pytest.approx(shown, abs=0.06)


@pytest.mark.parametrize(
    ("kind", "strength", "rel"), [("auc", 1.0, 0.12), ("spearman", 1.0, 0.12), ("c", 1.0, 0.2)]
)
def test_the_error_of_one_arm_is_that_of_simulated_cohorts(draw, kind, strength, rel) -> None:
    """400 cohorts of 160 patients in 4 folds; three classes, numbers, or 30 to 40 % events."""
    rng, figures, events = np.random.default_rng(2), [], []
    for _ in range(400):
        ((units,),) = draw(kind, 160, [[strength]], rng)
        figures.append(primary_measure(units).statistic(np.ones((1, 160)))[0])
        events.append(units.n_events / 160 if kind == "c" else 1.0)
    design = Design(
        n=160, reference=0.5, folds=4, prevalences=(1 / 3,) * 3, event_share=float(np.mean(events))
    )
    found = metric_error(kind, float(np.mean(figures)), design)
    assert found == pytest.approx(np.std(figures, ddof=1), rel=rel)


def test_power_is_how_often_the_verdict_falls() -> None:
    design, rng = Design(n=300, reference=0.75), np.random.default_rng(3)
    found = contrast_power(claim("auc", margin=0.06), design, alpha=0.05 / 3)
    verdicts = [
        decide(
            Estimate(value=value, sampling_error=found.error, freedom=1e9, n=300),
            margin=1e-9,
            claims=3,
        ).verdict
        for value in rng.normal(0.06, found.error, 4000)
    ]
    assert np.mean([each is Verdict.SHOWN for each in verdicts]) == pytest.approx(
        found.power, abs=0.025
    )
    flat = contrast_power(claim("auc", margin=0.06), replace(design, n=900))
    error = metric_error("auc", 0.75, replace(design, n=900))
    same = [
        decide(Estimate(value=value, sampling_error=error, freedom=1e9, n=900), margin=0.06).verdict
        for value in rng.normal(0, error, 4000)
    ]
    assert np.mean([each is Verdict.EQUIVALENT for each in same]) == pytest.approx(
        flat.equivalence, abs=0.025
    )


@given(
    st.sampled_from(["auc", "spearman", "c"]),
    st.floats(0.5, 0.8),
    st.floats(0.02, 0.15),
    st.floats(0, 0.9),
    st.integers(60, 900),
)
def test_more_patients_larger_effects_and_closer_pairs_give_more_power(
    metric: str, reference: float, margin: float, correlation: float, n: int
) -> None:
    design = Design(n=n, reference=reference, correlation=correlation, event_share=0.4)
    found = contrast_power(claim(metric, margin), design)
    assert contrast_power(claim(metric, margin), replace(design, n=2 * n)).power >= found.power
    assert contrast_power(claim(metric, 1.2 * margin), design).power >= found.power
    closer = replace(design, correlation=correlation + 0.05)
    assert contrast_power(claim(metric, margin), closer).power >= found.power
    assert contrast_power(claim(metric, margin), design, alpha=0.01).power <= found.power


@pytest.mark.parametrize("metric", ["auc", "spearman", "c"])
@pytest.mark.parametrize("expected", [1, -1])
def test_the_number_needed_is_the_least_that_reaches_the_target(metric: str, expected: int) -> None:
    design = Design(n=100, reference=0.7, folds=4, event_share=0.3)
    own = claim(metric, 0.08, expected)
    found = contrast_power(own, design)
    assert found.n_shown is not None
    assert found.n_equivalent is not None
    for n, what in ((found.n_shown, "power"), (found.n_equivalent, "equivalence")):
        assert getattr(contrast_power(own, replace(design, n=n)), what) >= 0.8
        assert getattr(contrast_power(own, replace(design, n=n - 1)), what) < 0.8


def test_classes_tell_as_much_as_they_are_apart() -> None:
    """Two classes are one comparison; of more, the mean over classes varies less than each."""
    two = metric_error("auc", 0.8, Design(n=300, reference=0.8))
    three = Design(n=300, reference=0.8, prevalences=(1 / 3,) * 3)
    single = metric_error("auc", 0.8, replace(three, prevalences=(1 / 3, 2 / 3)))
    assert two == pytest.approx(metric_error("auc", 0.8, Design(n=300, reference=0.1)))
    assert metric_error("auc", 0.8, three) == pytest.approx(single * (0.5) ** 0.5)


def test_the_effect_lies_on_the_expected_side() -> None:
    design = Design(n=300, reference=0.8, correlation=0.0)
    for expected, value in ((1, 0.9), (-1, 0.7)):
        errors = [metric_error("auc", each, design) for each in (0.8, value)]
        found = contrast_power(claim("auc", 0.1, expected), design)
        assert found.error == pytest.approx(np.hypot(*errors))


def test_what_no_number_shows_has_none() -> None:
    found = contrast_power(claim("auc", 1e-5), Design(n=100, reference=0.7))
    assert (found.n_shown, found.n_equivalent) == (None, None)
    assert found.power < 0.03


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"n": 0}, "0 patients"),
        ({"correlation": 1.0}, "correlation 1.0"),
        ({"event_share": 0.0}, "event_share 0.0"),
        ({"prevalences": (0.5, 0.4)}, "of sum 1"),
        ({"prevalences": (1.0,)}, "two or more"),
    ],
)
def test_what_is_no_design_is_refused(facts: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Design(**{"n": 100, "reference": 0.7, **facts})


def test_what_the_metric_does_not_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="auc of 1.02: must be between 0 and 1"):
        contrast_power(claim("auc"), Design(n=100, reference=0.97))
    with pytest.raises(ValueError, match="take 16 or more"):
        contrast_power(claim("spearman"), Design(n=15, reference=0.5, folds=4))
    with pytest.raises(ValueError, match="alpha 0"):
        contrast_power(claim("auc"), Design(n=100, reference=0.7), alpha=0)
