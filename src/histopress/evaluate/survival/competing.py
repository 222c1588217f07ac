"""Cumulative incidence where other events may come first."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from scipy.stats import norm

from histopress.evaluate.survival.times import RiskTable, Survival, risk_table
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True, eq=False)
class CumulativeIncidence:
    """Probability to have had an event of one cause: 0 at first, constant from time to time.

    Attributes
    ----------
    cause : int
    times : float64 ndarray (times,)
        Distinct observed times, of events and of censorings, ascending.
    at_risk, events, competing : int64 ndarray (times,)
        At risk just before, events of the cause, and events of other causes at each time.
    incidence, variance : float64 ndarray (times,)
    low, high : float64 ndarray (times,)
        Pointwise interval on the scale log(-log F); both 0 before the first event of the cause.
        Where F has come to 1 the scale has no value: ``high`` is 1 and ``low`` stays as it was.
    level : float
        Nominal coverage.
    open : float
        Probability to have had no event of any cause at the last time.
    """

    cause: int
    times: Float64[np.ndarray, " times"]
    at_risk: Int[np.ndarray, " times"]
    events: Int[np.ndarray, " times"]
    competing: Int[np.ndarray, " times"]
    incidence: Float64[np.ndarray, " times"]
    variance: Float64[np.ndarray, " times"]
    low: Float64[np.ndarray, " times"]
    high: Float64[np.ndarray, " times"]
    level: float
    open: float

    def at(self, horizons: Float64[np.ndarray, " horizons"]) -> Float64[np.ndarray, " horizons"]:
        """Probability to have had the event until each horizon.

        Raises
        ------
        UndefinedMetricError
            Nobody was followed until a horizon, and some were still without any event.
        """
        late = horizons > self.times[-1]
        if late.any() and self.open > 0:
            raise UndefinedMetricError(
                f"cumulative incidence at {horizons[late][0]:g} is unknown: follow-up ends at "
                f"{self.times[-1]:g} with {self.open:.3g} free of any event"
            )
        whole = np.concatenate([[0.0], self.incidence])
        return whole[np.searchsorted(self.times, horizons, side="right")]


def cumulative_incidence(
    times: Float64[np.ndarray, " n"],
    causes: Int[np.ndarray, " n"],
    *,
    cause: int = 1,
    level: float = 0.95,
) -> CumulativeIncidence:
    """Estimate cumulative incidence (Aalen & Johansen, Scand J Statist 1978).

    F(t) = Σ S(u-) d(u) / n(u), where S counts events of every cause: who died of something else can
    no longer have the event, which one minus Kaplan-Meier, with competing events as censored,
    pretends. Over all causes F sums to 1 - S. Events of different causes at one time share its risk
    set and come before censorings.

    The variance is the delta method's (Marubini & Valsecchi 1995, 10.12), which lifelines shares;
    without competing events it is Greenwood's.

    Parameters
    ----------
    times : float64 ndarray (n,)
    causes : int ndarray (n,)
        0 censored, 1 the event, 2 and above competing events.
    cause : int
        The one asked about.
    level : float

    Raises
    ------
    UndefinedMetricError
        There are no patients.
    ValueError
        A code is negative, or ``cause`` is no event.

    Examples
    --------
    >>> times, causes = np.array([1.0, 2, 3, 4]), np.array([1, 2, 1, 0])
    >>> cumulative_incidence(times, causes).incidence
    array([0.25, 0.25, 0.5 , 0.5 ])
    """
    if cause < 1 or (causes < 0).any():
        raise ValueError(
            f"causes run from {causes.min(initial=0)} and cause {cause} is asked about; 0 is "
            "censored, events are 1 and above"
        )
    if not times.size:
        raise UndefinedMetricError("there are no patients")
    table = risk_table(Survival(times=times, events=causes > 0))
    events = risk_table(Survival(times=times, events=causes == cause)).deaths[0]
    return _estimate(table, events, cause=cause, level=level)


def _estimate(
    table: RiskTable, events: np.ndarray, *, cause: int, level: float
) -> CumulativeIncidence:
    at_risk, deaths = table.at_risk[0], table.deaths[0]
    free = np.cumprod(1 - deaths / at_risk)
    before = np.concatenate([[1.0], free[:-1]])
    incidence = np.cumsum(before * events / at_risk)
    variance = _variance(incidence, before=before, at_risk=at_risk, deaths=deaths, events=events)
    low, high = _bounds(incidence, variance, level)
    return CumulativeIncidence(
        cause=cause,
        times=table.times,
        at_risk=at_risk.astype(np.int64),
        events=events.astype(np.int64),
        competing=(deaths - events).astype(np.int64),
        incidence=incidence,
        variance=variance,
        low=low,
        high=high,
        level=level,
        open=float(free[-1]),
    )


def _variance(
    incidence: np.ndarray,
    *,
    before: np.ndarray,
    at_risk: np.ndarray,
    deaths: np.ndarray,
    events: np.ndarray,
) -> np.ndarray:
    rest = at_risk - deaths
    # Where nobody is left F stays as it is, and the term's factor F(t) - F(u) is 0 for all later t.
    hazard = np.where(rest > 0, deaths / np.maximum(at_risk * rest, 1), 0.0)
    own = before * events / at_risk**2
    squares = (
        incidence**2 * np.cumsum(hazard)
        - 2 * incidence * np.cumsum(hazard * incidence)
        + np.cumsum(hazard * incidence**2)
    )
    spread = np.cumsum(before**2 * events * (at_risk - events) / at_risk**3)
    mixed = incidence * np.cumsum(own) - np.cumsum(own * incidence)
    return np.asarray(np.maximum(squares + spread - 2 * mixed, 0.0))


def _bounds(
    incidence: np.ndarray, variance: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    # Sums of fractions may miss 1 by a few units in the last place.
    ended = incidence > 1 - 1e-12
    inner = (incidence > 0) & ~ended
    log = np.log(np.where(inner, incidence, 0.5))
    swing = norm.ppf((1 + level) / 2) * np.sqrt(variance) / np.where(inner, incidence, 0.5) / log
    low = np.where(inner, np.exp(log * np.exp(-swing)), incidence)
    high = np.where(inner, np.exp(log * np.exp(swing)), incidence)
    if ended.any():
        first = int(np.argmax(ended))
        low[first:] = low[first - 1] if first else 0.0
    return low, high
