"""Any model behind a reduction of channels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from histopress.compress.slide import CompressedSlide
from histopress.learn.data import LabelledSlide
from histopress.learn.goal import Goal
from histopress.learn.interface import Coverage, Fitted, Row, SlideModel
from histopress.learn.reduction import KEYS, Reduction, fit_reduction
from histopress.types import Progress


@dataclass(frozen=True)
class FittedReduced:
    """A trained model with the reduction in front of it."""

    reduction: Reduction
    inner: Fitted

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Arrays of both."""
        return {**self.inner.state, **self.reduction.state}

    @property
    def history(self) -> Sequence[Row]:
        """Of the model."""
        return self.inner.history

    @property
    def fitted_on(self) -> frozenset[str]:
        """Ids of slides that either was fitted on."""
        return self.inner.fitted_on | self.reduction.fitted_on

    @property
    def chosen_on(self) -> frozenset[str]:
        """Ids of slides that the model was chosen on."""
        return self.inner.chosen_on

    def predict(self, slides: Sequence[CompressedSlide]) -> Float64[np.ndarray, "slides K"]:
        """Reduce and predict slides, one by one."""
        return np.concatenate([self.inner.predict([self.reduction.apply(each)]) for each in slides])

    def coverage(self, slide: CompressedSlide) -> Coverage:
        """Tell how much of ``slide`` a prediction sees."""
        return self.inner.coverage(slide)


@dataclass(frozen=True)
class ReducedModel:
    """Reduce channels on the training slides, then train ``model``."""

    model: SlideModel
    components: int

    def fit(
        self,
        train: Sequence[LabelledSlide],
        validation: Sequence[LabelledSlide],
        *,
        goal: Goal,
        seed: int,
        progress: Progress | None = None,
    ) -> FittedReduced:
        """Fit the reduction on ``train`` alone; raises as both do."""
        reduction = fit_reduction(train, self.components)
        parts = ([reduction.apply_to(each) for each in part] for part in (train, validation))
        inner = self.model.fit(*parts, goal=goal, seed=seed, progress=progress)
        return FittedReduced(reduction, inner)


def divide_state(
    state: Mapping[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Divide arrays into those of the reduction and those of the model."""
    own = {name: each for name, each in state.items() if name in KEYS}
    return own, {name: each for name, each in state.items() if name not in KEYS}
