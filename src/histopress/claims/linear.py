"""Lines through the performances of runs that are judged on the same patients."""

import numpy as np
from jaxtyping import Float64

from histopress.claims.covariance import PatientCovariance
from histopress.claims.estimate import Estimate, joint_freedom
from histopress.evaluate.undefined import UndefinedMetricError


def least_squares(
    design: np.ndarray, values: np.ndarray
) -> tuple[Float64[np.ndarray, " terms"], Float64[np.ndarray, "terms runs"], float]:
    """Fit values by least squares.

    Returns
    -------
    coefficients : float64 ndarray (terms,)
    rows : float64 ndarray (terms, runs)
        What makes each coefficient of the values.
    sd : float
        Of the residuals, with runs less terms.
    """
    rows = np.linalg.pinv(design)
    found = rows @ values
    residuals = values - design @ found
    return found, rows, float(np.sqrt(residuals @ residuals / (len(design) - design.shape[1])))


def estimate_sum(
    value: float, row: np.ndarray, *, sd: float, free: float, patients: PatientCovariance | None
) -> Estimate:
    """Give a weighted sum of performances its error: over runs, and over patients where known.

    Parameters
    ----------
    value : float
        The sum.
    row : float64 ndarray (runs,)
        Its weights.
    sd, free : float
        Residual SD of runs, and its degrees of freedom.
    patients : PatientCovariance or None

    Raises
    ------
    UndefinedMetricError
        The covariance is.
    """
    error = sd * float(np.sqrt(row @ row))
    if patients is None:
        return Estimate(value=value, sampling_error=error, freedom=free, n=len(row))
    own = patients.error_of(row)
    if not np.isfinite(own):
        raise UndefinedMetricError(
            "the runs have no covariance over patients: a fold holds one patient, or a run has no "
            "figure without some patient"
        )
    return Estimate(
        value=value,
        sampling_error=own,
        fixed_error=error,
        freedom=joint_freedom([(own**2, patients.freedom), (error**2, free)]),
        n=patients.n_patients,
    )


def check_runs(performance: np.ndarray, included: np.ndarray) -> None:
    """Refuse performances that cannot be fitted.

    Raises
    ------
    UndefinedMetricError
        A run has no performance, or all have the same.
    ValueError
        They are not one a run, or inclusion is not 0 or 1.
    """
    if len(performance) != len(included) or not np.isin(included, (0, 1)).all():
        raise ValueError(
            f"{len(performance)} performances for {len(included)} runs: must be one each, and "
            "inclusion 0 or 1"
        )
    wrong = np.flatnonzero(~np.isfinite(performance))
    if wrong.size:
        raise UndefinedMetricError(
            f"run number {wrong[0] + 1} has no performance; train it again or leave it out"
        )
    if not len(performance) or np.ptp(performance) == 0:
        raise UndefinedMetricError(f"all {len(performance)} runs perform alike")
