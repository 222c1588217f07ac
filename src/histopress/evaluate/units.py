"""What a metric counts: slides, or patients whose slides are fused."""

from dataclasses import dataclass, fields
from typing import Literal, Self

import numpy as np
from jaxtyping import Bool, Float64, Int, Shaped

from histopress.evaluate.survival.times import Survival


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Slides or patients, whatever is predicted of them.

    Attributes
    ----------
    level : str
        ``slide`` or ``patient``.
    patients : int64 ndarray (units,)
        Number of the patient of each unit, from 0; carries no id.
    folds : int64 ndarray (units,)
        Division of the protocol that tested the unit; each has a model of its own.
    slides : int64 ndarray (units,)
        Slides that each unit is made of.
    centers : tuple of str
        Centre of each unit; empty where it is unknown.
    """

    level: Literal["slide", "patient"]
    patients: Int[np.ndarray, " units"]
    folds: Int[np.ndarray, " units"]
    slides: Int[np.ndarray, " units"]
    centers: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.patients)

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return len(np.unique(self.patients))

    @property
    def n_slides(self) -> int:
        """Number of slides."""
        return int(self.slides.sum())

    def count_patients(self, mask: Bool[np.ndarray, " units"]) -> int:
        """Count the patients who have a unit in the mask."""
        return len(np.unique(self.patients[mask]))

    def take(self, rows: Shaped[np.ndarray, " m"]) -> Self:
        """Units by place or by mask; patients keep their numbers."""
        places = np.arange(len(self))[rows]
        own = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                own[field.name] = value[places]
            elif isinstance(value, Survival):
                own[field.name] = value.take(places)
            elif field.name == "centers" and value:
                own[field.name] = tuple(value[place] for place in places)
            else:
                own[field.name] = value
        return type(self)(**own)


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassUnits(Units):
    """Units with a class, and the probabilities that a model gives each class.

    Attributes
    ----------
    classes : tuple of str
    positive : int
        Of two classes the one whose probability is the score.
    labels : int64 ndarray (units,)
    probabilities : float64 ndarray (units, classes)
    """

    classes: tuple[str, ...]
    positive: int
    labels: Int[np.ndarray, " units"]
    probabilities: Float64[np.ndarray, "units classes"]

    @property
    def binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2

    @property
    def scores(self) -> Float64[np.ndarray, " units"]:
        """Probability of the positive class."""
        return self.probabilities[:, self.positive]

    @property
    def positives(self) -> Bool[np.ndarray, " units"]:
        """Which units are of the positive class."""
        return self.labels == self.positive

    @property
    def chosen(self) -> Int[np.ndarray, " units"]:
        """Most probable class of each unit, the first of equals (of two: threshold 0.5)."""
        return self.probabilities.argmax(1)


@dataclass(frozen=True, kw_only=True, eq=False)
class NumberUnits(Units):
    """Units with a number, and the number that a model predicts.

    Attributes
    ----------
    unit : str or None
        What the numbers count, if declared.
    values, predictions : float64 ndarray (units,)
    """

    unit: str | None
    values: Float64[np.ndarray, " units"]
    predictions: Float64[np.ndarray, " units"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SurvivalUnits(Units):
    """Units with a follow-up, and the log hazard that a model predicts.

    Attributes
    ----------
    unit : str
        Of the times.
    survival : Survival
    risks : float64 ndarray (units,)
        Higher is an earlier event; comparable within a fold only.
    """

    unit: str
    survival: Survival
    risks: Float64[np.ndarray, " units"]

    @property
    def n_events(self) -> int:
        """Units whose event was seen."""
        return self.survival.n_events


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingSample:
    """Who a fold's survival model learnt from, with the log hazards that it gives them.

    Attributes
    ----------
    survival : Survival
        One entry a patient (at slide level: a slide).
    risks : float64 ndarray (n,)
        On the scale of the same fold's test risks.
    """

    survival: Survival
    risks: Float64[np.ndarray, " n"]
