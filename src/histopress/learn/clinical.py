"""The clinical model: covariates alone, no image. What an image score must add to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression, Ridge

from histopress.cohort.labels.outcome import Label, Outcome
from histopress.errors import ConfigError, StoreError
from histopress.learn.cox_ridge import cox_surprise, fit_cox
from histopress.learn.goal import Goal
from histopress.learn.interface import Row
from histopress.learn.scoring import balanced_cross_entropy

ARRAYS = ("coef", "intercept")
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Strengths of the L2 penalty to try: slight ones, a handful of covariates needs no more."""
ITERATIONS_MAX = 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class CodedPatients:
    """Patients as :meth:`histopress.cohort.coding.Coding.transform` codes them, with labels.

    Attributes
    ----------
    matrix : float64 ndarray (n, p)
    labels : sequence of int, float or Outcome
        One a patient, of the goal's kind.
    """

    matrix: Float64[np.ndarray, "n p"]
    labels: Sequence[Label]


@dataclass(frozen=True)
class FittedClinical:
    """A fitted regression on covariates; it has seen no image.

    Attributes
    ----------
    goal : Goal
    coef : float64 ndarray (K, p)
        K is the number of classes, or 1. Classes have a row each, of which only differences count.
    intercept : float64 ndarray (K,)
        0 for survival.
    history : tuple of mapping
        One row a penalty; empty after loading.
    """

    goal: Goal
    coef: Float64[np.ndarray, "K p"]
    intercept: Float64[np.ndarray, " K"]
    history: tuple[Row, ...] = ()

    @classmethod
    def load(cls, state: Mapping[str, np.ndarray], goal: Goal) -> "FittedClinical":
        """Rebuild from :attr:`state`; raises :class:`StoreError` if an array is missing."""
        if missing := sorted(set(ARRAYS) - set(state)):
            raise StoreError(f"the stored clinical model lacks {', '.join(missing)}; train it anew")
        coef, intercept = (np.asarray(state[name]) for name in ARRAYS)
        return cls(goal, coef, intercept)

    @property
    def state(self) -> dict[str, np.ndarray]:
        """The two arrays; the coding of covariates is stored beside them."""
        return {name: np.ascontiguousarray(getattr(self, name)) for name in ARRAYS}

    def predict(self, matrix: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, "n outputs"]:
        """Class probabilities, a number in the target's unit, or a log hazard, one row a patient.

        Raises
        ------
        StoreError
            The matrix has another number of columns than the model.
        """
        if matrix.ndim != 2 or matrix.shape[1] != self.coef.shape[1]:
            raise StoreError(
                f"covariates have shape {matrix.shape}, the clinical model needs "
                f"{self.coef.shape[1]} columns; code them with the coding stored beside it"
            )
        # Not a matrix product, whose rounding depends on how many rows there are.
        linear = (matrix[:, None] * self.coef).sum(-1) + self.intercept
        return softmax(linear, axis=1) if self.goal.kind == "classification" else linear

    def linear(
        self, matrix: Float64[np.ndarray, "n p"], positive: int = -1
    ) -> Float64[np.ndarray, " n"]:
        """Linear predictor: log hazard, number, or log odds of a class against all others."""
        found = self.predict(matrix)
        if self.goal.kind != "classification":
            return found[:, 0]
        logits = (matrix[:, None] * self.coef).sum(-1) + self.intercept
        rest = np.delete(logits, positive, axis=1)
        top = rest.max(axis=1)
        return logits[:, positive] - top - np.log(np.exp(rest - top[:, None]).sum(axis=1))


def fit_clinical(
    train: CodedPatients,
    validation: CodedPatients,
    *,
    goal: Goal,
    penalties: Sequence[float] = PENALTIES,
) -> FittedClinical:
    """Fit a regression on covariates for each penalty and keep the best on validation patients.

    Survival: Cox's model with Efron's ties. Classification: logistic regression, classes weighing
    alike as in :mod:`histopress.learn.pooled`. Regression: ridge. Each minimises its mean loss (a
    patient, of Cox an event) plus penalty / 2 · |β|². The criterion is the validation patients'
    balanced cross-entropy, squared error, or negative log partial likelihood; at equal loss, and
    where no validation patient had the event, the strongest penalty wins. Everything is
    deterministic.

    Parameters
    ----------
    train, validation : CodedPatients
        Coded by the rules of the training patients.
    goal : Goal
    penalties : sequence of float
        Above 0.

    Raises
    ------
    ConfigError
        Covariates have no column, there are no patients, a class has no training patient, or no
        training patient had the event.
    """
    _check(train, validation, goal)
    fitter, loss = _FITTERS[goal.kind], _LOSSES[goal.kind]
    tried: list[tuple[float, FittedClinical]] = []
    rows: list[dict[str, int | float]] = []
    for penalty in sorted(penalties, reverse=True):
        fitted = fitter(train, goal, penalty)
        own, other = (loss(fitted.predict(each.matrix), each) for each in (train, validation))
        rows.append({"penalty": penalty, "train_loss": own, "validation_loss": other})
        tried.append((other, fitted))
    best = min(
        range(len(tried)), key=lambda place: (not np.isfinite(tried[place][0]), tried[place][0])
    )
    history = tuple({**row, "best": int(place == best)} for place, row in enumerate(rows))
    return replace(tried[best][1], history=history)


