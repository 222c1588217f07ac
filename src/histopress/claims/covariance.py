"""How figures of the same patients vary together over patients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int

from histopress.evaluate.resampling import Statistic

_CHUNK_VALUES = 2_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class PatientCovariance:
    """Covariance of several figures over patients.

    Attributes
    ----------
    matrix : float64 ndarray (figures, figures)
        NaN where it is undefined.
    n_patients, n_folds : int
    """

    matrix: Float64[np.ndarray, "figures figures"]
    n_patients: int
    n_folds: int

    @property
    def freedom(self) -> float:
        """Degrees of freedom: patients less folds."""
        return float(self.n_patients - self.n_folds)

    def error_of(self, weights: Float64[np.ndarray, " figures"]) -> float:
        """Compute the standard error of a weighted sum of the figures; NaN where undefined."""
        return float(np.sqrt(np.maximum(weights @ self.matrix @ weights, 0.0)))


def patient_covariance(
    statistics: Sequence[Statistic],
    *,
    patients: Int[np.ndarray, " units"],
    folds: Int[np.ndarray, " units"],
) -> PatientCovariance:
    """Leave out one patient at a time, all slides, and see how all figures move together.

    The jackknife with folds as strata, Σ over folds of ``(K - 1) / K · Σ (left out - their
    mean)²`` for K patients of a fold (Rust & Rao, Statistical Methods in Medical Research 1996).
    Who remains in the fold stands in for who is left out, with weight K / (K - 1), so that folds
    keep their shares of the figure: what was sampled is each fold, and not how large it is. (In
    :func:`histopress.evaluate.resampling.jackknife_errors` they do not; for figures that pool
    folds its error is too small by a factor near (n - folds) / (n - 1).) A weighted sum of
    figures has the error that the jackknife of that sum would give.

    Parameters
    ----------
    statistics : sequence of Statistic
        Figures under weights of the units.
    patients, folds : int64 ndarray (units,)

    Returns
    -------
    PatientCovariance
        NaN where a fold holds one patient, or a figure is undefined without some patient.

    Notes
    -----
    O(patients · units) time of each statistic; memory near 50 MB.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 4.0, 5.0])
    >>> mean = lambda weights: weights @ values / weights.sum(1)
    >>> found = patient_covariance([mean, mean], patients=np.arange(4), folds=np.zeros(4, int))
    >>> found.error_of(np.array([1.0, 0.0])).__round__(6), found.error_of(np.array([1.0, -1.0]))
    (0.912871, 0.0)
    """
    names, first, member = np.unique(patients, return_index=True, return_inverse=True)
    portion = max(1, _CHUNK_VALUES // max(1, len(patients)))
    left: list[np.ndarray] = []
    fold_of = folds[first]
    sizes = np.array([(fold_of == fold).sum() for fold in fold_of])
    for start in range(0, len(names), portion):
        out = np.arange(start, min(start + portion, len(names)))
        # Times K - 1, since weights are whole numbers of copies: K in the fold, K - 1 elsewhere.
        size = sizes[out, None]
        weights = np.where(folds[None] == fold_of[out, None], size, np.maximum(size - 1, 1))
        weights = (weights * (member[None] != out[:, None])).astype(np.float64)
        left.append(np.stack([each(weights) for each in statistics]))
    values = np.concatenate(left, axis=1)
    matrix = np.zeros((len(statistics), len(statistics)))
    for fold in np.unique(folds):
        own = values[:, fold_of == fold]
        size = own.shape[1]
        around = own - own.mean(1, keepdims=True)
        matrix += (size - 1) / size * (around @ around.T) if size > 1 else np.nan
    return PatientCovariance(matrix=matrix, n_patients=len(names), n_folds=len(np.unique(folds)))
