"""Censoring as a distribution, and the weights that undo it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64

from histopress.evaluate.survival.kaplan_meier import reverse_kaplan_meier
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True, eq=False)
class Censoring:
    """Probability to be still under observation, G, estimated in a training sample.

    Attributes
    ----------
    times : float64 ndarray (times,)
        Distinct observed times of the training sample; the last ends what is known.
    survival : float64 ndarray (times,)
        P(censoring after each time), by the reverse Kaplan-Meier estimate.
    """

    times: Float64[np.ndarray, " times"]
    survival: Float64[np.ndarray, " times"]

    def at(self, horizons: Float64[np.ndarray, " m"]) -> Float64[np.ndarray, " m"]:
        """G(t), to be censored after t: what being seen alive beyond t requires.

        Raises
        ------
        UndefinedMetricError
            It is 0 or unknown at some horizon.
        """
        return self._read(horizons, side="right")

    def before(self, times: Float64[np.ndarray, " m"]) -> Float64[np.ndarray, " m"]:
        """G(t-), to be censored at t or after: what seeing an event at t requires.

        Raises
        ------
        UndefinedMetricError
            It is 0 or unknown at some time.
        """
        return self._read(times, side="left")

    def inverse(
        self, survival: Survival, counted: Bool[np.ndarray, " n"]
    ) -> Float64[np.ndarray, " n"]:
        """1 / G(T-) for the patients counted, whose event was seen; 0 for the others.

        Raises
        ------
        UndefinedMetricError
            G(T-) is 0 or unknown for one of them.
        """
        weights = np.zeros(len(survival))
        weights[counted] = 1 / self.before(survival.times[counted])
        return weights

    def _read(self, times: np.ndarray, side: Literal["left", "right"]) -> np.ndarray:
        places = np.searchsorted(self.times, times, side=side)
        found = np.concatenate([[1.0], self.survival])[places]
        wrong = (found <= 0) | (times > self.times[-1])
        if wrong.any():
            raise UndefinedMetricError(
                f"the chance to be uncensored at {times[wrong].min():g} is 0 or unknown: the "
                f"training sample was followed until {self.times[-1]:g}; take an earlier τ or "
                "horizon"
            )
        return found


def fit_censoring(training: Survival) -> Censoring:
    """Estimate the distribution of censoring times in a training sample.

    Events come before censorings at equal times, so who has the event at t is not at risk of being
    censored at t, and an event at t is seen with probability G(t-). Censoring is taken to be
    independent of event times and covariates. (scikit-survival weighs events with G(t): the same
    unless a training patient is censored at the very time of an event.)

    Raises
    ------
    UndefinedMetricError
        The sample is empty.

    Examples
    --------
    >>> events = np.array([True, True, False, True])
    >>> censoring = fit_censoring(Survival(times=np.array([1.0, 2, 2, 3]), events=events))
    >>> censoring.before(np.array([1.0, 2.0, 3.0])), censoring.at(np.array([2.0]))
    (array([1. , 1. , 0.5]), array([0.5]))
    """
    curve = reverse_kaplan_meier(training)
    return Censoring(times=curve.times, survival=curve.survival)
