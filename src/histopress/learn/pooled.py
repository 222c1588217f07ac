"""Regression on mean embeddings: the baseline that knows no place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from histopress.compress.slide import CompressedSlide
from histopress.errors import StoreError
from histopress.learn.classes import class_weights
from histopress.learn.data import LabelledSlide, check_usable, ids_of
from histopress.learn.goal import Goal
from histopress.learn.interface import WHOLE, Coverage, Row
from histopress.learn.linear import (
    SMALLEST_SCALE,
    Linear,
    Regress,
    regress,
    regress_hazard,
    regress_number,
)
from histopress.learn.objectives.choice import fit_objective, load_objective
from histopress.learn.objectives.interface import Objective
from histopress.learn.objectives.regression import Regression
from histopress.learn.objectives.survival import follow_up
from histopress.learn.settings import MeanSettings
from histopress.learn.units import Units, units_of
from histopress.types import Progress

__all__ = ["SMALLEST_SCALE", "FittedMean", "MeanModel", "pooled", "regress"]

ARRAYS = ("mean", "scale", "coef", "intercept")


def pooled(slides: Sequence[CompressedSlide]) -> Float64[np.ndarray, "slides C"]:
    """Average each slide's embeddings over kept cells and stored views."""
    return np.stack([each.grid[:, :, each.kept].astype(np.float64).mean((0, 2)) for each in slides])


@dataclass(frozen=True, kw_only=True)
class FittedMean:
    """A fitted regression; see :class:`histopress.learn.interface.Fitted`."""

    linear: Linear
    objective: Objective
    history: tuple[Row, ...] = ()
    fitted_on: frozenset[str] = frozenset()
    chosen_on: frozenset[str] = frozenset()

    @classmethod
    def load(cls, state: Mapping[str, np.ndarray], goal: Goal) -> "FittedMean":
        """Rebuild from :attr:`state`; raises :class:`StoreError` where it does not fit."""
        if missing := sorted(set(ARRAYS) - set(state)):
            raise StoreError(f"the stored model lacks {', '.join(missing)}; train it anew")
        linear = Linear(*(np.asarray(state[name]) for name in ARRAYS))
        if linear.intercept.size != goal.outputs:
            raise StoreError(
                f"the stored model has {linear.intercept.size} outputs, the target needs "
                f"{goal.outputs}; train it anew"
            )
        return cls(linear=linear, objective=load_objective(goal, state))

    @property
    def state(self) -> dict[str, np.ndarray]:
        """The four arrays, and what the objective fitted."""
        arrays = {name: np.ascontiguousarray(getattr(self.linear, name)) for name in ARRAYS}
        return {**arrays, **self.objective.state}

    def predict(self, slides: Sequence[CompressedSlide]) -> Float64[np.ndarray, "slides K"]:
        """Predict slides, one row each."""
        check_usable(slides, self.linear.mean.size)
        return self.objective.activate(self.linear.outputs(pooled(slides)))

    def coverage(self, slide: CompressedSlide) -> Coverage:
        """Pooling sees every kept cell of ``slide``."""
        check_usable([slide])
        return WHOLE


@dataclass(frozen=True)
class MeanModel:
    """Mean-pool, standardise on the training fold, regress with an L2 penalty.

    Classes give a logistic regression, numbers a ridge regression, survival a Cox regression
    with Efron's ties. Where the label is the patient's, a patient is one row, the mean of the
    slides' features: a linear output of that mean is the mean of the slides' outputs.

    The strength is chosen by the same criterion as a network's epoch, the objective's loss on
    the validation slides; at equal loss the stronger penalty wins. The fit is deterministic;
    ``seed`` is not used.
    """

    settings: MeanSettings

    def fit(
        self,
        train: Sequence[LabelledSlide],
        validation: Sequence[LabelledSlide],
        *,
        goal: Goal,
        seed: int,  # noqa: ARG002
        progress: Progress | None = None,
    ) -> FittedMean:
        """Fit once a strength and keep the best; raises as the networks do."""
        check_usable([each.slide for each in (*train, *validation)])
        objective = fit_objective(goal, train, validation, weights=self.settings.class_weights)
        level = "patient" if goal.kind == "survival" else goal.level
        units = units_of(train, level)
        own, held_out = (pooled([each.slide for each in part]) for part in (train, validation))
        rows, fit = units.average(own), _regression(units, goal, objective, self.settings)
        tried: list[Linear] = []
        scores: list[dict[str, int | float]] = []
        for strength in sorted(self.settings.strengths):
            tried.append(fit(rows, strength))
            outputs = [objective.activate(tried[-1].outputs(each)) for each in (own, held_out)]
            chosen = objective.judge(outputs[1], validation)
            scores.append(
                {
                    "strength": strength,
                    "train_loss": objective.judge(outputs[0], train).loss,
                    "validation_loss": chosen.loss,
                    f"validation_{objective.metric}": chosen.metric,
                }
            )
            if progress:
                progress(len(tried), len(self.settings.strengths))
        best = min(range(len(tried)), key=lambda index: scores[index]["validation_loss"])
        return FittedMean(
            linear=tried[best],
            objective=objective,
            history=tuple({**row, "best": int(index == best)} for index, row in enumerate(scores)),
            fitted_on=ids_of(train),
            chosen_on=ids_of(validation),
        )


def _regression(units: Units, goal: Goal, objective: Objective, settings: MeanSettings) -> Regress:
    """Choose the regression of the goal."""
    if goal.kind == "survival":
        times, events = follow_up(units)
        return lambda rows, strength: regress_hazard(rows, times, events, strength=strength)
    if isinstance(objective, Regression):
        targets = objective.scale.standardise(np.asarray(units.labels, np.float64))
        return lambda rows, strength: regress_number(rows, targets, strength=strength)
    labels, kind = np.asarray(units.labels, np.int64), settings.class_weights
    weights = None if kind == "balanced" else class_weights(labels, classes=goal.classes, kind=kind)
    return lambda rows, strength: regress(rows, labels, strength=strength, weights=weights)
