"""What an image score says beyond covariates: adjusted ratios and the likelihood ratio test."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int
from scipy.stats import chi2, norm

from histopress.evaluate.clinical.columns import crossed, independent, indicators, merged
from histopress.evaluate.clinical.logistic import fit_logistic
from histopress.evaluate.clinical.patients import ScoredPatients
from histopress.evaluate.survival.cox import fit_cox
from histopress.evaluate.survival.schoenfeld import proportional_hazards
from histopress.evaluate.undefined import UndefinedMetricError

EVENTS_A_COEFFICIENT = 10
"""Below so many the report warns (Peduzzi et al., J Clin Epidemiol 1995 and 1996)."""

CENTER_PATIENTS = 10
"""Centres of fewer share one intercept: of small groups fixed effects are biased."""

NOTE = (
    "p-values and intervals take the scores as given; scores of different folds rest on "
    "overlapping training patients, so after cross-validation p-values are somewhat too small"
)
"""Simulated under the null (160 patients, 4 folds, a ridge Cox model of 20 features without signal,
one true covariate): p < 0.05 in 8.5 % of 800 cohorts, with a Monte-Carlo error of 1 %."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Adjustment:
    """Covariates of the test patients that the score is adjusted for.

    Attributes
    ----------
    names : tuple of str
    matrix : float64 ndarray (n, p)
        Coded as for the clinical model.
    centers : tuple of str (n,)
    """

    names: tuple[str, ...]
    matrix: Float64[np.ndarray, "n p"]
    centers: tuple[str, ...]


def adjusted(test: ScoredPatients, by: Adjustment, *, level: float) -> dict[str, Any]:
    """Hazard or odds ratio of the image score, plain and adjusted, and the likelihood ratio test.

    Survival: Cox's model with a baseline hazard of its own for each centre in each fold.
    Classes: logistic regression with fixed effects of centre (those of fewer than 10 patients, or
    of one class, share one) and of fold. Both the plain and the adjusted ratio have them. Ratios
    are per standard deviation of the training patients' scores, which is 1 in
    :attr:`ScoredPatients.image`; intervals are Wald's. The test compares the models with and
    without the score, at one degree of freedom.

    Covariates that follow from others within strata are left out and named.

    Returns
    -------
    dict
        ``measure``, ``unadjusted``, ``adjusted``, ``likelihood_ratio``, ``covariates``,
        ``left_out``, ``strata`` and ``note``. What has no value is None beside a ``warning``.
    """
    survival = test.kind == "survival"
    groups, fixed = _design(test, by)
    kept = independent(np.concatenate([fixed, by.matrix], axis=1), groups)
    columns = [place - fixed.shape[1] for place in kept if place >= fixed.shape[1]]
    fixed = fixed[:, [place for place in kept if place < fixed.shape[1]]]
    covariates = np.concatenate([fixed, by.matrix[:, columns]], axis=1)
    names = [by.names[place] for place in columns]
    found: dict[str, Any] = {
        "measure": "hazard_ratio" if survival else "odds_ratio",
        "covariates": names,
        "left_out": [name for name in by.names if name not in names],
        "strata": "centre × fold" if survival else "fixed effects of centre and fold",
        "n_strata": len(np.unique(groups)) if survival else fixed.shape[1] + 1,
        "n_patients": len(test),
        "n_events": test.n_events,
        "note": NOTE,
    }
    plain = _effect(test, fixed, groups, level)
    full = _effect(test, covariates, groups, level)
    tested = {key: full.pop(key) for key in ("statistic", "dof", "p")}
    for key in ("statistic", "dof", "p"):
        plain.pop(key)
    few = test.n_events < EVENTS_A_COEFFICIENT * (covariates.shape[1] + 1)
    if few and full["estimate"] is not None:
        full["warning"] = (
            f"{test.n_events} events for {covariates.shape[1] + 1} coefficients: fewer than "
            f"{EVENTS_A_COEFFICIENT} each, so ratios are likely too far from 1"
        )
    tested["warning"] = None if tested["statistic"] is not None else full["warning"]
    return found | {"unadjusted": plain, "adjusted": full, "likelihood_ratio": tested}