def _logistic(train: CodedPatients, goal: Goal, penalty: float) -> FittedClinical:
    labels = np.asarray(train.labels, np.int64)
    # scikit-learn's loss is C times the sum over patients plus |β|² / 2.
    regression = LogisticRegression(
        C=1 / (penalty * len(labels)),
        class_weight="balanced",
        max_iter=ITERATIONS_MAX,
        solver="lbfgs",
        tol=1e-8,
    ).fit(train.matrix, labels)
    coef, intercept = regression.coef_, regression.intercept_
    if len(coef) == 1:
        coef, intercept = (
            np.concatenate([np.zeros_like(each), each]) for each in (coef, intercept)
        )
    return FittedClinical(goal, coef, intercept)


def _ridge(train: CodedPatients, goal: Goal, penalty: float) -> FittedClinical:
    values = np.asarray(train.labels, np.float64)
    # In units of the training deviation, so that a penalty means the same for any unit.
    mean, scale = float(values.mean()), float(values.std()) or 1.0
    regression = Ridge(alpha=penalty * len(values), solver="cholesky")
    regression.fit(train.matrix, (values - mean) / scale)
    coef = np.atleast_2d(regression.coef_) * scale
    return FittedClinical(goal, coef, np.array([regression.intercept_ * scale + mean]))


def _cox(train: CodedPatients, goal: Goal, penalty: float) -> FittedClinical:
    times, events = _outcomes(train)
    if not events.any():
        raise ConfigError(
            f"none of {len(events)} training patients had the event; use fewer folds or a longer "
            "follow-up"
        )
    # Of Cox a penalty is meant per event.
    strength = 1 / (penalty * int(events.sum()))
    coef = fit_cox(train.matrix, times, events, strength=strength)
    return FittedClinical(goal, coef[None], np.zeros(1))


def _class_loss(predicted: np.ndarray, patients: CodedPatients) -> float:
    return balanced_cross_entropy(predicted, np.asarray(patients.labels, np.int64))


def _square_loss(predicted: np.ndarray, patients: CodedPatients) -> float:
    return float(np.mean((predicted[:, 0] - np.asarray(patients.labels, np.float64)) ** 2))


def _cox_loss(predicted: np.ndarray, patients: CodedPatients) -> float:
    return cox_surprise(predicted[:, 0], *_outcomes(patients))


_FITTERS = {"classification": _logistic, "regression": _ridge, "survival": _cox}
_LOSSES = {"classification": _class_loss, "regression": _square_loss, "survival": _cox_loss}


def _outcomes(patients: CodedPatients) -> tuple[np.ndarray, np.ndarray]:
    found = [label for label in patients.labels if isinstance(label, Outcome)]
    times = np.array([label.time for label in found], np.float64)
    return times, np.array([label.event for label in found], np.bool_)


def _check(train: CodedPatients, validation: CodedPatients, goal: Goal) -> None:
    if not train.matrix.shape[1]:
        raise ConfigError(
            "all covariates are constant among training patients, so a clinical model has nothing "
            "to learn from; declare others"
        )
    for part, name in ((train, "training"), (validation, "validation")):
        if not len(part.labels) or len(part.labels) != len(part.matrix):
            raise ConfigError(
                f"{len(part.labels)} labels of {len(part.matrix)} {name} patients; a clinical "
                "model needs at least one patient, and a label of each"
            )
    if goal.kind == "classification":
        counts = np.bincount(np.asarray(train.labels, np.int64), minlength=goal.classes)
        if not counts.all():
            lacking = ", ".join(map(str, np.flatnonzero(counts == 0)))
            raise ConfigError(
                f"no training patient of class {lacking} among {len(train.labels)}; use fewer "
                "folds or merge classes"
            )
