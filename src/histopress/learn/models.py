"""The model that settings describe, untrained and trained."""

from collections.abc import Mapping

import numpy as np

from histopress.learn.abmil import FittedAbmil
from histopress.learn.cnn import FittedCnn
from histopress.learn.goal import Goal
from histopress.learn.interface import Fitted, SlideModel
from histopress.learn.pooled import FittedMean, MeanModel
from histopress.learn.reduced import FittedReduced, ReducedModel, divide_state
from histopress.learn.reduction import Reduction
from histopress.learn.settings import AbmilSettings, MeanSettings, NicCnnSettings
from histopress.learn.training import NetworkModel

AnySettings = NicCnnSettings | AbmilSettings | MeanSettings


def make_model(settings: AnySettings, device: str = "cpu") -> SlideModel:
    """Give the model that ``settings`` describe; ``device`` is where networks train."""
    model: SlideModel
    if isinstance(settings, MeanSettings):
        model = MeanModel(settings)
    else:
        architecture = FittedCnn if isinstance(settings, NicCnnSettings) else FittedAbmil
        model = NetworkModel(settings, architecture, device)
    return model if settings.reduce is None else ReducedModel(model, settings.reduce)


def load_model(settings: AnySettings, state: Mapping[str, np.ndarray], goal: Goal) -> Fitted:
    """Rebuild a trained model; it predicts as it did when it was trained.

    Raises
    ------
    StoreError
        The arrays do not fit the settings or the goal.
    """
    own, rest = divide_state(state)
    reduction = None if settings.reduce is None else Reduction.load(own)
    fitted: Fitted
    if isinstance(settings, MeanSettings):
        fitted = FittedMean.load(rest, goal)
    elif isinstance(settings, NicCnnSettings):
        fitted = FittedCnn.load(settings, rest, goal)
    else:
        fitted = FittedAbmil.load(settings, rest, goal)
    return fitted if reduction is None else FittedReduced(reduction, fitted)
