"""What learning each task adds to an encoder: performance over all subsets of tasks."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int

from histopress.claims.covariance import PatientCovariance
from histopress.claims.estimate import Estimate
from histopress.claims.linear import check_runs, estimate_sum, least_squares
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True)
class InclusionModel:
    """What the inclusion of each task adds to performance, the other tasks held.

    Attributes
    ----------
    effects : tuple of Estimate
        One a task.
    intercept : float
        Performance that the model gives an encoder of no task; none such was trained.
    residual_sd : float
        Of runs about the model: seeds, and what is not additive.
    repeat_sd : float or None
        Of runs with the same tasks: seeds alone. None where none was repeated.
    r_squared : float
        Share of the spread over runs that the model takes up.
    """

    effects: tuple[Estimate, ...]
    intercept: float
    residual_sd: float
    repeat_sd: float | None
    r_squared: float


def inclusion_model(
    performance: Float64[np.ndarray, " runs"],
    included: Int[np.ndarray, "runs tasks"],
    patients: PatientCovariance | None = None,
) -> InclusionModel:
    """Fit performance by least squares on the inclusion of each task.

    The effect of a task is the mean difference between encoders with and without it, the others
    alike. Intervals are the plain ones: Student's t with runs - tasks - 1 degrees of freedom (13
    of 18 runs and 4 tasks), exact where runs vary alike. With the spreads published for 1, 2, 3
    and 4 tasks a 95 % interval covers in 93.3 % of simulated studies; intervals of White's kind
    (HC3) cover in 97.3 %, and are longer by a fifth where the plain ones are exact.

    What is not additive counts as error. All runs are judged on the same patients: without
    ``patients`` the intervals speak of new trainings judged on these very patients.

    Parameters
    ----------
    performance : float64 ndarray (runs,)
    included : int64 ndarray (runs, tasks)
        1 where a run learnt a task, else 0.
    patients : PatientCovariance, optional
        Error over patients, added to that over runs, which becomes the ``fixed_error``.

    Raises
    ------
    UndefinedMetricError
        Performance is undefined in a run or the same in all, or effects cannot be told apart:
        there are too few runs, or a task is in all runs or in none.
    """
    check_runs(performance, included)
    design = np.column_stack([np.ones(len(included)), included])
    if len(design) <= design.shape[1] or np.linalg.matrix_rank(design) < design.shape[1]:
        raise UndefinedMetricError(
            f"{len(design)} runs do not tell {included.shape[1]} tasks apart: each task must be in "
            "some runs and not in others, and runs must be more than tasks by two; take a task out "
            "of the model or train the missing subsets"
        )
    found, rows, sd = least_squares(design, performance)
    around = performance - performance.mean()
    free = float(len(design) - design.shape[1])
    return InclusionModel(
        effects=tuple(
            estimate_sum(value, row, sd=sd, free=free, patients=patients)
            for value, row in zip(found[1:].tolist(), rows[1:], strict=True)
        ),
        intercept=float(found[0]),
        residual_sd=sd,
        repeat_sd=_repeat_sd(performance, included),
        r_squared=float(1 - free * sd**2 / (around @ around)),
    )


def inclusion_correlations(
    performance: Float64[np.ndarray, " runs"], included: Int[np.ndarray, "runs tasks"]
) -> Float64[np.ndarray, " tasks"]:
    """Pearson's correlation of performance with the inclusion of each task, as published.

    Published of 18 runs: lymph 0.319, mitosis 0.033, prostate 0.077, colorectal 0.824 (Tellez et
    al., MIDL 2020). No interval: inclusion is a design and no sample, and repeats of the full set
    make the tasks correlate (by 0.06 of 18 runs), so that a useless task correlates with
    performance through a useful one. :func:`inclusion_model` has neither fault.

    Raises
    ------
    UndefinedMetricError
        Performance is undefined in a run or the same in all, or a task is in all runs or in none.
    """
    check_runs(performance, included)
    if len(idle := np.flatnonzero(np.ptp(included, axis=0) == 0)):
        raise UndefinedMetricError(
            f"task number {idle[0] + 1} is in all runs or in none: it has no correlation"
        )
    table = np.column_stack([performance, included])
    return np.asarray(np.corrcoef(table, rowvar=False)[0, 1:])


def _repeat_sd(performance: np.ndarray, included: np.ndarray) -> float | None:
    _, group = np.unique(included, axis=0, return_inverse=True)
    sizes = np.bincount(group)
    free = int((sizes - 1).sum())
    if not free:
        return None
    means = np.bincount(group, performance) / sizes
    return float(np.sqrt(((performance - means[group]) ** 2).sum() / free))
