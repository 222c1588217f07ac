"""Times that may be censored, and who is at risk when."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int, Shaped


@dataclass(frozen=True, kw_only=True, eq=False)
class Survival:
    """Observed times of patients, and whether each ended in the event.

    Attributes
    ----------
    times : float64 ndarray (n,)
        From the start of follow-up to event or censoring, in any one unit; 0 is allowed.
    events : bool ndarray (n,)
        True: the event was seen at that time. False: censored, the event had not come until then.

    Raises
    ------
    ValueError
        The arrays differ in length or type, or a time is negative, NaN or infinite.

    Examples
    --------
    >>> len(Survival(times=np.array([3.0, 5.0]), events=np.array([True, False])))
    2
    """

    times: Float64[np.ndarray, " n"]
    events: Bool[np.ndarray, " n"]

    def __post_init__(self) -> None:
        if self.times.ndim != 1 or self.times.shape != self.events.shape:
            raise ValueError(
                f"times {self.times.shape} and events {self.events.shape} must be two lists of "
                "one length"
            )
        if self.times.dtype != np.float64 or self.events.dtype != np.bool_:
            raise ValueError(
                f"times are {self.times.dtype} and events {self.events.dtype}; they must be "
                "float64 and bool (True: event; a column 'censorship' says the reverse)"
            )
        wrong = np.flatnonzero(~(np.isfinite(self.times) & (self.times >= 0)))
        if wrong.size:
            raise ValueError(
                f"{wrong.size} of {len(self)} times are negative or not finite, the first is "
                f"{self.times[wrong[0]]} at place {wrong[0]}"
            )

    def __len__(self) -> int:
        return len(self.times)

    @property
    def n_events(self) -> int:
        """Number of events."""
        return int(self.events.sum())

    def take(self, rows: Shaped[np.ndarray, " m"]) -> "Survival":
        """Patients by place or by mask."""
        return Survival(times=self.times[rows], events=self.events[rows])


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskTable:
    """How many were at risk, died and were censored at each distinct time.

    Attributes
    ----------
    times : float64 ndarray (times,)
        Distinct observed times, ascending.
    at_risk : float64 ndarray (resamples, times)
        Observed that long or longer.
    deaths, censored : float64 ndarray (resamples, times)
        Events and censorings at that very time.
    """

    times: Float64[np.ndarray, " times"]
    at_risk: Float64[np.ndarray, "resamples times"]
    deaths: Float64[np.ndarray, "resamples times"]
    censored: Float64[np.ndarray, "resamples times"]


def risk_table(
    survival: Survival, weights: Float64[np.ndarray, "resamples n"] | None = None
) -> RiskTable:
    """Count who is at risk, dies and is censored, in each resample; without weights in one.

    Sums of whole weights are exact, so the order of patients does not show.

    Examples
    --------
    >>> survival = Survival(times=np.array([2.0, 2, 5]), events=np.array([True, False, True]))
    >>> table = risk_table(survival)
    >>> table.at_risk, table.deaths, table.censored
    (array([[3., 1.]]), array([[1., 1.]]), array([[1., 0.]]))
    """
    counts = counts_of(survival, weights)
    order = np.argsort(survival.times, kind="stable")
    times, starts = np.unique(survival.times[order], return_index=True)
    if not times.size:
        nothing = np.zeros((len(counts), 0))
        return RiskTable(times=times, at_risk=nothing, deaths=nothing, censored=nothing)
    ordered, events = counts[:, order], survival.events[order]
    deaths = np.add.reduceat(ordered * events, starts, axis=1)
    censored = np.add.reduceat(ordered * ~events, starts, axis=1)
    leaving = deaths + censored
    at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]
    return RiskTable(times=times, at_risk=at_risk, deaths=deaths, censored=censored)


def numbers_at_risk(
    survival: Survival, horizons: Float64[np.ndarray, " horizons"]
) -> Int[np.ndarray, " horizons"]:
    """Patients observed until each horizon or longer (those who leave at it are still in).

    Examples
    --------
    >>> survival = Survival(times=np.array([2.0, 3.0]), events=np.array([True, False]))
    >>> numbers_at_risk(survival, np.array([0.0, 2.0, 2.5, 4.0]))
    array([2, 2, 1, 0])
    """
    return len(survival) - np.searchsorted(np.sort(survival.times), horizons, side="left")


def counts_of(
    survival: Survival, weights: Float64[np.ndarray, "resamples n"] | None
) -> Float64[np.ndarray, "resamples n"]:
    """Weights after a check, or one copy of each patient.

    Raises
    ------
    ValueError
        Weights are of another shape, negative or not whole.
    """
    if weights is None:
        return np.ones((1, len(survival)))
    if weights.ndim != 2 or weights.shape[1] != len(survival):
        raise ValueError(
            f"weights have shape {weights.shape}, must be (resamples, {len(survival)}): one "
            "column a patient"
        )
    if not ((weights >= 0) & (weights == np.floor(weights)) & np.isfinite(weights)).all():
        raise ValueError("weights must be whole numbers of copies, 0 or more")
    return weights.astype(np.float64, copy=False)


def check_scores(survival: Survival, scores: Float64[np.ndarray, "n ..."]) -> None:
    """Refuse scores that cannot be ordered or are not one a patient.

    Raises
    ------
    ValueError
        Wrong length, NaN or infinity.
    """
    if len(scores) != len(survival):
        raise ValueError(f"{len(scores)} scores for {len(survival)} patients; must be one each")
    if not np.isfinite(scores).all():
        raise ValueError("scores hold NaN or infinity; only finite scores can be ordered")
