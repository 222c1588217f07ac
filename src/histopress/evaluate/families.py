"""What kinds of metrics there are, and how each gets its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from histopress.evaluate.scale import Scale

FEW_PATIENTS = 20
"""Below so many patients of the rarer class the interval of a share carries a warning."""

NEAR_CHANCE = (
    "close to chance, where intervals of cross-validated models cover less than they say (84 to "
    "93 % in place of 95 % in simulations), because each patient also trained models of other "
    "folds; test against chance by permutation"
)

_NEAR = 1.25
"""Lengths of a 95 % interval, which is 5 standard errors."""

Family = Literal["auc", "concordance", "correlation", "share", "free"]
"""What a metric is: an AUC; Harrell's or Uno's C; a correlation; a share or mean of shares; any
other number, such as an error or a score that has no upper end."""


@dataclass(frozen=True, kw_only=True)
class FamilyRule:
    """How metrics of a family get their interval.

    Attributes
    ----------
    scale : str
        ``plain`` takes percentiles of the bootstrap.
    few : int
        Below so many patients (of the kind in ``counted``) an interval carries a warning.
    counted : str
    lacking : str
        What is wrong with a resample in which the metric is undefined.
    chance : float or None
        What the metric is where nothing was learned.
    """

    scale: Scale
    few: int
    counted: str
    lacking: str
    chance: float | None = None


FAMILIES: Mapping[Family, FamilyRule] = {
    "auc": FamilyRule(
        scale="logit",
        few=10,
        counted="patients of the rarer class",
        lacking="lack a class",
        chance=0.5,
    ),
    "concordance": FamilyRule(
        scale="logit",
        few=20,
        counted="patients with the event",
        lacking="hold nobody to compare",
        chance=0.5,
    ),
    "correlation": FamilyRule(
        scale="fisher",
        few=30,
        counted="patients",
        lacking="hold equal values only",
        chance=0.0,
    ),
    "share": FamilyRule(
        scale="plain",
        few=FEW_PATIENTS,
        counted="patients of the rarer class",
        lacking="lack a class",
    ),
    "free": FamilyRule(
        scale="plain", few=FEW_PATIENTS, counted="patients", lacking="leave it undefined"
    ),
}
"""``few`` of AUC, C and correlations from ``benchmarks/coverage.md``: the fewest at which fixed
models' intervals stayed in range (30 patients, of whom 10 or more are of the rarer class; C with 9
or 18 events among 30 patients covers 97-99 %, so that its intervals are too long there)."""


def near_chance(estimate: float, bounds: tuple[float, float], chance: float | None) -> bool:
    """Tell whether chance is within some 5 standard errors of an estimate.

    In ``benchmarks/coverage.md`` that holds for every cell of cross-validated models whose
    coverage fell below 93 %: without any effect at all sizes, with moderate ones below 200
    patients.

    Examples
    --------
    >>> near_chance(0.67, (0.55, 0.78), 0.5), near_chance(0.9, (0.83, 0.95), 0.5)
    (True, False)
    """
    return chance is not None and abs(estimate - chance) < _NEAR * (bounds[1] - bounds[0])
