"""How performance goes with the number of tasks that an encoder learnt."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int

from histopress.claims.covariance import PatientCovariance
from histopress.claims.estimate import Estimate
from histopress.claims.linear import (
    check_runs,
    estimate_sum,
    least_squares,
)
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True)
class CountTrend:
    """How performance goes with the number of tasks.

    Attributes
    ----------
    counts, runs : tuple of int
        Numbers of tasks, ascending, and the runs of each.
    means : tuple of float
    sds : tuple of float or None
        With n - 1; None of one run.
    slope : Estimate
        Performance a further task.
    """

    counts: tuple[int, ...]
    runs: tuple[int, ...]
    means: tuple[float, ...]
    sds: tuple[float | None, ...]
    slope: Estimate


def count_trend(
    performance: Float64[np.ndarray, " runs"],
    included: Int[np.ndarray, "runs tasks"],
    patients: PatientCovariance | None = None,
) -> CountTrend:
    """Summarise performance by the number of tasks, and fit a line through all runs.

    Published means of 1, 2, 3, 4 tasks: 0.512, 0.566, 0.563, 0.588 (sd 0.038, 0.032, 0.045,
    0.013). Student's t with runs - 2 degrees of freedom. Which tasks they are counts as error.

    Parameters
    ----------
    performance, included, patients
        As of :func:`histopress.claims.inclusion.inclusion_model`.

    Raises
    ------
    UndefinedMetricError
        Performance is undefined in a run or the same in all, all runs have as many tasks, or
        there are fewer than three runs.
    """
    check_runs(performance, included)
    number = included.sum(1)
    counts = np.unique(number)
    if len(counts) < 2 or len(number) < 3:
        raise UndefinedMetricError(
            f"{len(number)} runs of {', '.join(map(str, counts))} tasks show no trend; three runs "
            "of two numbers are needed"
        )
    groups = [performance[number == count] for count in counts]
    found, rows, sd = least_squares(np.column_stack([np.ones(len(number)), number]), performance)
    return CountTrend(
        counts=tuple(counts.tolist()),
        runs=tuple(len(group) for group in groups),
        means=tuple(float(group.mean()) for group in groups),
        sds=tuple(float(group.std(ddof=1)) if len(group) > 1 else None for group in groups),
        slope=estimate_sum(
            float(found[1]), rows[1], sd=sd, free=float(len(number) - 2), patients=patients
        ),
    )
