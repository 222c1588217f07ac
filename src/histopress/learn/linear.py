"""Linear models of features, with an L2 penalty: logistic, ridge and Cox regression."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression, Ridge

from histopress.learn.cox_ridge import fit_cox

ITERATIONS_MAX = 1000
SMALLEST_SCALE = 1e-9
"""A feature that varies less than this is left unscaled."""


@dataclass(frozen=True)
class Linear:
    """A linear model of standardised features.

    Attributes
    ----------
    mean, scale : float64 ndarray (C,)
        Standardisation, from the training features.
    coef : float64 ndarray (K, C)
        Weights; outputs are ``coef @ z + intercept``.
    intercept : float64 ndarray (K,)
        Offsets.
    """

    mean: Float64[np.ndarray, " C"]
    scale: Float64[np.ndarray, " C"]
    coef: Float64[np.ndarray, "K C"]
    intercept: Float64[np.ndarray, " K"]

    def outputs(self, features: Float64[np.ndarray, "n C"]) -> Float64[np.ndarray, "n K"]:
        """Give logits, a standardised number or a log-hazard."""
        scaled = (features - self.mean) / self.scale
        found: Float64[np.ndarray, "n K"] = (scaled[:, None] * self.coef).sum(-1) + self.intercept
        return found

    def probabilities(self, features: Float64[np.ndarray, "n C"]) -> Float64[np.ndarray, "n K"]:
        """Give class probabilities of a logistic regression."""
        return softmax(self.outputs(features), axis=1)


Regress = Callable[[Float64[np.ndarray, "n C"], float], Linear]
"""Fits features with one strength, the inverse weight of the penalty."""


def regress(
    features: Float64[np.ndarray, "n C"],
    labels: Int64[np.ndarray, " n"],
    *,
    strength: float,
    weights: Float64[np.ndarray, " K"] | None = None,
) -> Linear:
    """Fit a logistic regression: strength · weighted cross-entropy + ½‖coef‖².

    Parameters
    ----------
    features : float64 ndarray (n, C)
        Unstandardised.
    labels : int64 ndarray (n,)
        Classes 0 … K − 1, each present.
    strength : float
        Inverse weight of the penalty.
    weights : float64 ndarray (K,) or None
        Weights of classes; None weighs them against their shares.
    """
    start = _start(features)
    kind = "balanced" if weights is None else dict(enumerate(weights.tolist()))
    found = LogisticRegression(
        C=strength, class_weight=kind, max_iter=ITERATIONS_MAX, solver="lbfgs"
    ).fit((features - start.mean) / start.scale, labels)
    coef, intercept = found.coef_, found.intercept_
    if len(coef) == 1:
        coef, intercept = (
            np.concatenate([np.zeros_like(each), each]) for each in (coef, intercept)
        )
    return replace(start, coef=coef, intercept=intercept)


def regress_number(
    features: Float64[np.ndarray, "n C"], targets: Float64[np.ndarray, " n"], *, strength: float
) -> Linear:
    """Fit a ridge regression: strength · ½ squared error + ½‖coef‖²; ``targets`` (n,)."""
    start = _start(features)
    found = Ridge(alpha=1 / strength).fit((features - start.mean) / start.scale, targets)
    return replace(start, coef=found.coef_[None], intercept=np.array([float(found.intercept_)]))


def regress_hazard(
    features: Float64[np.ndarray, "n C"],
    times: Float64[np.ndarray, " n"],
    events: Bool[np.ndarray, " n"],
    *,
    strength: float,
) -> Linear:
    """Fit a Cox regression: strength · negative log-likelihood + ½‖coef‖²; one row a patient."""
    start = _start(features)
    scaled = (features - start.mean) / start.scale
    return replace(start, coef=fit_cox(scaled, times, events, strength=strength)[None])


def _start(features: Float64[np.ndarray, "n C"]) -> Linear:
    """Standardise by ``features``; no weights yet."""
    mean, scale = features.mean(0), features.std(0)
    scale[scale < SMALLEST_SCALE] = 1
    return Linear(mean, scale, np.zeros((1, mean.size)), np.zeros(1))
