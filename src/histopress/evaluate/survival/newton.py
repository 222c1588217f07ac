"""Newton's method on Efron's partial likelihood, in many resamples at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from histopress.evaluate.survival.efron import Likelihood, RiskSets, likelihood

_ITERATIONS = 60
_HALVINGS = 30
_DECREMENT = 1e-13
_SINGULAR = 1e-9
_LOST = 1e-10


@dataclass(frozen=True, kw_only=True, eq=False)
class Climb:
    """Where Newton's method came to in every resample.

    Attributes
    ----------
    coefficients : float64 ndarray (resamples, p)
    start, end : Likelihood
        At coefficients 0, and at those found.
    identified : bool ndarray (resamples,)
        The information at 0 has an inverse; elsewhere no step was taken.
    converged : bool ndarray (resamples,)
        Elsewhere no maximum was found, most likely because covariates separate the events.
    """

    coefficients: Float64[np.ndarray, "resamples p"]
    start: Likelihood
    end: Likelihood
    identified: Bool[np.ndarray, " resamples"]
    converged: Bool[np.ndarray, " resamples"]


def climb(strata: Sequence[RiskSets]) -> Climb:
    """Maximise the partial likelihood from 0, with steps halved until it does not fall.

    A resample is done once Newton's decrement falls below 1e-13: one more step would then raise the
    log likelihood by half of that. It is given up where the information has all but vanished, as it
    does on the endless way up that separation makes.

    Parameters
    ----------
    strata : sequence of RiskSets
        Covariates centred, standard deviations near 1.
    """
    n_resamples, p = len(strata[0].counts), strata[0].covariates.shape[1]
    beta = np.zeros((n_resamples, p))
    start = likelihood(strata, beta)
    identified = _condition(start.information) > _SINGULAR
    converged, live = np.zeros(n_resamples, bool), np.flatnonzero(identified)
    for _ in range(_ITERATIONS):
        if not live.size:
            break
        own = [sets.take(live) for sets in strata]
        beta[live], settled, lost = _step(own, beta[live], start.information[live])
        converged[live[settled]] = True
        live = live[~(settled | lost)]
    end = likelihood(strata, beta)
    return Climb(
        coefficients=beta,
        start=start,
        end=end,
        identified=identified,
        converged=converged,
    )


def _step(
    strata: Sequence[RiskSets], beta: np.ndarray, first: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    here = likelihood(strata, beta)
    lost = _remaining(here, first) < _LOST
    step = np.zeros_like(beta)
    well = ~lost
    step[well] = np.linalg.solve(here.information[well], here.gradient[well][..., None])[..., 0]
    settled = well & ((step * here.gradient).sum(1) < _DECREMENT)
    size = np.ones(len(beta))
    for _ in range(_HALVINGS):
        there = likelihood(strata, beta + size[:, None] * step)
        falls = ~(there.value >= here.value - 1e-9 * (1 + np.abs(here.value)))
        if not falls.any():
            break
        size[falls] /= 2
    return beta + size[:, None] * step, settled, lost


def _condition(information: np.ndarray) -> np.ndarray:
    """Smallest eigenvalue of the information as a correlation; 0 where a covariate has none."""
    diagonal = np.diagonal(information, axis1=1, axis2=2)
    scale = np.sqrt(np.maximum(diagonal, 0))
    # Covariates have standard deviation 1: information below this is rounding.
    empty = (diagonal < _SINGULAR).any(axis=1)
    scale = np.where(scale > 0, scale, 1.0)
    values = np.linalg.eigvalsh(information / (scale[:, :, None] * scale[:, None]))
    return np.where(empty, 0.0, values[:, 0])


def _remaining(there: Likelihood, first: np.ndarray) -> np.ndarray:
    """Least share of the first information that is left, over all directions."""
    found = np.ones(len(first))
    good = _condition(first) > _SINGULAR
    if good.any():
        root = np.linalg.inv(np.linalg.cholesky(first[good]))
        left = root @ there.information[good] @ np.swapaxes(root, 1, 2)
        found[good] = np.linalg.eigvalsh(left)[:, 0]
    return found
