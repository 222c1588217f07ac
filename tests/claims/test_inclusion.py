import numpy as np
import pytest
from scipy.stats import linregress, pearsonr
from sklearn.linear_model import LinearRegression

from claims.subsets import inclusion_runs, inclusion_table
from histopress.claims.covariance import PatientCovariance, patient_covariance
from histopress.claims.inclusion import inclusion_correlations, inclusion_model
from histopress.claims.task_count import count_trend
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.weighting import weighted_means

TASKS = ("lymph", "mitosis", "prostate", "colorectal")
RUNS = inclusion_runs(TASKS)
TABLE = inclusion_table(RUNS, TASKS)

MEANS = (0.512, 0.566, 0.563, 0.588)
SDS = (0.038, 0.032, 0.045, 0.013)
CORRELATIONS = (0.319, 0.033, 0.077, 0.824)
"""Tellez et al., MIDL 2020: Spearman's correlation by number of tasks, and its correlation with the
inclusion of each task."""


def noisy(seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=len(TABLE))
    return 0.5 + TABLE @ np.array([0.02, 0.0, 0.01, 0.07]) + 0.02 * noise


def published() -> np.ndarray:
    """Performances with the published mean and sd of each number of tasks."""
    found, rng = np.zeros(len(TABLE)), np.random.default_rng(2)
    for count, mean, sd in zip((1, 2, 3, 4), MEANS, SDS, strict=True):
        own = TABLE.sum(1) == count
        noise = rng.normal(size=own.sum())
        found[own] = mean + sd * (noise - noise.mean()) / noise.std(ddof=1)
    return found


def test_the_runs_are_those_of_the_published_study() -> None:
    assert len(RUNS) == len(set(RUNS)) == 18
    assert len({run.tasks for run in RUNS}) == 15
    assert [run.repeat for run in RUNS if run.tasks == TASKS] == [0, 1, 2, 3]
    assert np.bincount(TABLE.sum(1)).tolist() == [0, 4, 6, 4, 4]
    assert TABLE[0].tolist() == [1, 0, 0, 0]
    assert len(inclusion_runs(TASKS[:3])) == 10


@pytest.mark.parametrize(("tasks", "full"), [(("a",), 4), (("a", "a"), 4), (("a", "b"), 0)])
def test_what_is_no_study_is_refused(tasks: tuple[str, ...], full: int) -> None:
    with pytest.raises(ValueError, match="two tasks or more"):
        inclusion_runs(tasks, full_runs=full)


def test_effects_are_scikit_learns_and_errors_those_of_the_textbook() -> None:
    performance = noisy()
    found = inclusion_model(performance, TABLE)
    fit = LinearRegression().fit(TABLE, performance)
    assert [each.value for each in found.effects] == pytest.approx(fit.coef_.tolist(), abs=1e-12)
    assert found.intercept == pytest.approx(fit.intercept_, abs=1e-12)
    assert found.r_squared == pytest.approx(fit.score(TABLE, performance), abs=1e-12)
    design = np.column_stack([np.ones(18), TABLE])
    residuals = performance - fit.predict(TABLE)
    covariance = residuals @ residuals / 13 * np.linalg.inv(design.T @ design)
    errors = np.sqrt(np.diag(covariance))[1:]
    assert [each.error for each in found.effects] == pytest.approx(errors.tolist(), rel=1e-9)
    assert {(each.freedom, each.n, each.fixed_error) for each in found.effects} == {(13.0, 18, 0.0)}
    full = performance[-4:]
    assert found.repeat_sd == pytest.approx(full.std(ddof=1))


def test_what_is_planted_comes_out() -> None:
    effects = np.array([0.03, -0.01, 0.0, 0.07])
    found = inclusion_model(0.5 + TABLE @ effects, TABLE)
    assert [each.value for each in found.effects] == pytest.approx(effects.tolist(), abs=1e-12)
    assert found.residual_sd < 1e-12
    assert found.r_squared == pytest.approx(1)


def test_intervals_of_effects_hold_their_level() -> None:
    """2,000 studies of 18 runs that vary alike."""
    rng, covered = np.random.default_rng(3), np.zeros(4)
    truth = np.array([0.02, 0.0, 0.01, 0.07])
    for _ in range(2000):
        found = inclusion_model(TABLE @ truth + 0.03 * rng.normal(size=18), TABLE)
        for place, each in enumerate(found.effects):
            low, high = each.interval(0.95)
            covered[place] += low <= truth[place] <= high
    assert (abs(covered / 2000 - 0.95) < 0.02).all()


def test_correlations_are_pearsons() -> None:
    performance = noisy()
    expected = [pearsonr(column, performance).statistic for column in TABLE.T]
    assert inclusion_correlations(performance, TABLE).tolist() == pytest.approx(expected)


