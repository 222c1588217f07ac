"""Where metrics of survival end: τ."""

from dataclasses import dataclass

import numpy as np

from histopress.evaluate.survival.times import Survival, numbers_at_risk
from histopress.evaluate.undefined import UndefinedMetricError

SHARE = 0.9
"""Quantile of the training sample's event times."""

AT_RISK = 10
"""Training patients that must be at risk at τ."""


@dataclass(frozen=True, kw_only=True)
class Truncation:
    """τ, and how it came about.

    Attributes
    ----------
    tau : float
        In the unit of the times.
    quantile : float
        90th percentile of the training sample's event times.
    at_risk : int
        Training patients at risk at τ.
    cut : bool
        τ lies before the percentile, because fewer than 10 were at risk there.
    """

    tau: float
    quantile: float
    at_risk: int
    cut: bool


def truncation(training: Survival) -> Truncation:
    """τ from a training sample: 90th percentile of event times, cut where under 10 are at risk.

    The percentile interpolates between event times (numpy's default). Where fewer than 10 are at
    risk at it, τ is the last time at which 10 are: the tenth longest time.

    Raises
    ------
    UndefinedMetricError
        There is no event, or fewer than 10 patients.

    Examples
    --------
    >>> times = np.arange(1.0, 101.0)
    >>> truncation(Survival(times=times, events=times <= 50)).tau
    45.1
    """
    if not training.n_events:
        raise UndefinedMetricError(
            f"τ is undefined: none of {len(training)} training patients had the event"
        )
    if len(training) < AT_RISK:
        raise UndefinedMetricError(
            f"τ is undefined: {len(training)} training patients, and {AT_RISK} must be at risk"
        )
    quantile = float(np.quantile(training.times[training.events], SHARE))
    last = float(np.sort(training.times)[-AT_RISK])
    tau = min(quantile, last)
    return Truncation(
        tau=tau,
        quantile=quantile,
        at_risk=int(numbers_at_risk(training, np.array([tau]))[0]),
        cut=last < quantile,
    )
