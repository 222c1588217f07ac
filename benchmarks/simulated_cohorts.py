"""Cohorts whose truth is known: slides within patients, scored by linear models of closed form.

A slide's features are ``effect · signal · e₁ + √ρ · patient + √(1 - ρ) · slide``, all Gaussian.
What a linear score w'x can do depends on w through ``r = effect · w₁ / |w|`` alone, so its true
AUC, Spearman correlation or C is a function of one number.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.stats import norm

FEATURES = 6
FOLDS = 4
MOST_SLIDES = 4
WITHIN_PATIENT = 0.5
"""Correlation of the noise of two slides of a patient."""
SAME_LABEL = 0.7
"""Chance that a slide takes its patient's class; of a number the share of variance."""
RIDGE = 5.0
POPULATION = 400_000


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Slides, those of one patient side by side.

    Attributes
    ----------
    patients : int64 ndarray (slides,)
    features : float64 ndarray (slides, FEATURES)
    labels : float64 ndarray (slides,)
        Class 0 or 1, a number, or 1 for an event and 0 for a censored time.
    times : float64 ndarray (slides,)
        Zero unless the metric is C.
    strata : float64 ndarray (patients,)
        What folds are balanced by.
    """

    patients: np.ndarray
    features: np.ndarray
    labels: np.ndarray
    times: np.ndarray
    strata: np.ndarray


@dataclass(frozen=True)
class World:
    """What cohorts are drawn from.

    Attributes
    ----------
    metric : str
    effect : float
        Of the signal on its feature, in SDs of the noise.
    share : float
        Of positives or events.
    hazard : float
        Log-hazard a SD of the signal.
    """

    metric: Literal["AUC", "Spearman", "C"]
    effect: float
    share: float = 0.5
    hazard: float = 0.0

    def draw(self, n_patients: int, rng: np.random.Generator) -> Cohort:
        """Draw one cohort."""
        sizes = rng.integers(1, MOST_SLIDES + 1, n_patients)
        patients = np.repeat(np.arange(n_patients), sizes)
        signal, labels, times = self._outcomes(patients, n_patients, rng)
        shared = rng.normal(size=(n_patients, FEATURES))[patients]
        own = rng.normal(size=(len(patients), FEATURES))
        features = np.sqrt(WITHIN_PATIENT) * shared + np.sqrt(1 - WITHIN_PATIENT) * own
        features[:, 0] += self.effect * signal
        means = np.bincount(patients, labels) / sizes
        if self.metric == "Spearman":
            strata = np.argsort(np.argsort(means)) * FOLDS // n_patients
        else:
            strata = means > 0.5
        return Cohort(
            patients=patients, features=features, labels=labels, times=times, strata=strata
        )

    def truth(self, quality: np.ndarray) -> np.ndarray:
        """Compute what a linear score reaches on an endless population, by its ``r``."""
        if self.metric == "AUC":
            return norm.cdf(quality / np.sqrt(2))
        if self.metric == "Spearman":
            return 6 / np.pi * np.arcsin(quality / np.sqrt(1 + quality**2) / 2)
        return np.interp(quality, *self._concordances)

    def _outcomes(
        self, patients: np.ndarray, n_patients: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n = len(patients)
        if self.metric == "AUC":
            common = (rng.random(n_patients) < self.share)[patients]
            own = rng.random(n) < self.share
            labels = np.where(rng.random(n) < SAME_LABEL, common, own).astype(np.float64)
            return labels, labels, np.zeros(n)
        if self.metric == "Spearman":
            shared = rng.normal(size=n_patients)[patients]
            labels = np.sqrt(SAME_LABEL) * shared + np.sqrt(1 - SAME_LABEL) * rng.normal(size=n)
            return labels, labels, np.zeros(n)
        signal = rng.normal(size=n_patients)
        times, events = self._follow(signal, rng)
        return signal[patients], events.astype(np.float64)[patients], times[patients]

    def _follow(
        self, signal: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        deaths = rng.exponential(size=len(signal)) * np.exp(-self.hazard * signal)
        ends = self._follow_up * rng.random(len(signal))
        return np.minimum(deaths, ends), deaths <= ends

    @cached_property
    def _follow_up(self) -> float:
        """End of uniform censoring at which the share of events is as wanted."""
        rng = np.random.default_rng(1)
        signal = rng.normal(size=POPULATION)
        deaths = rng.exponential(size=POPULATION) * np.exp(-self.hazard * signal)
        ratio = np.sort(deaths / rng.random(POPULATION))
        return float(np.quantile(ratio, self.share))

    @cached_property
    def _concordances(self) -> tuple[np.ndarray, np.ndarray]:
        """C by ``r``: over pairs of an endless population, the noise of scores integrated out."""
        rng = np.random.default_rng(2)
        signal = rng.normal(size=2 * POPULATION)
        times, events = self._follow(signal, rng)
        first, second = np.arange(POPULATION), np.arange(POPULATION, 2 * POPULATION)
        swap = times[second] < times[first]
        first, second = np.where(swap, second, first), np.where(swap, first, second)
        comparable = events[first]
        gaps = (signal[first] - signal[second])[comparable]
        grid = np.linspace(-1, 1, 81) * max(self.effect, 0.1)
        return grid, np.array([norm.cdf(value * gaps / np.sqrt(2)).mean() for value in grid])


def divide(cohort: Cohort, rng: np.random.Generator) -> np.ndarray:
    """Draw the fold of every slide: by patient, balanced by stratum."""
    n_patients = len(cohort.strata)
    order = np.lexsort((rng.random(n_patients), cohort.strata))
    folds = np.empty(n_patients, np.int64)
    folds[order] = (np.arange(n_patients) + rng.integers(FOLDS)) % FOLDS
    return folds[cohort.patients]


def fixed_models() -> np.ndarray:
    """Four linear models of unlike quality and scale, one a fold."""
    scales = np.array([1.0, 3.0, 0.3, 10.0])
    cosines = np.array([1.0, 0.95, 0.9, 0.8])
    weights = np.zeros((FOLDS, FEATURES))
    weights[:, 0], weights[:, 1] = cosines, np.sqrt(1 - cosines**2)
    return weights * scales[:, None]


def quality(world: World, weights: np.ndarray) -> np.ndarray:
    """Compute ``r`` of linear models (models, FEATURES)."""
    return world.effect * weights[:, 0] / np.maximum(np.linalg.norm(weights, axis=1), 1e-300)


def fit(world: World, cohort: Cohort, train: np.ndarray) -> np.ndarray:
    """Fit a linear model to each training sample.

    Ridge regression on the label (for two classes: a regularised linear discriminant) or, for
    survival, on the martingale residuals of the model without covariates.

    Parameters
    ----------
    world : World
    cohort : Cohort
    train : float64 ndarray (models, slides)
        1 for slides in the sample.

    Returns
    -------
    float64 ndarray (models, FEATURES)
    """
    targets = np.broadcast_to(cohort.labels, train.shape)
    if world.metric == "C":
        targets = _martingale_residuals(cohort, train)
    x, counts = cohort.features, train.sum(1)[:, None]
    middle, level = train @ x / counts, (train * targets).sum(1)[:, None] / counts
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    squares = (train @ products).reshape(-1, FEATURES, FEATURES)
    squares -= counts[:, :, None] * middle[:, :, None] * middle[:, None, :]
    moments = (train * targets) @ x - counts * middle * level
    return np.linalg.solve(squares + RIDGE * np.eye(FEATURES), moments[:, :, None])[:, :, 0]


def _martingale_residuals(cohort: Cohort, train: np.ndarray) -> np.ndarray:
    order = np.argsort(cohort.times, kind="stable")
    ordered, events = train[:, order], cohort.labels[order]
    at_risk = np.cumsum(ordered[:, ::-1], axis=1)[:, ::-1]
    hazard = np.cumsum(ordered * events / np.maximum(at_risk, 1), axis=1)
    residuals = np.empty_like(train)
    residuals[:, order] = events - hazard
    return residuals
