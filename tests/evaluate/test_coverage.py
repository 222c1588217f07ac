"""The benchmark of coverage computes the package's figures, faster."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.stats import spearmanr

from histopress.evaluate.auc import fold_auc
from histopress.evaluate.obuchowski import obuchowski
from histopress.evaluate.resampling import jackknife_errors, percentiles
from histopress.evaluate.survival.concordance import harrell_pairs
from histopress.evaluate.survival.fold_concordance import fold_harrell
from histopress.evaluate.survival.times import Survival

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def cohorts() -> Iterator[tuple[ModuleType, ModuleType]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield tuple(importlib.import_module(f"simulated_{name}") for name in ("cohorts", "figures"))


def scored(simulated: ModuleType, world: object) -> tuple:
    rng = np.random.default_rng(1)
    cohort = world.draw(48, rng)
    folds = simulated.divide(cohort, rng)
    weights = simulated.fixed_models()
    return cohort, folds, (cohort.features * weights[folds]).sum(1), rng


def test_auc_and_its_error_are_the_packages(cohorts: tuple) -> None:
    simulated, figures = cohorts
    world = simulated.World("AUC", 1.0, 0.35)
    cohort, folds, scores, rng = scored(simulated, world)
    found = figures.figure(world, cohort, folds, scores, rng=rng)
    positives = cohort.labels > 0.5
    plain = fold_auc(positives, scores, folds)
    error = obuchowski(positives, scores[None], patients=cohort.patients, folds=folds).covariance
    assert found.estimate == pytest.approx(plain.average)
    assert found.weights == pytest.approx(np.array(plain.pairs) / sum(plain.pairs))
    assert found.error == pytest.approx(np.sqrt(error[0, 0]))
    assert np.ptp(percentiles(found.patients, 0.95)) > np.ptp(percentiles(found.slides, 0.95))


def test_c_and_its_error_are_the_packages(cohorts: tuple) -> None:
    simulated, figures = cohorts
    world = simulated.World("C", 1.0, 0.5, 1.0)
    cohort, folds, scores, rng = scored(simulated, world)
    found = figures.figure(world, cohort, folds, scores, rng=rng)
    survival = Survival(times=cohort.times, events=cohort.labels > 0.5)
    assert found.estimate == pytest.approx(fold_harrell(survival, scores, folds).average)

    def statistic(weights: np.ndarray) -> np.ndarray:
        masks = [folds == fold for fold in range(4)]
        counts = [harrell_pairs(survival.take(m), scores[m], weights[:, m]) for m in masks]
        won, comparable = np.sum(counts, axis=0)
        return won / comparable

    errors = jackknife_errors({"c": statistic}, patients=cohort.patients, folds=folds)
    assert found.error == pytest.approx(errors["c"])


def test_spearman_is_scipys_and_true_figures_are_those_of_large_cohorts(cohorts: tuple) -> None:
    simulated, figures = cohorts
    rng = np.random.default_rng(2)
    ranked = simulated.World("Spearman", 1.0)
    cohort, folds, scores, rng = scored(simulated, ranked)
    own = [spearmanr(scores[folds == f], cohort.labels[folds == f]).statistic for f in range(4)]
    found = figures.figure(ranked, cohort, folds, scores, rng=rng)
    assert found.estimate == pytest.approx(found.weights @ own, abs=1e-6)
    weights = simulated.fixed_models()[:1]
    for world in (simulated.World("AUC", 1.0, 0.35), ranked, simulated.World("C", 1.0, 0.5, 1.0)):
        large = world.draw(1200, rng)
        score, labels = large.features @ weights[0], large.labels
        if world.metric == "AUC":
            value = fold_auc(labels > 0.5, score, np.zeros(len(score), int)).average
        elif world.metric == "Spearman":
            value = spearmanr(score, labels).statistic
        else:
            survival = Survival(times=large.times, events=labels > 0.5)
            value = fold_harrell(survival, score, np.zeros(len(score), int)).average
        truth = world.truth(simulated.quality(world, weights))[0]
        assert value == pytest.approx(truth, abs=0.035)
