"""What one label belongs to: a slide, or a patient with all slides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from histopress.cohort.labels.outcome import Label
from histopress.errors import ConfigError
from histopress.learn.data import LabelledSlide


@dataclass(frozen=True, kw_only=True)
class Units:
    """Slides or patients, in the order in which they first occur.

    Attributes
    ----------
    of_slide : int64 ndarray (slides,)
        The unit of each slide.
    labels : tuple
        Label of each unit.
    """

    of_slide: Int64[np.ndarray, " slides"]
    labels: tuple[Label, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def draw(
        self, units: Int64[np.ndarray, " n"], rng: np.random.Generator
    ) -> Int64[np.ndarray, " n"]:
        """Draw one slide of each of ``units``; where each has one slide, nothing is drawn."""
        counts = np.bincount(self.of_slide, minlength=len(self))
        by_unit = np.argsort(self.of_slide, kind="stable")
        first = np.cumsum(counts) - counts
        if len(self) == self.of_slide.size:
            return by_unit[first[units]]
        return by_unit[first[units] + rng.integers(counts[units])]

    def average(self, rows: Float64[np.ndarray, "slides K"]) -> Float64[np.ndarray, "units K"]:
        """Average rows of slides to rows of units: late fusion."""
        if len(self) == self.of_slide.size:
            return rows
        sums = np.zeros((len(self), rows.shape[1]))
        np.add.at(sums, self.of_slide, rows)
        return sums / np.bincount(self.of_slide, minlength=len(self))[:, None]


def units_of(slides: Sequence[LabelledSlide], level: Literal["slide", "patient"]) -> Units:
    """Join the slides of a patient where the label is the patient's.

    Raises
    ------
    ConfigError
        Slides of one patient have different labels, although the label is the patient's.
    """
    if level == "slide":
        return Units(of_slide=np.arange(len(slides)), labels=tuple(each.label for each in slides))
    numbers: dict[int, int] = {}
    holders: list[LabelledSlide] = []
    for each in slides:
        if each.patient not in numbers:
            numbers[each.patient] = len(numbers)
            holders.append(each)
        holder = holders[numbers[each.patient]]
        if holder.label != each.label:
            raise ConfigError(
                f"slides '{holder.slide_id}' and '{each.slide_id}' of one patient: labels "
                f"{holder.label} and {each.label}; a patient has one, so correct the label table, "
                "or declare classes and numbers on the level of slides"
            )
    return Units(
        of_slide=np.array([numbers[each.patient] for each in slides], np.int64),
        labels=tuple(each.label for each in holders),
    )
