"""What every slide-level model offers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float64

from histopress.compress.slide import CompressedSlide
from histopress.learn.data import LabelledSlide
from histopress.learn.goal import Goal
from histopress.types import Progress

Row = Mapping[str, int | float]
"""One line of a training history; all rows of one history have the same keys."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How much of a slide its predictions saw.

    Attributes
    ----------
    drawn : float
        Share of tissue cells in the drawn test crops, 0 to 1.
    used : float
        Share in the crops that were used: 1 where crops were tiled.
    crops : int
        Number of crops used a view.
    tiled : bool
        Whether the drawn crops covered too little and a lattice took their place.
    whole : bool
        Whether the whole grid was seen at once.
    """

    drawn: float
    used: float
    crops: int
    tiled: bool
    whole: bool = False


WHOLE = Coverage(drawn=1.0, used=1.0, crops=1, tiled=False, whole=True)
"""Coverage of a model that sees every kept cell at once."""


class Fitted(Protocol):
    """A trained model: arrays, a history, and predictions that depend on nothing else."""

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Everything that :func:`histopress.learn.models.load_model` needs, as arrays."""
        ...

    @property
    def history(self) -> Sequence[Row]:
        """What training tried; empty after loading."""
        ...

    @property
    def fitted_on(self) -> frozenset[str]:
        """Ids of slides that anything was fitted on; empty after loading."""
        ...

    @property
    def chosen_on(self) -> frozenset[str]:
        """Ids of slides that anything was chosen on; empty after loading."""
        ...

    def predict(self, slides: Sequence[CompressedSlide]) -> Float64[np.ndarray, "slides K"]:
        """Predict slides, one row each; a row depends on no other slide.

        Class probabilities; a number in the target's unit; or a log-hazard, of which a higher
        one means an earlier event.
        """
        ...

    def coverage(self, slide: CompressedSlide) -> Coverage:
        """Tell how much of ``slide`` a prediction sees."""
        ...


class SlideModel(Protocol):
    """Something that learns from slides with labels."""

    def fit(
        self,
        train: Sequence[LabelledSlide],
        validation: Sequence[LabelledSlide],
        *,
        goal: Goal,
        seed: int,
        progress: Progress | None = None,
    ) -> Fitted:
        """Train on ``train``; choose what is to be chosen on ``validation``."""
        ...
