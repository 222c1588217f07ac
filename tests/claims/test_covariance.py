from dataclasses import replace

import numpy as np
import pytest

from histopress.claims.covariance import patient_covariance
from histopress.evaluate.judge import primary_measure
from histopress.evaluate.resampling import jackknife_errors
from histopress.evaluate.weighting import weighted_means


@pytest.mark.parametrize("kind", ["auc", "spearman", "c"])
def test_in_one_fold_a_sum_has_the_error_of_its_own_jackknife(draw, kind: str) -> None:
    (arm, other) = draw(kind, 61, [[1.0, 0.7], [0.5]], np.random.default_rng(1))
    facts = {"patients": np.arange(61) // 2, "folds": np.zeros(61, int)}
    units = [replace(each, **facts) for each in (*arm, *other)]
    figures = [primary_measure(each).statistic for each in units]
    found = patient_covariance(figures, **facts)
    assert (found.n_patients, found.n_folds, found.freedom) == (31, 1, 30.0)
    weights = np.array([0.5, 0.5, -1.0])
    sums = {
        "own": figures[1],
        "sum": lambda own: sum(w * f(own) for w, f in zip(weights, figures, strict=True)),
    }
    expected = jackknife_errors(sums, **facts)
    assert found.error_of(np.array([0, 1.0, 0])) == pytest.approx(expected["own"], rel=1e-9)
    assert found.error_of(weights) == pytest.approx(expected["sum"], rel=1e-9)


def test_means_over_folds_have_the_textbooks_error() -> None:
    """Of a stratified mean: Σ (K / n)² s² / K; the folds differ in size and in mean."""
    folds = np.repeat([0, 1, 2], [3, 10, 27])
    values = np.random.default_rng(2).normal(size=(2, 40)) + 5 * folds
    figures = [lambda weights, own=own: weighted_means(own, weights) for own in values]
    found = patient_covariance(figures, patients=np.arange(40), folds=folds)
    expected = sum(
        (folds == fold).mean() ** 2 * np.cov(values[:, folds == fold]) / (folds == fold).sum()
        for fold in range(3)
    )
    assert found.matrix == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", ["auc", "spearman", "c"])
def test_the_error_within_folds_is_that_of_simulated_cohorts(draw, kind: str) -> None:
    """400 cohorts of 100 patients in 4 folds."""
    rng, figures, variances = np.random.default_rng(3), [], []
    for _ in range(400):
        ((units,),) = draw(kind, 100, [[1.0]], rng)
        own = primary_measure(units).statistic
        figures.append(own(np.ones((1, 100)))[0])
        found = patient_covariance([own], patients=units.patients, folds=units.folds)
        variances.append(found.matrix[0, 0])
    assert np.mean(variances) ** 0.5 == pytest.approx(np.std(figures, ddof=1), rel=0.15)


def test_a_patient_alone_in_a_fold_leaves_it_undefined(draw) -> None:
    ((units,),) = draw("spearman", 9, [[1.0]], np.random.default_rng(4))
    folds = np.array([0] * 8 + [1])
    found = patient_covariance(
        [primary_measure(units).statistic], patients=units.patients, folds=folds
    )
    assert np.isnan(found.error_of(np.ones(1)))
