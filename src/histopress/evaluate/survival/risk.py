"""From a score to the probability of surviving: Breslow's baseline hazard."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from histopress.evaluate.survival.times import Survival, check_scores
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True, eq=False)
class Baseline:
    """Cumulative hazard of a patient whose score is ``centre``.

    Attributes
    ----------
    times : float64 ndarray (times,)
        Distinct event times of the training sample, ascending.
    hazard : float64 ndarray (times,)
        Cumulative, constant from each time to the next, 0 before the first.
    centre : float
        Score that the hazard belongs to; large scores would overflow without.
    last : float
        Longest training time, where knowledge of the hazard ends.
    """

    times: Float64[np.ndarray, " times"]
    hazard: Float64[np.ndarray, " times"]
    centre: float
    last: float

    def survival(
        self, scores: Float64[np.ndarray, " n"], horizons: Float64[np.ndarray, " horizons"]
    ) -> Float64[np.ndarray, "n horizons"]:
        """S(t | x) = exp(-H(t) exp(score - centre)) for every patient and horizon.

        Raises
        ------
        UndefinedMetricError
            A horizon lies beyond the longest training time.
        """
        if (horizons > self.last).any():
            raise UndefinedMetricError(
                f"the baseline hazard at {horizons.max():g} is unknown: the training sample was "
                f"followed until {self.last:g}"
            )
        hazard = np.concatenate([[0.0], self.hazard])
        reached = hazard[np.searchsorted(self.times, horizons, side="right")]
        # In logarithms, so that no hazard at all and a boundless risk do not make 0 times infinity.
        with np.errstate(divide="ignore", over="ignore"):
            return np.exp(-np.exp(np.log(reached) + (scores - self.centre)[:, None]))


def fit_baseline(training: Survival, scores: Float64[np.ndarray, " n"]) -> Baseline:
    """Estimate the baseline hazard from a training sample's scores (Breslow, JRSS B 1972).

    Each event time adds d / Σ exp(score) over those at risk, d events sharing the whole risk set.

    Parameters
    ----------
    training : Survival
    scores : float64 ndarray (n,)
        Log relative hazards that the model gives the same patients.

    Raises
    ------
    UndefinedMetricError
        The training sample has no event.

    Examples
    --------
    >>> training = Survival(times=np.array([1.0, 2.0]), events=np.array([True, True]))
    >>> fit_baseline(training, np.zeros(2)).hazard
    array([0.5, 1.5])
    """
    check_scores(training, scores)
    if not training.n_events:
        raise UndefinedMetricError(
            f"the baseline hazard is undefined: none of {len(training)} training patients had the "
            "event"
        )
    centre = float(scores.max())
    order = np.argsort(-training.times, kind="stable")
    total = np.cumsum(np.exp(scores[order] - centre))
    times, deaths = np.unique(training.times[training.events], return_counts=True)
    at_risk = np.searchsorted(np.sort(training.times), times, side="left")
    hazard = np.cumsum(deaths / total[len(training) - at_risk - 1])
    return Baseline(times=times, hazard=hazard, centre=centre, last=float(training.times.max()))