def test_published_correlations_and_means_are_of_the_same_18_runs() -> None:
    """Summed over tasks, covariances with inclusion are the covariance with the number of tasks;
    what three figures of a table say of it must agree to the rounding."""
    performance, number = published(), TABLE.sum(1)
    with_number = np.cov(number, performance)[0, 1]
    spreads = TABLE.std(0, ddof=1) * performance.std(ddof=1)
    assert spreads @ np.array(CORRELATIONS) == pytest.approx(with_number, rel=0.015)
    # The published table then says which effects there are, and how sure they are.
    covariances = spreads * CORRELATIONS
    effects = np.linalg.solve(np.cov(TABLE.T), covariances)
    assert effects == pytest.approx([0.022, -0.003, 0.001, 0.066], abs=1e-3)
    left = 17 * (performance.var(ddof=1) - effects @ covariances)
    error = (left / 13 * np.linalg.inv(17 * np.cov(TABLE.T))[0, 0]) ** 0.5
    assert effects / error == pytest.approx([1.93, -0.27, 0.07, 5.81], abs=0.02)


def test_the_trend_shows_the_published_table() -> None:
    found = count_trend(published(), TABLE)
    assert (found.counts, found.runs) == ((1, 2, 3, 4), (4, 6, 4, 4))
    assert found.means == pytest.approx(MEANS)
    assert found.sds == pytest.approx(SDS)
    expected = linregress(TABLE.sum(1), published())
    assert found.slope.value == pytest.approx(expected.slope, abs=1e-12)
    assert found.slope.error == pytest.approx(expected.stderr, rel=1e-9)
    assert found.slope.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert found.slope.freedom == 16.0
    assert found.slope.value == pytest.approx(0.0216, abs=1e-4)


def test_a_withheld_task_leaves_a_smaller_study() -> None:
    tasks = TASKS[:3]
    table = inclusion_table(inclusion_runs(tasks), tasks)
    performance = 0.5 + table @ np.array([0.02, 0.0, 0.05])
    performance += 0.01 * np.random.default_rng(4).normal(size=10)
    found = inclusion_model(performance, table)
    assert {(each.freedom, each.n) for each in found.effects} == {(6.0, 10)}
    assert count_trend(performance, table).runs == (3, 3, 4)


def test_error_over_patients_is_added() -> None:
    """Runs that share all of a patient's luck lose none of it in a difference."""
    rng = np.random.default_rng(5)
    luck = 0.5 * rng.normal(size=40)
    scores = [luck + run @ np.array([0.1, 0.0, 0.0, 0.3]) for run in TABLE]
    scores = [own + 0.1 * rng.normal(size=40) for own in scores]
    figures = [lambda weights, own=own: weighted_means(own, weights) for own in scores]
    patients = patient_covariance(figures, patients=np.arange(40), folds=np.arange(40) % 4)
    performance = np.array([own.mean() for own in scores])
    plain = inclusion_model(performance, TABLE).effects[3]
    found = inclusion_model(performance, TABLE, patients).effects[3]
    assert found.value == plain.value
    assert found.fixed_error == plain.sampling_error
    assert found.n == 40
    row = np.linalg.pinv(np.column_stack([np.ones(18), TABLE]))[4]
    per_patient = row @ np.array(scores)
    assert found.sampling_error == pytest.approx(
        np.sqrt(sum(per_patient[f::4].var() * 10 * 10 / 9 for f in range(4))) / 40, rel=1e-6
    )
    assert found.sampling_error < 0.3 * patients.matrix[0, 0] ** 0.5
    trend = count_trend(performance, TABLE, patients).slope
    assert trend.fixed_error == count_trend(performance, TABLE).slope.sampling_error


def test_patients_without_a_covariance_are_refused() -> None:
    unknown = PatientCovariance(matrix=np.full((18, 18), np.nan), n_patients=9, n_folds=9)
    with pytest.raises(UndefinedMetricError, match="no covariance over patients"):
        inclusion_model(noisy(), TABLE, unknown)


def test_what_cannot_be_told_apart_is_refused() -> None:
    performance = noisy()
    with pytest.raises(UndefinedMetricError, match="do not tell 4 tasks apart"):
        inclusion_model(performance[:5], TABLE[:5])
    always = TABLE.copy()
    always[:, 1] = 1
    with pytest.raises(UndefinedMetricError, match="do not tell 4 tasks apart"):
        inclusion_model(performance, always)
    with pytest.raises(UndefinedMetricError, match="task number 2 is in all runs"):
        inclusion_correlations(performance, always)
    with pytest.raises(UndefinedMetricError, match="show no trend"):
        count_trend(performance[:4], TABLE[:4])


def test_performances_must_be_there() -> None:
    performance = noisy()
    performance[3] = np.nan
    with pytest.raises(UndefinedMetricError, match="run number 4 has no performance"):
        inclusion_model(performance, TABLE)
    with pytest.raises(UndefinedMetricError, match="all 18 runs perform alike"):
        count_trend(np.ones(18), TABLE)
    with pytest.raises(ValueError, match="5 performances for 18 runs"):
        inclusion_correlations(np.arange(5.0), TABLE)
