"""Cox regression on few covariates: hazard ratios for a score, alone and adjusted."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from scipy.stats import chi2, norm

from histopress.evaluate.survival.efron import RiskSets, risk_sets
from histopress.evaluate.survival.newton import Climb, climb
from histopress.evaluate.survival.separation import is_separated
from histopress.evaluate.survival.times import Survival, check_scores, counts_of
from histopress.evaluate.undefined import UndefinedMetricError

_PORTION_VALUES = 2_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class CoxFit:
    """A fitted proportional hazards model.

    Attributes
    ----------
    coefficients, standard_errors : float64 ndarray (p,)
        Log hazard ratios per unit of each covariate; errors from the observed information.
    covariance : float64 ndarray (p, p)
    log_likelihood, null_log_likelihood : float
        Partial, at the coefficients and at 0.
    likelihood_ratio, p : float
        Twice their difference, and its chi-square tail at p degrees of freedom.
    n_patients, n_events : int
    """

    coefficients: Float64[np.ndarray, " p"]
    standard_errors: Float64[np.ndarray, " p"]
    covariance: Float64[np.ndarray, "p p"]
    log_likelihood: float
    null_log_likelihood: float
    likelihood_ratio: float
    p: float
    n_patients: int
    n_events: int


@dataclass(frozen=True, kw_only=True)
class HazardRatio:
    """How many times higher the hazard is for a score one standard deviation higher.

    Attributes
    ----------
    ratio, low, high : float
        With Wald's interval, which is symmetric in the logarithm.
    p : float
        Of the likelihood ratio test.
    deviation : float
        Standard deviation of the score that the ratio is about.
    level : float
        Nominal coverage.
    """

    ratio: float
    low: float
    high: float
    p: float
    deviation: float
    level: float


def fit_cox(
    survival: Survival,
    covariates: Float64[np.ndarray, "n p"],
    strata: Int[np.ndarray, " n"] | None = None,
) -> CoxFit:
    """Fit Cox's model by the partial likelihood with Efron's ties.

    Parameters
    ----------
    survival : Survival
    covariates : float64 ndarray (n, p)
        Any scale; few against the events (ten events each is the usual least).
    strata : int ndarray (n,), optional
        Patients of different strata, such as centres, are never in one risk set.

    Raises
    ------
    UndefinedMetricError
        There is no event; a covariate is constant among those at risk at events, or follows from
        the others; covariates separate the events, so that the likelihood has no maximum; Newton's
        method did not converge (patients' log hazards must stay within 700 of each other).

    Examples
    --------
    >>> survival = Survival(times=np.arange(1.0, 7.0), events=np.ones(6, bool))
    >>> fit = fit_cox(survival, np.array([[1.0], [0.0], [2.0], [1.0], [0.0], [0.5]]))
    >>> fit.coefficients.round(4), round(fit.p, 4)
    (array([0.4783]), 0.5025)
    """
    _check(survival, covariates)
    labels = np.zeros(len(survival), np.int64) if strata is None else strata
    if not survival.n_events:
        raise UndefinedMetricError(f"none of {len(survival)} patients had the event")
    scaled, scale = _standardised(covariates)
    found = climb(_strata(survival, scaled, counts=counts_of(survival, None), labels=labels))
    _check_found(found, survival=survival, covariates=scaled, labels=labels)
    covariance = np.linalg.inv(found.end.information[0]) / np.outer(scale, scale)
    ratio = max(0.0, 2 * float(found.end.value[0] - found.start.value[0]))
    return CoxFit(
        coefficients=found.coefficients[0] / scale,
        standard_errors=np.sqrt(np.diagonal(covariance)),
        covariance=covariance,
        log_likelihood=float(found.end.value[0]),
        null_log_likelihood=float(found.start.value[0]),
        likelihood_ratio=ratio,
        p=float(chi2.sf(ratio, covariates.shape[1])),
        n_patients=len(survival),
        n_events=survival.n_events,
    )


def cox_coefficients(
    survival: Survival,
    covariates: Float64[np.ndarray, "n p"],
    *,
    weights: Float64[np.ndarray, "resamples n"],
    strata: Int[np.ndarray, " n"] | None = None,
) -> Float64[np.ndarray, "resamples p"]:
    """Fit :func:`fit_cox` in every resample; NaN where it would raise.

    Raises
    ------
    ValueError
        Covariates or weights have another shape than patients, or are not finite.
    """
    _check(survival, covariates)
    counts = counts_of(survival, weights)
    labels = np.zeros(len(survival), np.int64) if strata is None else strata
    found = np.full((len(counts), covariates.shape[1]), np.nan)
    if not survival.n_events:
        return found
    scaled, scale = _standardised(covariates)
    portion = max(1, _PORTION_VALUES // (len(survival) * (1 + covariates.shape[1]) ** 2))
    for start in range(0, len(counts), portion):
        own = counts[start : start + portion]
        result = climb(_strata(survival, scaled, counts=own, labels=labels))
        good = result.identified & result.converged
        found[start : start + portion][good] = result.coefficients[good] / scale
    return found


def hazard_ratio(
    survival: Survival,
    scores: Float64[np.ndarray, " n"],
    *,
    deviation: float | None = None,
    strata: Int[np.ndarray, " n"] | None = None,
    level: float = 0.95,
) -> HazardRatio:
    """Hazard ratio per standard deviation of a score.

    Parameters
    ----------
    survival : Survival
    scores : float64 ndarray (n,)
        Higher is a higher hazard.
    deviation : float, optional
        That of the training sample, where the ratio is to be compared between cohorts; the scores'
        own (n - 1 in the denominator) if left out.
    strata : int ndarray (n,), optional
    level : float

    Raises
    ------
    UndefinedMetricError
        As :func:`fit_cox`.
    """
    fit = fit_cox(survival, scores[:, None], strata)
    own = float(scores.std(ddof=1)) if deviation is None else deviation
    log, error = float(fit.coefficients[0]) * own, float(fit.standard_errors[0]) * own
    swing = float(norm.ppf((1 + level) / 2)) * error
    return HazardRatio(
        ratio=float(np.exp(log)),
        low=float(np.exp(log - swing)),
        high=float(np.exp(log + swing)),
        p=fit.p,
        deviation=own,
        level=level,
    )


def _check(survival: Survival, covariates: np.ndarray) -> None:
    if covariates.ndim != 2 or not covariates.shape[1]:
        raise ValueError(f"covariates have shape {covariates.shape}, must be (patients, columns)")
    check_scores(survival, covariates)


def _check_found(
    found: Climb, *, survival: Survival, covariates: np.ndarray, labels: np.ndarray
) -> None:
    if not found.identified[0]:
        raise UndefinedMetricError(
            "a covariate is constant among those at risk at events, or follows from the others"
        )
    if not found.converged[0]:
        if is_separated(survival, covariates, labels):
            raise UndefinedMetricError(
                f"the covariates put all {survival.n_events} events in their order without fault "
                "(separation): the hazard ratio is infinite or 0"
            )
        raise UndefinedMetricError(
            "Newton's method found no maximum of the partial likelihood; look for a covariate with "
            "a value very far from the others"
        )


def _standardised(covariates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    centred = covariates - covariates.mean(axis=0)
    scale = centred.std(axis=0)
    # Rounding leaves a constant column a deviation that is no signal.
    noise = 1e-12 * np.abs(covariates).max(axis=0, initial=0)
    constant = scale <= noise
    return np.where(constant, 0.0, centred) / np.where(constant, 1.0, scale), np.where(
        constant, 1.0, scale
    )


def _strata(
    survival: Survival, covariates: np.ndarray, *, counts: np.ndarray, labels: np.ndarray
) -> list[RiskSets]:
    return [
        risk_sets(
            survival.take(labels == name), covariates[labels == name], counts[:, labels == name]
        )
        for name in np.unique(labels)
    ]
