"""Schoenfeld's residuals, and the test of proportional hazards that rests on them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int
from scipy.stats import chi2, rankdata

from histopress.evaluate.survival.cox import CoxFit, fit_cox
from histopress.evaluate.survival.kaplan_meier import kaplan_meier
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError

Transform = Literal["identity", "rank", "km"]
"""Time itself; ranks of event times, equal ones sharing their mean rank; 1 - S(t-)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ProportionalHazards:
    """A test of whether hazard ratios stay the same over time.

    Attributes
    ----------
    transform : str
        Scale of time on which a trend was looked for.
    statistics, p : tuple of float
        Of each covariate, chi-square with one degree of freedom.
    global_statistic, global_p : float
        Of all covariates together.
    dof : int
        Of the global test: the number of covariates.
    correlations : tuple of float
        Of each covariate's scaled residuals with transformed time; positive where the hazard ratio
        grows.
    times : float64 ndarray (events,)
        Event times in the order of the patients.
    residuals : float64 ndarray (events, p)
        Scaled Schoenfeld residuals plus the coefficient: their trend in time is that of the log
        hazard ratio.
    n_events : int
    """

    transform: Transform
    statistics: tuple[float, ...]
    p: tuple[float, ...]
    global_statistic: float
    global_p: float
    dof: int
    correlations: tuple[float, ...]
    times: Float64[np.ndarray, " events"]
    residuals: Float64[np.ndarray, "events p"]
    n_events: int


def proportional_hazards(
    survival: Survival,
    covariates: Float64[np.ndarray, "n p"],
    *,
    strata: Int[np.ndarray, " n"] | None = None,
    transform: Transform = "km",
) -> ProportionalHazards:
    """Test proportional hazards in a Cox model (Grambsch & Therneau, Biometrika 1994).

    The approximate test, in which the variance of residuals is taken to be the same at all event
    times: R's ``cox.zph`` before survival 3.0, and lifelines' ``proportional_hazard_test``. (Later
    versions of ``cox.zph`` make the score test of a time-dependent coefficient instead; the two
    differ little unless the covariate's variance among those at risk changes much.) Transforms of
    time are R's, over all strata together; lifelines numbers tied events 1, 2, … and takes 1 - S(t)
    after the event, and agrees where it is given these transforms.

    Parameters
    ----------
    survival : Survival
    covariates : float64 ndarray (n, p)
    strata : int ndarray (n,), optional
        Patients of different strata are never in one risk set.
    transform : str
        ``km`` is drawn least by few late events.

    Raises
    ------
    UndefinedMetricError
        As :func:`~histopress.evaluate.survival.cox.fit_cox`; or all events came at one time.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(80, 1))
    >>> survival = Survival(times=rng.exponential(np.exp(-x[:, 0])), events=np.ones(80, bool))
    >>> proportional_hazards(survival, x).p[0] > 0.05
    True
    """
    fit = fit_cox(survival, covariates, strata)
    raw = schoenfeld_residuals(survival, covariates, coefficients=fit.coefficients, strata=strata)
    times = survival.times[survival.events]
    scale = transformed(survival, transform)
    if np.ptp(times) == 0:
        raise UndefinedMetricError(
            f"all {fit.n_events} events came at one time: hazards cannot be followed over time"
        )
    return _tested(fit, raw, times=times, scale=scale, transform=transform)


def schoenfeld_residuals(
    survival: Survival,
    covariates: Float64[np.ndarray, "n p"],
    *,
    coefficients: Float64[np.ndarray, " p"],
    strata: Int[np.ndarray, " n"] | None = None,
) -> Float64[np.ndarray, "events p"]:
    """Covariates of each patient with an event, less their mean in the risk set.

    The mean weighs patients with their hazard (Schoenfeld, Biometrika 1982). At tied events it is
    the average of the means in Efron's likelihood, so residuals sum to the score.

    Returns
    -------
    float64 ndarray (events, p)
        In the order of the patients.
    """
    found = np.zeros(covariates.shape)
    labels = np.zeros(len(survival), np.int64) if strata is None else strata
    for name in np.unique(labels):
        inside = np.flatnonzero(labels == name)
        x, times, events = covariates[inside], survival.times[inside], survival.events[inside]
        predictor = x @ coefficients
        relative = np.exp(predictor - predictor.max())
        for time in np.unique(times[events]):
            dying = events & (times == time)
            found[inside[dying]] = x[dying] - _mean(x, relative, times >= time, dying)
    return found[survival.events]


def transformed(survival: Survival, transform: Transform) -> Float64[np.ndarray, " events"]:
    """Event times on another scale, in the order of the patients."""
    times = survival.times[survival.events]
    if transform == "identity":
        return times
    if transform == "rank":
        return np.asarray(rankdata(times), np.float64)
    curve = kaplan_meier(survival)
    before = np.concatenate([[1.0], curve.survival])
    return 1 - before[np.searchsorted(curve.times, times, side="left")]


def _mean(
    x: np.ndarray, relative: np.ndarray, at_risk: np.ndarray, dying: np.ndarray
) -> np.ndarray:
    everyone, leaving = relative[at_risk], relative[dying]
    shares = np.arange(dying.sum()) / dying.sum()
    totals = everyone.sum() - shares * leaving.sum()
    sums = everyone @ x[at_risk] - shares[:, None] * (leaving @ x[dying])
    return np.asarray((sums / totals[:, None]).mean(axis=0))


def _tested(
    fit: CoxFit, raw: np.ndarray, *, times: np.ndarray, scale: np.ndarray, transform: Transform
) -> ProportionalHazards:
    centred = scale - scale.mean()
    spread = (centred**2).sum()
    residuals = fit.n_events * raw @ fit.covariance
    variance = fit.n_events * np.diagonal(fit.covariance) * spread
    statistics = (centred @ residuals) ** 2 / variance
    trend = centred @ raw
    overall = float(trend @ fit.covariance @ trend) * fit.n_events / float(spread)
    deviation = np.sqrt(((residuals - residuals.mean(axis=0)) ** 2).sum(axis=0) * spread)
    correlations = np.divide(
        centred @ residuals, deviation, out=np.zeros_like(deviation), where=deviation > 0
    )
    return ProportionalHazards(
        transform=transform,
        statistics=tuple(statistics.tolist()),
        p=tuple(chi2.sf(statistics, 1).tolist()),
        global_statistic=overall,
        global_p=float(chi2.sf(overall, raw.shape[1])),
        dof=raw.shape[1],
        correlations=tuple(correlations.tolist()),
        times=times,
        residuals=residuals + fit.coefficients,
        n_events=fit.n_events,
    )
