import numpy as np
import pytest

from histopress.claims.paired import paired_difference
from histopress.evaluate.judge import primary_measure
from histopress.evaluate.resampling import Statistic
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.weighting import weighted_means

SMALL = {"patients": np.arange(12), "folds": np.arange(12) % 3}


def mean_of(values: np.ndarray) -> Statistic:
    return lambda weights: weighted_means(values, weights)


def paired(first: list, second: list, facts: dict = SMALL, n_resamples: int = 50):
    rng = np.random.default_rng(1)
    return paired_difference(first, second, n_resamples=n_resamples, rng=rng, **facts)


def test_the_error_of_seeds_is_that_of_means_over_seeds() -> None:
    """Seeds that differ by constants have no luck of their own: s² / S of each arm is added."""
    base = np.random.default_rng(2).normal(size=12)
    first, second = np.array([0.3, 0.1, 0.5]), np.array([0.0, 0.2])
    found = paired([mean_of(base + own) for own in first], [mean_of(own - base) for own in second])
    expected = first.var(ddof=1) / 3 + second.var(ddof=1) / 2
    assert found.estimate.value == pytest.approx(2 * base.mean() + 0.2)
    assert found.estimate.fixed_error**2 == pytest.approx(expected)
    patients = found.estimate.sampling_error**2
    spread = patients**2 / 9 + first.var(ddof=1) ** 2 / 9 / 2 + second.var(ddof=1) ** 2 / 4 / 1
    assert found.estimate.freedom == pytest.approx((patients + expected) ** 2 / spread)
    assert found.warnings == ()


def test_luck_of_a_seed_with_these_patients_is_not_counted_twice() -> None:
    """Seeds of one quality differ on finite patients; what is added must vanish on average."""
    rng, added, between, patients = np.random.default_rng(3), [], [], []
    facts = {"patients": np.arange(40), "folds": np.zeros(40, int)}
    for _ in range(200):
        common = rng.normal(size=40)
        first = [common + rng.normal(size=40) for _ in range(4)]
        found = paired([mean_of(own) for own in first], [mean_of(common)], facts, n_resamples=2)
        added.append(found.estimate.fixed_error**2)
        between.append(np.var(found.first, ddof=1) / 4)
        patients.append(found.estimate.sampling_error**2)
    assert np.mean(patients) == pytest.approx(1 / 160, rel=0.1)
    assert np.mean(between) == pytest.approx(1 / 160, rel=0.15)
    assert np.mean(added) < 0.45 * np.mean(between)


def test_one_seed_is_told() -> None:
    values = np.random.default_rng(4).normal(size=(3, 12))
    own = [mean_of(each) for each in values]
    both, second = paired(own[:1], own[1:2]), paired(own[:2], own[2:])
    assert both.warnings == (
        "both arms have one training seed: how its trainings vary is not in the interval",
    )
    assert both.estimate.fixed_error == 0.0
    assert both.estimate.freedom == 9.0
    assert second.warnings[0].startswith("the second arm has one training seed")


def test_the_error_of_patients_is_that_of_the_mean_over_seeds() -> None:
    values = np.random.default_rng(5).normal(size=(4, 12))
    found = paired([mean_of(each) for each in values[:3]], [mean_of(values[3])])
    difference = values[:3].mean(0) - values[3]
    within = [difference[fold::3].var(ddof=1) / 4 for fold in range(3)]
    assert found.estimate.sampling_error == pytest.approx((sum(within) / 9) ** 0.5)
    assert found.estimate.value == pytest.approx(difference.mean())


def test_the_bootstrap_takes_the_place_of_a_jackknife_that_is_undefined() -> None:
    values = np.random.default_rng(6).normal(size=(2, 12))
    facts = {"patients": np.arange(12), "folds": np.array([0] * 11 + [1])}
    found = paired([mean_of(values[0])], [mean_of(values[1])], facts, n_resamples=4000)
    expected = np.std(found.replicates, ddof=1) * (12 / 10) ** 0.5
    assert found.estimate.sampling_error == pytest.approx(expected)
    assert found.estimate.freedom == 10.0


def test_what_has_no_error_is_refused() -> None:
    values = np.arange(3.0)
    alone = {"patients": np.arange(3), "folds": np.arange(3)}
    with pytest.raises(UndefinedMetricError, match="3 patients in 3 folds show no error"):
        paired([mean_of(values)], [mean_of(-values)], alone)
    with pytest.raises(ValueError, match="0 and 1 seeds"):
        paired([], [mean_of(np.ones(12))])


def test_resamples_without_a_figure_are_counted() -> None:
    def odd(weights: np.ndarray) -> np.ndarray:
        found = weighted_means(np.arange(12.0), weights)
        return np.where(weights[:, 0] > 0, found, np.nan)

    found = paired([odd], [mean_of(np.ones(12))], n_resamples=300)
    missing = int(np.isnan(found.replicates).sum())
    assert 60 < missing < 130
    assert f"{missing} of 300 resamples have no figure" in found.warnings[-1]


@pytest.mark.parametrize(("kind", "seeds"), [("auc", 1), ("spearman", 1), ("c", 1), ("c", 3)])
def test_intervals_cover_the_truth(draw, kind: str, seeds: int) -> None:
    """200 cohorts of 80 patients in 4 folds, arms alike but for seeds: the truth is 0."""
    rng, covered = np.random.default_rng(7), 0
    for _ in range(200):
        spread = 0.2 if seeds > 1 else 0.0
        strengths = 0.8 + spread * rng.normal(size=(2, seeds))
        arms = draw(kind, 80, strengths.tolist(), rng)
        figures = [[primary_measure(units).statistic for units in arm] for arm in arms]
        facts = {"patients": arms[0][0].patients, "folds": arms[0][0].folds}
        low, high = paired(*figures, facts, n_resamples=2).estimate.interval(0.95)
        covered += low <= 0 <= high
    assert 0.91 <= covered / 200 <= 0.995
