"""The mean of a number that each slide has, and how sure it is."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from histopress.claims.estimate import Estimate
from histopress.evaluate.undefined import UndefinedMetricError


def mean_over_patients(values: Float64[np.ndarray, " slides"], patients: Sequence[str]) -> Estimate:
    """Average over each patient's slides, then over patients; Student's t over patients.

    Raises
    ------
    UndefinedMetricError
        There are fewer than two patients.

    Examples
    --------
    >>> found = mean_over_patients(np.array([0.2, 0.4, 0.5]), ["P1", "P1", "P2"])
    >>> found.value, found.n
    (0.4, 2)
    """
    owners = np.array(patients)
    means = np.array([values[owners == owner].mean() for owner in np.unique(owners)])
    if len(means) < 2:
        raise UndefinedMetricError(f"{len(means)} patients: a mean over two or more has an error")
    return Estimate(
        value=float(means.mean()),
        sampling_error=float(means.std(ddof=1) / np.sqrt(len(means))),
        freedom=float(len(means) - 1),
        n=len(means),
    )
