"""Learning classes: cross-entropy, probabilities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float64
from scipy.special import softmax

from histopress.errors import ConfigError
from histopress.learn.classes import ClassWeights, class_weights, weighted_cross_entropy
from histopress.learn.data import LabelledSlide
from histopress.learn.goal import Goal
from histopress.learn.objectives.interface import Draw, Scores
from histopress.learn.sampling import balanced_order, even_order, steps_of
from histopress.learn.scoring import balanced_cross_entropy, macro_auc, weighted_surprise
from histopress.learn.settings import NetworkSettings
from histopress.learn.units import Units, units_of

BALANCED = ("balanced-batches", "balanced")


@dataclass(frozen=True, kw_only=True)
class Classification:
    """Cross-entropy of classes; see :class:`~histopress.learn.objectives.interface.Objective`.

    With classes that weigh alike, in batches or by weights, the validation loss is the balanced
    cross-entropy; else it is weighted as the training loss is. AUC would do worse: with the five
    or ten slides of a small validation fold it takes a few values only and reaches 1 by luck.

    Attributes
    ----------
    goal : Goal
        Number of classes and level.
    kind : str or tuple of float
        As in the settings.
    weights : float64 ndarray (K,)
        Weight of each class in the loss.
    """

    goal: Goal
    kind: str | tuple[float, ...]
    weights: Float64[np.ndarray, " K"]

    metric = "auc"

    @classmethod
    def fit(
        cls, goal: Goal, train: Sequence[LabelledSlide], kind: str | tuple[float, ...]
    ) -> "Classification":
        """Take class weights from the training slides.

        Raises
        ------
        ConfigError
            A label lies outside the classes, or a class has no training slide.
        """
        labels = _labels(units_of(train, goal.level))
        loss: ClassWeights = "none" if kind == "balanced-batches" else kind  # type: ignore[assignment]
        return cls(
            goal=goal, kind=kind, weights=class_weights(labels, classes=goal.classes, kind=loss)
        )

    @classmethod
    def load(cls, goal: Goal, state: object) -> "Classification":  # noqa: ARG003
        """Rebuild what predictions need: nothing is stored."""
        return cls(goal=goal, kind="none", weights=np.ones(goal.classes))

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Nothing: class weights serve training only."""
        return {}

    def check(self, validation: Sequence[LabelledSlide]) -> None:
        """Refuse labels out of range and validation slides of fewer than two classes."""
        classes = self.goal.classes
        for each in validation:
            if not 0 <= int(each.label) < classes:  # type: ignore[arg-type]
                raise ConfigError(
                    f"slide '{each.slide_id}': label {each.label}; allowed are 0 to {classes - 1}"
                )
        if len({each.label for each in validation}) < 2:
            raise ConfigError(
                f"the {len(validation)} validation slides are of fewer than two classes, so the "
                "training length cannot be chosen on them; use fewer folds"
            )

    def draws(
        self, train: Sequence[LabelledSlide], *, settings: NetworkSettings, rng: np.random.Generator
    ) -> Iterator[Draw]:
        """Yield full batches; classes take turns where they are balanced by batches."""
        units = units_of(train, self.goal.level)
        labels, weights = _labels(units), torch.from_numpy(self.weights)
        steps = steps_of(len(units), settings)
        count = settings.batch * steps
        balanced = self.kind == "balanced-batches"
        order = (
            balanced_order(labels, count, rng) if balanced else even_order(len(units), count, rng)
        )
        for chosen in order.reshape(steps, settings.batch):
            truth = torch.from_numpy(labels[chosen])
            yield Draw(units.draw(chosen, rng), partial(_loss, truth, weights))

    def activate(self, outputs: Float64[np.ndarray, "n K"]) -> Float64[np.ndarray, "n K"]:
        """Take logits to probabilities."""
        return softmax(outputs, axis=1)

    def judge(
        self, predictions: Float64[np.ndarray, "slides K"], slides: Sequence[LabelledSlide]
    ) -> Scores:
        """Give the cross-entropy and the mean AUC of one class against the rest."""
        units = units_of(slides, self.goal.level)
        labels, rows = _labels(units), units.average(predictions)
        if self.kind in BALANCED:
            loss = balanced_cross_entropy(rows, labels)
        else:
            loss = weighted_surprise(rows, labels, self.weights)
        return Scores(loss, macro_auc(rows, labels))


def _labels(units: Units) -> np.ndarray:
    return np.asarray(units.labels, np.int64)


def _loss(truth: torch.Tensor, weights: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    return weighted_cross_entropy(outputs, truth.to(outputs.device), weights)
