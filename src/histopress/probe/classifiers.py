"""Classifiers that read a frozen encoder, and the plainer of the two: logistic regression."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float, Float64, Int64

from histopress.learn.linear import Linear, regress
from histopress.learn.scoring import balanced_cross_entropy
from histopress.probe.settings import ProbeSettings

CHUNK = 1024
"""Patches classified at once."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Features with their classes.

    Attributes
    ----------
    features : float ndarray (N, C)
    labels : int64 ndarray (N,)
    """

    features: Float[np.ndarray, "N C"]
    labels: Int64[np.ndarray, "N"]


class Fitted(Protocol):
    """A classifier that was fitted."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What readers may want to know of the fit; plain JSON."""
        ...

    def predict(self, features: Float[np.ndarray, "N C"]) -> Float64[np.ndarray, "N K"]:
        """Class probabilities, one row a patch."""
        ...


@dataclass(frozen=True)
class LogisticProbe:
    """A fitted logistic regression."""

    regression: Linear
    facts: Mapping[str, Any] = field(default_factory=dict)

    def predict(self, features: Float[np.ndarray, "N C"]) -> Float64[np.ndarray, "N K"]:
        """Class probabilities, one row a patch."""
        return in_chunks(self.regression.probabilities, features.astype(np.float64))


def fit_logistic(
    training: Labelled, tuning: Labelled, *, classes: int, settings: ProbeSettings
) -> LogisticProbe:
    """Fit a logistic regression on standardised features, classes weighing alike.

    The penalty is the one of ``settings.strengths`` with the least balanced cross-entropy on the
    tuning part (the stronger penalty at a tie); the regression is then fitted anew on both parts.

    Parameters
    ----------
    training, tuning : Labelled
        Each holds every class.
    classes : int
        Number of classes; labels run below it.
    settings : ProbeSettings
    """
    losses: dict[float, float] = {}
    truth = tuning.labels
    for strength in sorted(settings.strengths):
        regression = regress(
            training.features.astype(np.float64), training.labels, strength=strength
        )
        losses[strength] = balanced_cross_entropy(
            LogisticProbe(regression).predict(tuning.features), truth
        )
    best = min(losses, key=lambda strength: losses[strength])
    features = np.concatenate([training.features, tuning.features]).astype(np.float64)
    labels = np.concatenate([training.labels, truth])
    facts = {
        "strength": best,
        "tuning_cross_entropy": losses[best],
        "tried": {f"{strength:g}": loss for strength, loss in losses.items()},
        "classes": classes,
    }
    return LogisticProbe(regress(features, labels, strength=best), facts)


def in_chunks(function: Any, features: Float[np.ndarray, "N C"]) -> Float64[np.ndarray, "N K"]:
    """Apply a classifier to portions of the rows, so that memory does not follow their number."""
    starts = range(0, max(len(features), 1), CHUNK)
    return np.concatenate([function(features[start : start + CHUNK]) for start in starts])
