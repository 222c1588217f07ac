"""Cox regression with a ridge penalty, also of more features than patients."""

import numpy as np
from jaxtyping import Bool, Float64

from histopress.errors import ConfigError

STEPS_MAX = 200
SHARES = 0.5 ** np.arange(40.0)
"""Of a step: halved until the objective falls."""
TOLERANCE = 1e-14
"""Of the fall that a Newton step promises, against the objective: reached, it is the last one."""


def fit_cox(
    features: Float64[np.ndarray, "n C"],
    times: Float64[np.ndarray, " n"],
    events: Bool[np.ndarray, " n"],
    *,
    strength: float,
) -> Float64[np.ndarray, " C"]:
    """Minimise strength · negative partial log-likelihood (Efron's ties) + ½‖β‖².

    The minimum lies in the span of the patients' features, whatever their number: with the
    singular value decomposition Z = U S Vᵀ, β = V γ, and the penalty is that of γ. So Newton's
    method runs in at most n dimensions (Hastie & Tibshirani, Biostatistics 2004). The objective
    is strictly convex; steps are halved until it falls.

    Parameters
    ----------
    features : float64 ndarray (n, C)
        Standardised, one row a patient.
    times, events : ndarray (n,)
        Time of event or censoring; true where the event was observed.
    strength : float
        Inverse weight of the penalty.

    Raises
    ------
    ConfigError
        There is no event, or the steps do not converge.

    Examples
    --------
    >>> z = np.array([[2.0], [1.0], [-1.0], [-2.0]])
    >>> times, events = np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4, bool)
    >>> bool(fit_cox(z, times, events, strength=1.0)[0] > 0)
    True
    """
    if not events.any():
        raise ConfigError(
            f"no event among {events.size} patients, so a Cox regression is undefined; use fewer "
            "folds or a longer follow-up"
        )
    _, sizes, basis = np.linalg.svd(features, full_matrices=False)
    kept = sizes > sizes[0] * np.finfo(np.float64).eps * max(features.shape)
    basis = basis[kept]
    return basis.T @ _newton(features @ basis.T, times, events, strength)


def partial_likelihood(
    risks: Float64[np.ndarray, " n"],
    times: Float64[np.ndarray, " n"],
    events: Bool[np.ndarray, " n"],
) -> tuple[float, Float64[np.ndarray, " n"], Float64[np.ndarray, "events n"]]:
    """Give the negative log-likelihood (a sum, not a mean), its gradient, and shares.

    Returns
    -------
    loss : float
        In nats.
    gradient : float64 ndarray (n,)
        With respect to ``risks``.
    shares : float64 ndarray (events, n)
        Who would have had each event, given that one had it: P. The Hessian is
        diag(Σ P) − PᵀP.
    """
    case = np.flatnonzero(events)
    at_risk = times >= times[case, None]
    dying = events & (times == times[case, None])
    rank = (dying & (np.arange(times.size) < case[:, None])).sum(1)
    thinned = 1 - dying * (rank / dying.sum(1))[:, None]
    top = np.where(at_risk, risks, -np.inf).max(1)
    # Exponents of those no longer at risk may be large, and are not taken.
    hazards = np.exp(np.where(at_risk, risks - top[:, None], -np.inf)) * thinned
    sums = hazards.sum(1)
    shares = hazards / sums[:, None]
    loss = float((np.log(sums) + top).sum() - risks[case].sum())
    return loss, shares.sum(0) - events, shares


def cox_surprise(
    risks: Float64[np.ndarray, " n"],
    times: Float64[np.ndarray, " n"],
    events: Bool[np.ndarray, " n"],
) -> float:
    """Negative log partial likelihood an event, in nats; NaN without any event.

    Examples
    --------
    >>> round(cox_surprise(np.zeros(2), np.array([1.0, 2.0]), np.array([True, False])), 4)
    0.6931
    """
    if not events.any():
        return float("nan")
    return partial_likelihood(risks, times, events)[0] / int(events.sum())


def _newton(
    z: Float64[np.ndarray, "n r"],
    times: Float64[np.ndarray, " n"],
    events: Bool[np.ndarray, " n"],
    strength: float,
) -> Float64[np.ndarray, " r"]:
    gamma = np.zeros(z.shape[1])
    loss, slope, shares = partial_likelihood(z @ gamma, times, events)
    value = strength * loss
    for _ in range(STEPS_MAX):
        gradient = strength * (z.T @ slope) + gamma
        drawn = shares @ z
        spread = (z.T * shares.sum(0)) @ z - drawn.T @ drawn
        step = np.linalg.solve(strength * spread + np.eye(gamma.size), gradient)
        if gradient @ step <= TOLERANCE * (1 + abs(value)):
            return gamma - step
        for share in SHARES:
            tried = gamma - share * step
            loss, slope, shares = partial_likelihood(z @ tried, times, events)
            found = strength * loss + float(tried @ tried) / 2
            if found < value:
                break
        else:  # Flat but for rounding.
            return gamma
        gamma, value = tried, found
    raise ConfigError(
        f"the Cox regression has not converged in {STEPS_MAX} steps at strength {strength:g}; "
        "use smaller 'strengths'"
    )
