"""Patients with an image score beside a clinical one."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int, Shaped

from histopress.evaluate.survival.times import Survival


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoredPatients:
    """Patients, each once, scored by models that have not learned from them.

    Attributes
    ----------
    image : float64 ndarray (n,)
        Score from the image: log hazard, or log odds of the positive class; less the mean and over
        the standard deviation of the training patients' scores of the same fold's model.
    clinical : float64 ndarray (n,)
        Linear predictor of that fold's clinical model.
    folds : int64 ndarray (n,)
    outcome : Survival or bool ndarray (n,)
        Follow-up, or whether a patient is of the positive class.
    slides : int64 ndarray (n,)
        Slides that each image score is made of.

    Raises
    ------
    ValueError
        Arrays differ in length, or a score is NaN or infinite.
    """

    image: Float64[np.ndarray, " n"]
    clinical: Float64[np.ndarray, " n"]
    folds: Int[np.ndarray, " n"]
    outcome: Survival | Bool[np.ndarray, " n"]
    slides: Int[np.ndarray, " n"]

    def __post_init__(self) -> None:
        lengths = {len(each) for each in (self.image, self.clinical, self.folds, self.slides)}
        if lengths != {len(self.outcome)}:
            raise ValueError(f"scores, folds and outcomes have lengths {sorted(lengths)}")
        if not (np.isfinite(self.image) & np.isfinite(self.clinical)).all():
            raise ValueError("scores hold NaN or infinity; leave such patients out and name them")

    def __len__(self) -> int:
        return len(self.image)

    @property
    def kind(self) -> Literal["survival", "classification"]:
        """Which kind of outcome."""
        return "survival" if isinstance(self.outcome, Survival) else "classification"

    @property
    def survival(self) -> Survival:
        """Follow-up; :class:`TypeError` where the outcome is a class."""
        if not isinstance(self.outcome, Survival):
            raise TypeError("the outcome is a class, not a follow-up")
        return self.outcome

    @property
    def positives(self) -> Bool[np.ndarray, " n"]:
        """Classes; :class:`TypeError` where the outcome is a follow-up."""
        if isinstance(self.outcome, Survival):
            raise TypeError("the outcome is a follow-up, not a class")
        return self.outcome

    @property
    def n_events(self) -> int:
        """Patients with the event, or of the rarer class."""
        if isinstance(self.outcome, Survival):
            return self.outcome.n_events
        return int(min(self.outcome.sum(), (~self.outcome).sum()))

    def take(self, rows: Shaped[np.ndarray, " m"]) -> "ScoredPatients":
        """Patients by place or by mask."""
        outcome = self.outcome
        return ScoredPatients(
            image=self.image[rows],
            clinical=self.clinical[rows],
            folds=self.folds[rows],
            outcome=outcome.take(rows) if isinstance(outcome, Survival) else outcome[rows],
            slides=self.slides[rows],
        )
