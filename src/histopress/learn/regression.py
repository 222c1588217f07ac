"""Standardisation of regression targets by the training fold."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from histopress.errors import ConfigError, StoreError

SMALLEST_SPREAD = 1e-9
"""Targets whose SD is below this share of their largest magnitude are constant but for rounding."""


@dataclass(frozen=True, kw_only=True)
class TargetScale:
    """Mean and SD of the training fold's targets; networks learn and predict in their units.

    Attributes
    ----------
    mean : float
        In the target's unit.
    sd : float
        In the target's unit, positive; of the population (divided by n, as scikit-learn's
        ``StandardScaler``).
    """

    mean: float
    sd: float

    @classmethod
    def load(cls, state: Mapping[str, np.ndarray]) -> "TargetScale":
        """Rebuild from :attr:`state`; raises :class:`StoreError` if an array is missing."""
        try:
            return cls(mean=float(state["target_mean"].item()), sd=float(state["target_sd"].item()))
        except KeyError as error:
            raise StoreError(f"the stored model lacks {error}; train it anew") from error

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Both numbers as float64 arrays (1,), to be saved with the weights."""
        return {
            "target_mean": np.array([self.mean], np.float64),
            "target_sd": np.array([self.sd], np.float64),
        }

    def standardise(self, targets: Float[np.ndarray, " *n"]) -> Float64[np.ndarray, " *n"]:
        """Take targets to units of the training fold's SD about its mean."""
        return (np.asarray(targets, np.float64) - self.mean) / self.sd

    def restore(self, predictions: Float[np.ndarray, " *n"]) -> Float64[np.ndarray, " *n"]:
        """Take predictions back to the target's unit.

        Linear: averaging crops before or after gives the same.
        """
        return np.asarray(predictions, np.float64) * self.sd + self.mean


def fit_scale(targets: Float[np.ndarray, " n"]) -> TargetScale:
    """Take mean and SD of the training fold's targets, and of no others.

    The loss is then the mean squared error of standardised targets: 1 for a model that predicts
    the training mean of the training fold, whatever the unit.

    Parameters
    ----------
    targets : float ndarray (n,)
        One entry for each unit that the target belongs to: a patient's target once a patient,
        however many slides. Missing ones are left out before.

    Raises
    ------
    ConfigError
        Fewer than two targets, one that is not finite, or all alike.
    ValueError
        The array is not one-dimensional.

    Examples
    --------
    >>> scale = fit_scale(np.array([1.0, 3.0]))
    >>> scale, scale.restore(scale.standardise(np.array([5.0]))).tolist()
    (TargetScale(mean=2.0, sd=1.0), [5.0])
    """
    values = np.asarray(targets, np.float64)
    if values.ndim != 1:
        raise ValueError(f"targets {values.shape}: must be (n,)")
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise ConfigError(
            f"{wrong.size} of {values.size} training targets are not finite, the first at place "
            f"{wrong[0]}: {values[wrong[0]]}; leave out what has no label"
        )
    if values.size < 2:
        raise ConfigError(f"{values.size} training targets; at least two are needed")
    mean, sd = float(values.mean()), float(values.std())
    if sd <= SMALLEST_SPREAD * float(np.abs(values).max()):
        raise ConfigError(
            f"all {values.size} training targets are {values[0]:g}: there is nothing to learn; "
            "use fewer folds or another target"
        )
    return TargetScale(mean=mean, sd=sd)
