"""What is claimed of two arms, and its estimate from their out-of-fold predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from histopress.claims.paired import PairedDifference, paired_difference
from histopress.errors import ConfigError
from histopress.evaluate.judge import primary_measure
from histopress.evaluate.units import ClassUnits, NumberUnits, SurvivalUnits, Units

__all__ = [
    "KINDS",
    "Contrast",
    "Metric",
    "PairedDifference",
    "contrast_units",
    "paired_difference",
]

Metric = Literal["auc", "spearman", "c"]
"""AUC within folds, of several classes the mean of each against the rest; Spearman's correlation
within folds; Harrell's C within folds."""

KINDS: dict[type[Units], Metric] = {
    ClassUnits: "auc",
    NumberUnits: "spearman",
    SurvivalUnits: "c",
}
"""Metric of each kind of units."""


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """What is claimed, before anything has run.

    Attributes
    ----------
    name : str
    first, second : str
        The arms; the difference is ``first - second``.
    metric : str
    margin : float
        Smallest difference of interest, on the metric's own scale; above 0.
    expected : int
        Sign that the difference should have: 1 or -1.

    Raises
    ------
    ValueError
        The arms are the same, the margin is not above 0, or the sign is neither 1 nor -1.
    """

    name: str
    first: str
    second: str
    metric: Metric
    margin: float
    expected: Literal[1, -1] = 1

    def __post_init__(self) -> None:
        if self.first == self.second:
            raise ValueError(f"contrast '{self.name}': both arms are '{self.first}'")
        if not self.margin > 0:
            raise ValueError(f"contrast '{self.name}': margin {self.margin}, must be above 0")
        if self.expected not in (1, -1):
            raise ValueError(f"contrast '{self.name}': expected {self.expected}, must be 1 or -1")


def contrast_units(
    contrast: Contrast,
    first: Sequence[Units],
    second: Sequence[Units],
    *,
    n_resamples: int,
    rng: np.random.Generator,
) -> PairedDifference:
    """Estimate a contrast from out-of-fold predictions; see :func:`paired_difference`.

    Parameters
    ----------
    contrast : Contrast
    first, second : sequence of Units
        Of each arm, one a training seed: the same patients, folds and outcomes in one order.
    n_resamples : int
    rng : Generator

    Raises
    ------
    ConfigError
        Units are of another metric, or differ in more than what was predicted.
    UndefinedMetricError
        As :func:`paired_difference`.
    """
    every = [*first, *second]
    for units in every:
        metric = KINDS.get(type(units))
        if metric != contrast.metric:
            raise ConfigError(
                f"contrast '{contrast.name}': is of '{contrast.metric}' and the units are judged "
                f"by '{metric}'; name a target of the metric's kind"
            )
    for place, units in enumerate(every[1:], 1):
        if what := _differs(every[0], units):
            arm = contrast.first if place < len(first) else contrast.second
            raise ConfigError(
                f"contrast '{contrast.name}': predictions of '{arm}' are of other {what} than "
                f"those of '{contrast.first}'; both arms must be tested on the same patients in "
                "the same folds: leave out who is missing in one of them"
            )
    return paired_difference(
        [primary_measure(units).statistic for units in first],
        [primary_measure(units).statistic for units in second],
        patients=every[0].patients,
        folds=every[0].folds,
        n_resamples=n_resamples,
        rng=rng,
    )


def _differs(first: Units, second: Units) -> str | None:
    """Name what two sets of units differ in beside their predictions; None where in nothing."""
    names = {"patients": "patients", "folds": "folds", "slides": "numbers of slides"}
    if isinstance(first, ClassUnits):
        names["labels"] = "labels"
    if isinstance(first, NumberUnits):
        names["values"] = "values"
    if isinstance(first, ClassUnits):
        names |= {"classes": "classes", "positive": "positive class"}
    for name, what in names.items():
        if not np.array_equal(getattr(first, name), getattr(second, name)):
            return what
    if isinstance(first, SurvivalUnits) and isinstance(second, SurvivalUnits):
        same = np.array_equal(first.survival.times, second.survival.times)
        if not same or not np.array_equal(first.survival.events, second.survival.events):
            return "follow-up"
    return None
