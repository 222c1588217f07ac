"""A trained slide-level network, whatever its architecture."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from histopress.compress.slide import CompressedSlide
from histopress.errors import StoreError
from histopress.learn.data import check_usable
from histopress.learn.goal import Goal
from histopress.learn.interface import Coverage, Row
from histopress.learn.objectives.choice import load_objective
from histopress.learn.objectives.interface import Objective
from histopress.learn.settings import NetworkSettings
from histopress.learn.standardised import SlideNetwork

SEED = "prediction_seed"
"""Key of the state's entry that all that predictions draw follows from."""


class Seen(NamedTuple):
    """What a network says of the parts of a slide that it was shown.

    Attributes
    ----------
    outputs : float64 ndarray (parts, K)
        Raw outputs.
    weights : float64 ndarray (parts,)
        How much each part counts in the slide's prediction; sums to 1.
    """

    outputs: Float64[np.ndarray, "parts K"]
    weights: Float64[np.ndarray, " parts"]


@dataclass(frozen=True, kw_only=True)
class FittedNetwork(ABC):
    """A network with what its outputs mean; see :class:`histopress.learn.interface.Fitted`.

    An architecture is a subclass of one file: it builds its network, shows it slides in
    training and in prediction, and tells what was seen. Training, loading and averaging are
    here and in :mod:`histopress.learn.training`.

    Whatever predictions draw follows from the slide's id and ``seed``, not from the order or
    company of slides; the seed is part of the state, so that predictions are the same after
    loading.
    """

    network: Any
    settings: Any
    objective: Objective
    seed: int
    history: tuple[Row, ...] = ()
    fitted_on: frozenset[str] = frozenset()
    chosen_on: frozenset[str] = frozenset()

    @staticmethod
    @abstractmethod
    def build(settings: Any, channels: int, *, outputs: int, seed: int) -> SlideNetwork:
        """Make the network with its initial weights."""

    @abstractmethod
    def forward(self, slides: Sequence[CompressedSlide], rng: np.random.Generator) -> Tensor:
        """Draw a part of each slide for a training step; return float outputs (slides, K)."""

    @abstractmethod
    def look(self, slide: CompressedSlide, *, quick: bool) -> Seen:
        """Show the network all that a prediction averages, or ``quick`` fewer views of it."""

    @abstractmethod
    def coverage(self, slide: CompressedSlide) -> Coverage:
        """Tell how much of ``slide`` a prediction sees."""

    @classmethod
    def load(cls, settings: NetworkSettings, state: Mapping[str, np.ndarray], goal: Goal) -> Self:
        """Rebuild from :attr:`state`; the settings and the goal must be those of training.

        Raises
        ------
        StoreError
            The arrays are not those of a network with these settings.
        """
        objective = load_objective(goal, state)
        tensors = {
            name: torch.from_numpy(np.array(array))
            for name, array in state.items()
            if name not in objective.state
        }
        try:
            seed = int(tensors.pop(SEED).item())
            channels = tensors["mean"].numel()
            network = cls.build(settings, channels, outputs=goal.outputs, seed=0)
            network.load_state_dict(tensors)
        except (KeyError, RuntimeError) as error:
            raise StoreError(
                f"the stored model does not fit its settings ({settings}) with {goal.outputs} "
                f"outputs; train it anew ({error})"
            ) from error
        return cls(network=network.eval(), settings=settings, objective=objective, seed=seed)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        device: torch.device = self.network.mean.device
        return device

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Weights, statistics, what the objective fitted, and the seed of predictions."""
        arrays = {
            name: tensor.cpu().numpy().copy() for name, tensor in self.network.state_dict().items()
        }
        return {**arrays, **self.objective.state, SEED: np.array([self.seed], np.int64)}

    def predict(self, slides: Sequence[CompressedSlide]) -> Float64[np.ndarray, "slides K"]:
        """Average the predictions of all parts and views of each slide."""
        check_usable(slides, self.network.mean.numel())
        return self._rows(slides, quick=False)

    def validate(self, slides: Sequence[CompressedSlide]) -> Float64[np.ndarray, "slides K"]:
        """Predict more cheaply, on fewer views: what training is steered by."""
        return self._rows(slides, quick=True)

    def views(self, slide: CompressedSlide) -> int:
        """Count the stored views of ``slide`` that are used."""
        return min(self.settings.views, len(slide.views))

    def _rows(
        self, slides: Sequence[CompressedSlide], *, quick: bool
    ) -> Float64[np.ndarray, "slides K"]:
        self.network.eval()
        rows = []
        with torch.inference_mode():
            for slide in slides:
                seen = self.look(slide, quick=quick)
                rows.append(seen.weights @ self.objective.activate(seen.outputs))
        return np.stack(rows)


def evenly(outputs: Sequence[Tensor]) -> Seen:
    """Join outputs (parts, K) of several passes; all parts weigh alike."""
    joined = torch.cat(list(outputs)).double().cpu().numpy()
    return Seen(joined, np.full(len(joined), 1 / len(joined)))
