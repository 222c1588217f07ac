"""Learning a number: squared error on the training fold's scale."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float64
from torch.nn.functional import mse_loss

from histopress.errors import ConfigError
from histopress.learn.data import LabelledSlide
from histopress.learn.goal import Goal
from histopress.learn.objectives.interface import Draw, Scores
from histopress.learn.regression import TargetScale, fit_scale
from histopress.learn.sampling import even_order, steps_of
from histopress.learn.scoring import rank_correlation
from histopress.learn.settings import NetworkSettings
from histopress.learn.units import Units, units_of


@dataclass(frozen=True, kw_only=True)
class Regression:
    """Mean squared error of standardised targets.

    Attributes
    ----------
    goal : Goal
        Level of the target.
    scale : TargetScale
        Of the training slides, or of their patients.
    """

    goal: Goal
    scale: TargetScale

    metric = "spearman"

    @classmethod
    def fit(cls, goal: Goal, train: Sequence[LabelledSlide]) -> "Regression":
        """Take the scale from the training slides; raises as :func:`fit_scale` does."""
        return cls(goal=goal, scale=fit_scale(_targets(units_of(train, goal.level))))

    @classmethod
    def load(cls, goal: Goal, state: Mapping[str, np.ndarray]) -> "Regression":
        """Rebuild from :attr:`state`; raises :class:`StoreError` if an array is missing."""
        return cls(goal=goal, scale=TargetScale.load(state))

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Mean and SD of the training targets."""
        return self.scale.state

    def check(self, validation: Sequence[LabelledSlide]) -> None:
        """Refuse validation slides on which no error can be measured."""
        units = units_of(validation, self.goal.level)
        if not len(units) or not np.isfinite(_targets(units)).all():
            raise ConfigError(
                f"the {len(validation)} validation slides have no number or one that is not "
                "finite, so the training length cannot be chosen on them; leave out slides "
                "without a label, or use fewer folds"
            )

    def draws(
        self, train: Sequence[LabelledSlide], *, settings: NetworkSettings, rng: np.random.Generator
    ) -> Iterator[Draw]:
        """Yield full batches; slides, or patients, take turns."""
        units = units_of(train, self.goal.level)
        targets = self.scale.standardise(_targets(units)).astype(np.float32)
        steps = steps_of(len(units), settings)
        order = even_order(len(units), settings.batch * steps, rng)
        for chosen in order.reshape(steps, settings.batch):
            truth = torch.from_numpy(targets[chosen])
            yield Draw(units.draw(chosen, rng), partial(_loss, truth))

    def activate(self, outputs: Float64[np.ndarray, "n 1"]) -> Float64[np.ndarray, "n 1"]:
        """Take outputs to the target's unit."""
        return self.scale.restore(outputs)

    def judge(
        self, predictions: Float64[np.ndarray, "slides 1"], slides: Sequence[LabelledSlide]
    ) -> Scores:
        """Give the squared error on the training scale and Spearman's correlation."""
        units = units_of(slides, self.goal.level)
        found, truth = units.average(predictions)[:, 0], _targets(units)
        error = self.scale.standardise(found) - self.scale.standardise(truth)
        return Scores(float(np.mean(error**2)), rank_correlation(found, truth))


def _targets(units: Units) -> Float64[np.ndarray, " units"]:
    return np.asarray(units.labels, np.float64)


def _loss(truth: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    return mse_loss(outputs[:, 0], truth.to(outputs.device))
