"""Efron's partial likelihood, its gradient and its information, in many resamples at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int

from histopress.evaluate.survival.times import Survival, risk_table


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskSets:
    """Patients of one stratum in order of time, and the terms of the likelihood that they make.

    Attributes
    ----------
    covariates : float64 ndarray (n, p)
    counts : float64 ndarray (resamples, n)
        Copies of each patient.
    dying : float64 ndarray (resamples, n)
        Copies of those with an event, 0 for the others.
    starts : int64 ndarray (times,)
        First patient of each distinct time.
    slots : int64 ndarray (slots,)
        Distinct time of each term. A time with d events makes d terms.
    shares : float64 ndarray (resamples, slots)
        0, 1/d, …, (d - 1)/d: the part of those dying that has left the risk set.
    present : bool ndarray (resamples, slots)
        False where a resample has fewer events than the slots of that time.
    """

    covariates: Float64[np.ndarray, "n p"]
    counts: Float64[np.ndarray, "resamples n"]
    dying: Float64[np.ndarray, "resamples n"]
    starts: Int[np.ndarray, " times"]
    slots: Int[np.ndarray, " slots"]
    shares: Float64[np.ndarray, "resamples slots"]
    present: Bool[np.ndarray, "resamples slots"]

    def take(self, rows: np.ndarray) -> "RiskSets":
        """Keep some of the resamples."""
        return RiskSets(
            covariates=self.covariates,
            counts=self.counts[rows],
            dying=self.dying[rows],
            starts=self.starts,
            slots=self.slots,
            shares=self.shares[rows],
            present=self.present[rows],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Likelihood:
    """The log partial likelihood at some coefficients.

    Attributes
    ----------
    value : float64 ndarray (resamples,)
    gradient : float64 ndarray (resamples, p)
    information : float64 ndarray (resamples, p, p)
        Negative second derivatives.
    """

    value: Float64[np.ndarray, " resamples"]
    gradient: Float64[np.ndarray, "resamples p"]
    information: Float64[np.ndarray, "resamples p p"]


def risk_sets(
    survival: Survival,
    covariates: Float64[np.ndarray, "n p"],
    counts: Float64[np.ndarray, "resamples n"],
) -> RiskSets:
    """Put the patients of one stratum in order; there must be at least one."""
    order = np.argsort(survival.times, kind="stable")
    table = risk_table(survival, counts)
    _, starts = np.unique(survival.times[order], return_index=True)
    most = table.deaths.max(axis=0, initial=0).astype(np.int64)
    slots = np.repeat(np.arange(len(starts)), most)
    places = np.arange(len(slots)) - np.repeat(np.cumsum(most) - most, most)
    deaths = table.deaths[:, slots]
    return RiskSets(
        covariates=covariates[order],
        counts=counts[:, order],
        dying=(counts * survival.events)[:, order],
        starts=starts,
        slots=slots,
        shares=places / np.maximum(deaths, 1),
        present=places < deaths,
    )


def likelihood(
    strata: Sequence[RiskSets], coefficients: Float64[np.ndarray, "resamples p"]
) -> Likelihood:
    """Sum the log partial likelihood and its derivatives over strata.

    Efron (JASA 1977): of d events at one time, the k-th (from 0) is weighed against the risk set
    less k/d of all d. Copies of a patient are patients with equal times.
    """
    parts = [_stratum(sets, coefficients) for sets in strata]
    return Likelihood(
        value=sum((part.value for part in parts[1:]), parts[0].value),
        gradient=sum((part.gradient for part in parts[1:]), parts[0].gradient),
        information=sum((part.information for part in parts[1:]), parts[0].information),
    )


def _stratum(sets: RiskSets, coefficients: np.ndarray) -> Likelihood:
    x = sets.covariates
    n, p = x.shape
    predictor = np.einsum("rp,np->rn", coefficients, x)
    # A constant cancels between numerators and denominators; this one keeps exp from overflowing.
    predictor = predictor - predictor.max(axis=1, keepdims=True)
    moments = np.concatenate([np.ones((n, 1)), x, (x[:, :, None] * x[:, None]).reshape(n, -1)], 1)
    relative = np.exp(predictor)
    everyone = _by_time(sets.counts * relative, moments, sets.starts)
    everyone = np.cumsum(everyone[:, ::-1], axis=1)[:, ::-1]
    leaving = _by_time(sets.dying * relative, moments, sets.starts)
    rest = everyone[:, sets.slots] - sets.shares[..., None] * leaving[:, sets.slots]
    total = np.where(sets.present, rest[..., 0], 1.0)
    # Where exp has underflowed in a whole risk set the likelihood is not known here: NaN, so that
    # Newton's method takes a shorter step.
    total = np.where(total > 0, total, np.nan)
    means = rest[..., 1 : p + 1] / total[..., None] * sets.present[..., None]
    squares = rest[..., p + 1 :] / total[..., None] * sets.present[..., None]
    outer = np.einsum("rsp,rsq->rpq", means, means)
    return Likelihood(
        value=(sets.dying * predictor).sum(1) - np.log(total).sum(1),
        gradient=np.einsum("rn,np->rp", sets.dying, x) - means.sum(1),
        information=squares.sum(1).reshape(-1, p, p) - outer,
    )


def _by_time(values: np.ndarray, moments: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.add.reduceat(values[..., None] * moments, starts, axis=1)
