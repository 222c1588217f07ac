"""Covariates that foretell the order of events without fault, so that no hazard ratio is finite."""

import numpy as np
from jaxtyping import Float64, Int

from histopress.evaluate.survival.times import Survival

_TOLERANCE = 1e-6


def is_separated(
    survival: Survival,
    covariates: Float64[np.ndarray, "n p"],
    strata: Int[np.ndarray, " n"],
) -> bool:
    """Tell whether the partial likelihood rises without end along some direction.

    It does if some combination of covariates is at each event highest, or level with the highest,
    among all who are at risk in the stratum, and somewhere truly higher (Heinze & Schemper,
    Biometrics 2001). One covariate is compared directly; for several a linear programme looks for
    the combination.

    Parameters
    ----------
    survival : Survival
    covariates : float64 ndarray (n, p)
        Of comparable scales, say standard deviation 1.
    strata : int ndarray (n,)
    """
    differences = _differences(survival, covariates, strata)
    if not differences.any():
        return False
    if differences.shape[1] == 1:
        return bool((differences >= 0).all() or (differences <= 0).all())
    from scipy.optimize import linprog

    found = linprog(
        -differences.sum(axis=0),
        A_ub=-differences,
        b_ub=np.zeros(len(differences)),
        bounds=(-1, 1),
        method="highs",
    )
    return bool(found.status == 0 and -found.fun > _TOLERANCE)


def _differences(
    survival: Survival, covariates: np.ndarray, strata: np.ndarray
) -> Float64[np.ndarray, "pairs p"]:
    pairs = [np.zeros((0, covariates.shape[1]))]
    for place in np.flatnonzero(survival.events):
        rivals = (survival.times >= survival.times[place]) & (strata == strata[place])
        pairs.append(covariates[place] - covariates[rivals])
    return np.unique(np.concatenate(pairs), axis=0)