def proportionality(test: ScoredPatients, by: Adjustment) -> dict[str, Any]:
    """Schoenfeld's test of the score's hazard ratio over time, with covariates and strata.

    Returns
    -------
    dict
        ``score`` and ``global``, each with ``statistic`` and ``p``; ``transform``;
        ``correlation``, positive where the ratio grows in time; ``warning``.
    """
    groups, _ = _design(test, by)
    kept = independent(by.matrix, groups)
    matrix = np.concatenate([test.image[:, None], by.matrix[:, kept]], axis=1)
    try:
        found = proportional_hazards(test.survival, matrix, strata=groups)
    except UndefinedMetricError as error:
        nothing = {"statistic": None, "dof": None, "p": None}
        return {
            "transform": "km",
            "score": nothing,
            "global": nothing,
            "correlation": None,
            "warning": f"undefined: {error}",
        }
    return {
        "transform": found.transform,
        "score": {"statistic": found.statistics[0], "dof": 1, "p": found.p[0]},
        "global": {
            "statistic": found.global_statistic,
            "dof": found.dof,
            "p": found.global_p,
        },
        "correlation": found.correlations[0],
        "warning": None,
    }


def _design(test: ScoredPatients, by: Adjustment) -> tuple[Int[np.ndarray, " n"], np.ndarray]:
    """Strata, and columns of fixed effects."""
    if test.kind == "survival":
        return crossed(by.centers, test.folds), np.zeros((len(test), 0))
    centers = merged(by.centers, test.positives, least=CENTER_PATIENTS)
    fixed = np.concatenate([indicators(centers), indicators(test.folds.tolist())], axis=1)
    return np.zeros(len(test), np.int64), fixed


def _effect(
    test: ScoredPatients, covariates: np.ndarray, groups: np.ndarray, level: float
) -> dict[str, Any]:
    """Ratio of the score beside covariates, with the test against covariates alone."""
    both = np.concatenate([test.image[:, None], covariates], axis=1)
    try:
        log, error, value = _fit(test, both, groups)
        rest = _without(test, covariates, groups, both)
    except UndefinedMetricError as fault:
        nothing = dict.fromkeys(("estimate", "interval", "statistic", "dof", "p"))
        return {**nothing, "level": level, "warning": f"undefined: {fault}"}
    swing = float(norm.ppf((1 + level) / 2)) * error
    statistic = max(0.0, 2 * (value - rest))
    return {
        "estimate": float(np.exp(log)),
        "interval": [float(np.exp(log - swing)), float(np.exp(log + swing))],
        "level": level,
        "statistic": statistic,
        "dof": 1,
        "p": float(chi2.sf(statistic, 1)),
        "warning": None,
    }


def _fit(
    test: ScoredPatients, matrix: np.ndarray, groups: np.ndarray
) -> tuple[float, float, float]:
    """Coefficient of the first column, its error, and the log likelihood."""
    if test.kind == "survival":
        cox = fit_cox(test.survival, matrix, groups)
        return float(cox.coefficients[0]), float(cox.standard_errors[0]), cox.log_likelihood
    fit = fit_logistic(test.positives, matrix)
    return float(fit.coefficients[0]), float(fit.standard_errors[0]), fit.log_likelihood


def _without(
    test: ScoredPatients, covariates: np.ndarray, groups: np.ndarray, both: np.ndarray
) -> float:
    """Log likelihood of the model without the score."""
    if covariates.shape[1]:
        return _fit(test, covariates, groups)[2]
    if test.kind == "survival":
        return fit_cox(test.survival, both, groups).null_log_likelihood
    share = float(test.positives.mean())
    return len(test) * (share * np.log(share) + (1 - share) * np.log(1 - share))
