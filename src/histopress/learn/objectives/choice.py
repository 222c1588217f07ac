"""The objective of a goal."""

from collections.abc import Mapping, Sequence

import numpy as np

from histopress.learn.data import LabelledSlide
from histopress.learn.goal import Goal
from histopress.learn.objectives.classification import Classification
from histopress.learn.objectives.interface import Objective
from histopress.learn.objectives.regression import Regression
from histopress.learn.objectives.survival import Survival


def fit_objective(
    goal: Goal,
    train: Sequence[LabelledSlide],
    validation: Sequence[LabelledSlide],
    *,
    weights: str | tuple[float, ...],
) -> Objective:
    """Fit what the objective takes from the training slides; ``weights`` are those of classes.

    Raises
    ------
    ConfigError
        The training slides cannot be learnt from, or nothing can be chosen on the validation
        slides.
    """
    objective: Objective
    if goal.kind == "classification":
        objective = Classification.fit(goal, train, weights)
    elif goal.kind == "regression":
        objective = Regression.fit(goal, train)
    else:
        objective = Survival.fit(goal, train)
    objective.check(validation)
    return objective


def load_objective(goal: Goal, state: Mapping[str, np.ndarray]) -> Objective:
    """Rebuild what predictions need; raises :class:`StoreError` if an array is missing."""
    if goal.kind == "classification":
        return Classification.load(goal, state)
    if goal.kind == "regression":
        return Regression.load(goal, state)
    return Survival.load(goal, state)
