"""The survivor function after Kaplan and Meier, its interval, and length of follow-up."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from scipy.stats import norm

from histopress.evaluate.survival.times import RiskTable, Survival, risk_table
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True, eq=False)
class KaplanMeier:
    """A survivor function: 1 before the first time, constant from each time to the next.

    Attributes
    ----------
    times : float64 ndarray (times,)
        Distinct observed times, of events and of censorings, ascending.
    at_risk, deaths : int64 ndarray (times,)
        At risk just before, and events at, each time.
    survival : float64 ndarray (times,)
        Probability to survive beyond each time.
    variance : float64 ndarray (times,)
        Greenwood's; 0 before the first event and where ``survival`` is 0.
    low, high : float64 ndarray (times,)
        Pointwise interval on the scale log(-log S). Before the first event both are 1. Where S has
        come to 0 the scale has no value: ``low`` is 0 and ``high`` stays as it was, which is right
        because survival cannot rise.
    level : float
        Nominal coverage.
    """

    times: Float64[np.ndarray, " times"]
    at_risk: Int[np.ndarray, " times"]
    deaths: Int[np.ndarray, " times"]
    survival: Float64[np.ndarray, " times"]
    variance: Float64[np.ndarray, " times"]
    low: Float64[np.ndarray, " times"]
    high: Float64[np.ndarray, " times"]
    level: float

    def at(self, horizons: Float64[np.ndarray, " horizons"]) -> Float64[np.ndarray, " horizons"]:
        """Probability to survive beyond each horizon.

        Raises
        ------
        UndefinedMetricError
            Nobody was followed until a horizon, and not all had died before.
        """
        late = horizons > self.times[-1]
        if late.any() and self.survival[-1] > 0:
            raise UndefinedMetricError(
                f"survival at {horizons[late][0]:g} is unknown: follow-up ends at "
                f"{self.times[-1]:g} with {self.survival[-1]:.3g} surviving"
            )
        return step_values(self.times, self.survival[None], horizons)[0]

    def quantile(self, share: float) -> "Quantile":
        """Time by which ``share`` of the patients have had the event.

        The first time at which survival is 1 - share or less; the bounds are where the bounds of
        the curve come so low (Brookmeyer & Crowley, Biometrics 1982).
        """
        return Quantile(
            time=_first(self.times, self.survival, 1 - share),
            low=_first(self.times, self.low, 1 - share),
            high=_first(self.times, self.high, 1 - share),
        )


@dataclass(frozen=True, kw_only=True)
class Quantile:
    """A quantile of a survivor function, in the unit of its times.

    Attributes
    ----------
    time, low, high : float or None
        None means "not reached": the curve, or that bound of it, stays above throughout follow-up.
    """

    time: float | None
    low: float | None
    high: float | None


def kaplan_meier(survival: Survival, level: float = 0.95) -> KaplanMeier:
    """Estimate the survivor function (Kaplan & Meier, JASA 1958).

    Variance after Greenwood (1926), S² Σ d / (n (n - d)); interval exp(-exp(log(-log S) ± z
    √Σ / log S)), which stays within 0 and 1 (Kalbfleisch & Prentice 1980).

    Raises
    ------
    UndefinedMetricError
        There are no patients.

    Examples
    --------
    >>> survival = Survival(times=np.array([1.0, 2, 3]), events=np.array([True, False, True]))
    >>> kaplan_meier(survival).survival.round(3)
    array([0.667, 0.667, 0.   ])
    """
    return _estimate(risk_table(survival), level)


def reverse_kaplan_meier(survival: Survival, level: float = 0.95) -> KaplanMeier:
    """Estimate how long patients would have been followed without the event.

    Events and censorings change places (Schemper & Smith, Controlled Clinical Trials 1996): who
    has the event at some time leaves before those who are censored at it. Median follow-up is
    ``quantile(0.5)``; None there means that more than half would be followed beyond the last time.

    Raises
    ------
    UndefinedMetricError
        There are no patients.
    """
    table = risk_table(survival)
    remaining = table.at_risk - table.deaths
    swapped = RiskTable(
        times=table.times, at_risk=remaining, deaths=table.censored, censored=table.deaths
    )
    return _estimate(swapped, level)


def survival_at(
    survival: Survival,
    horizons: Float64[np.ndarray, " horizons"],
    weights: Float64[np.ndarray, "resamples n"],
) -> Float64[np.ndarray, "resamples horizons"]:
    """Kaplan-Meier estimates at horizons in every resample.

    NaN where a resample's follow-up ends before a horizon with some surviving.
    """
    table = risk_table(survival, weights)
    curve = product_limit(table.deaths, table.at_risk)
    found = step_values(table.times, curve, horizons)
    last = (np.where(table.at_risk > 0, table.times, -np.inf)).max(axis=1, initial=-np.inf)
    return np.where((horizons > last[:, None]) & (found > 0), np.nan, found)


def product_limit(
    deaths: Float64[np.ndarray, "resamples times"], at_risk: Float64[np.ndarray, "resamples times"]
) -> Float64[np.ndarray, "resamples times"]:
    """Multiply up 1 - deaths / at risk; nobody at risk leaves it as it was."""
    return np.cumprod(1 - deaths / np.maximum(at_risk, 1), axis=1)


def step_values(
    times: Float64[np.ndarray, " times"],
    curves: Float64[np.ndarray, "resamples times"],
    horizons: Float64[np.ndarray, " horizons"],
) -> Float64[np.ndarray, "resamples horizons"]:
    """Read curves that are 1 at first and hold each value from its time on."""
    whole = np.concatenate([np.ones((len(curves), 1)), curves], axis=1)
    return whole[:, np.searchsorted(times, horizons, side="right")]


def _estimate(table: RiskTable, level: float) -> KaplanMeier:
    if not table.times.size:
        raise UndefinedMetricError("there are no patients")
    deaths, at_risk = table.deaths[0], table.at_risk[0]
    curve = product_limit(table.deaths, table.at_risk)[0]
    rest = at_risk - deaths
    # Where nobody is left the term is infinite, but the curve is 0 there and bounds follow below.
    spread = np.cumsum(np.where(rest > 0, deaths / np.maximum(at_risk * rest, 1), 0.0))
    inner = (curve > 0) & (curve < 1)
    log = np.log(np.where(inner, curve, 0.5))
    swing = norm.ppf((1 + level) / 2) * np.sqrt(spread) / log
    low = np.where(inner, np.exp(log * np.exp(-swing)), curve)
    high = np.where(inner, np.exp(log * np.exp(swing)), 1.0)
    if curve[-1] == 0:
        ended = int(np.argmax(curve == 0))
        high[ended:] = high[ended - 1] if ended else 1.0
    return KaplanMeier(
        times=table.times,
        at_risk=at_risk.astype(np.int64),
        deaths=deaths.astype(np.int64),
        survival=curve,
        variance=curve**2 * spread,
        low=low,
        high=high,
        level=level,
    )


def _first(times: np.ndarray, curve: np.ndarray, bound: float) -> float | None:
    # A product of fractions that ought to be 1/2 may come out one unit in the last place above it.
    below = np.flatnonzero(curve <= bound * (1 + 1e-12))
    return float(times[below[0]]) if below.size else None
