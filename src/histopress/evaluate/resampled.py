"""Intervals for a procedure: what it would reach if it were trained on another cohort."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64
from scipy.special import stdtrit

from histopress.evaluate.families import NEAR_CHANCE, near_chance
from histopress.evaluate.intervals import PROCEDURE, Interval
from histopress.evaluate.scale import Scale, scaled_bounds

CORRECTED = "repeated splits with corrected variance"
NOT_AVAILABLE = "not available"
FEWEST_REPEATS = 2
_NO_SPREAD = 1e-12
_CHANCE: Mapping[Scale, float | None] = {"plain": None, "logit": 0.5, "fisher": 0.0}


def corrected_error(values: Float64[np.ndarray, " divisions"], *, test_share: float) -> float:
    """Compute the standard error of a mean over divisions that share patients.

    Training samples of repeated splits overlap, so their figures are not independent and
    ``s² / J`` is far too small. Nadeau & Bengio (Machine Learning 2003, section 3) correct it to
    ``s² (1 / J + n_test / n_train)``, assuming that two figures correlate by the share of the
    cohort that is tested; Bouckaert & Frank (PAKDD 2004) do so for repeated cross-validation.

    Parameters
    ----------
    values : float64 ndarray (divisions,)
        J figures, one a division; two or more.
    test_share : float
        n_test / n_train of a division, mean over divisions.

    Examples
    --------
    >>> round(corrected_error(np.array([0.7, 0.8, 0.75, 0.85]), test_share=1 / 3), 4)
    0.0493
    """
    return float(values.std(ddof=1) * np.sqrt(1 / len(values) + test_share))


def procedure_interval(
    values: Sequence[float | None],
    *,
    repeats: int,
    n_train: Sequence[int],
    n_test: Sequence[int],
    level: float,
    n_patients: int,
    n_slides: int,
    scale: Scale = "plain",
) -> Interval:
    """Build the interval for "the procedure on a new cohort" from figures of repeated splits.

    Parameters
    ----------
    values : sequence of float or None
        Figure of every division (repeats × folds); None where it is undefined.
    repeats : int
        How often the cohort was divided anew. One cross-validation does not show how figures
        vary over training samples (Bengio & Grandvalet, JMLR 2004), so one gives no interval.
    n_train, n_test : sequence of int
        Patients trained and tested on in each division.
    level : float
    n_patients, n_slides : int
        Of the cohort.
    scale : str
        ``logit`` for AUC and C, ``fisher`` for correlations.

    Returns
    -------
    Interval
        ``n_resamples`` counts divisions, ``degenerate`` the undefined ones.

    Raises
    ------
    ValueError
        The lists differ in length.
    """
    if not len(values) == len(n_train) == len(n_test):
        raise ValueError(
            f"{len(values)} figures, {len(n_train)} training and {len(n_test)} test sizes; must "
            "be one each a division"
        )
    known = np.array([value for value in values if value is not None], np.float64)
    known = known[np.isfinite(known)]
    degenerate = len(values) - len(known)
    estimate = float(known.mean()) if known.size else None
    share = float(np.mean([test / train for test, train in zip(n_test, n_train, strict=True)]))
    bounds, reason = _bounds(known, repeats=repeats, share=share, level=level, scale=scale)
    warnings = [reason] if reason else []
    if bounds is not None and near_chance(known.mean(), bounds, _CHANCE[scale]):
        warnings.append(NEAR_CHANCE)
    if degenerate:
        warnings.append(f"{degenerate} of {len(values)} divisions have no figure and are left out")
    return Interval(
        estimate=estimate,
        low=None if bounds is None else bounds[0],
        high=None if bounds is None else bounds[1],
        level=level,
        method=NOT_AVAILABLE if bounds is None else CORRECTED,
        estimand=PROCEDURE,
        n_patients=n_patients,
        n_slides=n_slides,
        n_resamples=len(values),
        degenerate=degenerate,
        warning="; ".join(warnings) or None,
    )


def _bounds(
    known: np.ndarray, *, repeats: int, share: float, level: float, scale: Scale
) -> tuple[tuple[float, float] | None, str | None]:
    if repeats < FEWEST_REPEATS:
        return None, (
            "the cohort was divided once, which does not show how the figure varies over "
            "training samples; repeat the cross-validation with further seeds"
        )
    if len(known) < 2:
        return None, f"only {len(known)} divisions have a figure"
    error, estimate = corrected_error(known, test_share=share), float(known.mean())
    if error < _NO_SPREAD:
        return None, f"all {len(known)} divisions give {estimate:g}; they show no spread"
    quantile = float(stdtrit(len(known) - 1, (1 + level) / 2))
    return scaled_bounds(estimate, error, scale=scale, quantile=quantile), None
