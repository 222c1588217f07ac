"""Scores joined and set to scale on the validation patients of each fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64

from histopress.evaluate.clinical.logistic import fit_logistic
from histopress.evaluate.clinical.patients import ScoredPatients
from histopress.evaluate.survival.cox import fit_cox
from histopress.evaluate.undefined import UndefinedMetricError

FEW_EVENTS = 5
"""Below so many validation events (or patients of the rarer class) nothing is fitted."""

Score = Literal["image", "clinical"]

MODELS: Mapping[str, tuple[Score, ...]] = {
    "image": ("image",),
    "clinical": ("clinical",),
    "combined": ("image", "clinical"),
}
"""Scores that each model is made of."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """How scores become a linear predictor in one fold.

    Attributes
    ----------
    fold : int
    weights : mapping of str to float
        By score.
    offset : float
        Intercept of log odds; 0 for survival, whose baseline hazard takes its place.
    n_patients, n_events : int
        Validation patients that it was fitted on.
    fallback : str or None
        Why it was not fitted: standardised scores weigh alike then, and there is no scale.
    """

    fold: int
    weights: Mapping[Score, float]
    offset: float
    n_patients: int
    n_events: int
    fallback: str | None

    def apply(self, patients: ScoredPatients) -> Float64[np.ndarray, " n"]:
        """Linear predictor of patients of this fold."""
        parts = [weight * getattr(patients, name) for name, weight in self.weights.items()]
        return np.asarray(sum(parts[1:], parts[0]) + self.offset)

    def as_json(self) -> dict[str, Any]:
        """Fields as ``metrics.json`` holds them."""
        return {**vars(self), "weights": dict(self.weights)}


def fit_links(
    validation: ScoredPatients, scores: Sequence[Score], folds: Sequence[int]
) -> dict[int, Link]:
    """Fit one link a fold: Cox for survival, logistic for classes, a coefficient a score.

    On validation patients, because a flexible network knows its training patients: its training
    scores are too good, and would get all the weight. Validation patients are not wholly new
    either: they chose the epoch and the penalty. That takes little against two coefficients.

    Where a fold has fewer than 5 validation events, or the fit has no value, each score is divided
    by its standard deviation among the fold's validation patients, and they weigh alike.

    Parameters
    ----------
    validation : ScoredPatients
        Under the fold whose model scored them as validation patients; a patient may be there once
        a fold.
    scores : sequence of str
        Of ``image`` and ``clinical``.
    folds : sequence of int
        Folds of the test patients.
    """
    return {fold: _fit(validation.take(validation.folds == fold), scores, fold) for fold in folds}


def linked(patients: ScoredPatients, links: Mapping[int, Link]) -> Float64[np.ndarray, " n"]:
    """Linear predictor of every patient by the link of the fold."""
    found = np.zeros(len(patients))
    for fold, link in links.items():
        inside = patients.folds == fold
        found[inside] = link.apply(patients.take(inside))
    return found


def _fit(own: ScoredPatients, scores: Sequence[Score], fold: int) -> Link:
    matrix = np.stack([getattr(own, name) for name in scores], axis=1)
    facts: dict[str, Any] = {"fold": fold, "n_patients": len(own), "n_events": own.n_events}
    reason = None
    if own.n_events < FEW_EVENTS:
        counted = "events" if own.kind == "survival" else "patients of the rarer class"
        reason = (
            f"{own.n_events} {counted} among {len(own)} validation patients, {FEW_EVENTS} needed"
        )
    else:
        try:
            offset, weights = _coefficients(own, matrix)
            named = dict(zip(scores, weights, strict=True))
            return Link(weights=named, offset=offset, fallback=None, **facts)
        except UndefinedMetricError as error:
            reason = str(error)
    scale = matrix.std(axis=0) if len(own) else np.zeros(len(scores))
    alike = dict(zip(scores, (1 / np.where(scale > 0, scale, 1.0)).tolist(), strict=True))
    return Link(weights=alike, offset=0.0, fallback=reason, **facts)


def _coefficients(own: ScoredPatients, matrix: np.ndarray) -> tuple[float, list[float]]:
    if own.kind == "survival":
        return 0.0, fit_cox(own.survival, matrix).coefficients.tolist()
    fit = fit_logistic(own.positives, matrix)
    return fit.intercept, fit.coefficients.tolist()
