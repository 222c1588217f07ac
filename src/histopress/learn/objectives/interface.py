"""What every objective offers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float64, Int64
from torch import Tensor

from histopress.learn.data import LabelledSlide
from histopress.learn.settings import NetworkSettings


@dataclass(frozen=True)
class Draw:
    """What one training step sees.

    Attributes
    ----------
    slides : int64 ndarray (entries,)
        Place of the slide of each entry among the training slides.
    loss : callable
        Takes the network's outputs, float tensor (entries, K), to the loss of this step.
    """

    slides: Int64[np.ndarray, " entries"]
    loss: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Scores:
    """How predictions fit the labels; for steering alone.

    Attributes
    ----------
    loss : float
        What the best epoch or penalty is chosen by; lower is better.
    metric : float
        For the history: higher is better. Reported figures come from
        :mod:`histopress.evaluate`.
    """

    loss: float
    metric: float


class Objective(Protocol):
    """What is learnt, with all that was fitted on the training slides for it."""

    @property
    def metric(self) -> str:
        """Name of :attr:`Scores.metric`."""
        ...

    @property
    def state(self) -> dict[str, np.ndarray]:
        """What predictions need beside the network."""
        ...

    def check(self, validation: Sequence[LabelledSlide]) -> None:
        """Raise :class:`~histopress.errors.ConfigError` where nothing can be chosen on them."""
        ...

    def draws(
        self,
        train: Sequence[LabelledSlide],
        *,
        settings: NetworkSettings,
        rng: np.random.Generator,
    ) -> Iterator[Draw]:
        """Yield the steps of one epoch."""
        ...

    def activate(self, outputs: Float64[np.ndarray, "n K"]) -> Float64[np.ndarray, "n K"]:
        """Take raw outputs to predictions, which may then be averaged."""
        ...

    def judge(
        self, predictions: Float64[np.ndarray, "slides K"], slides: Sequence[LabelledSlide]
    ) -> Scores:
        """Score predictions of slides, fused to what the label belongs to."""
        ...
