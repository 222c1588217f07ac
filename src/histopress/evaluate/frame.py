"""What evaluations of all kinds share: figures under weights, their intervals, the folds' table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

from histopress.evaluate.intervals import (
    FAMILIES,
    NONE,
    Family,
    Interval,
    Statistic,
    bootstrap,
    make_interval,
    no_interval,
)
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.units import Units

_NO_SPREAD = 1e-12


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A metric of some units.

    Attributes
    ----------
    statistic : Statistic
        The metric under weights, NaN where undefined.
    description : str
        For readers of ``metrics.json``.
    few : int
        Patients of the rarest sort that the metric rests on, such as those with the event.
    family : str
        Decides the method of its interval, see :data:`histopress.evaluate.intervals.FAMILIES`.
    trials : tuple of int
        Independent trials behind each proportion that it averages, for the bound where all are
        right; empty in family "free".
    reason : str
        Why the metric is undefined, should it be.
    unsampled : str, optional
        Why a bootstrap gives no interval of it.
    counted : str, optional
        Whom ``few`` counts, where it is not whom the family counts.
    """

    statistic: Statistic
    description: str
    few: int
    family: Family = "free"
    trials: tuple[int, ...] = ()
    reason: str = "it has no value on these units"
    unsampled: str | None = None
    counted: str | None = None


def attempt(make: Callable[[], Measure], description: str) -> Measure:
    """Make a measure; one whose making is undefined becomes a measure without a value."""
    try:
        return make()
    except UndefinedMetricError as error:
        return Measure(
            statistic=lambda weights: np.full(len(weights), np.nan),
            description=description,
            few=0,
            reason=str(error),
        )


def measure(
    measures: Mapping[str, Measure],
    units: Units,
    settings: EvaluationSettings,
    *,
    rng: np.random.Generator,
) -> dict[str, dict[str, Any]]:
    """Compute each measure on the units, and an interval from resamples of patients within folds.

    Returns
    -------
    dict
        For ``metrics.json``, by name: the fields of
        :class:`histopress.evaluate.intervals.Interval` and ``description``.
    """
    estimates = {
        name: float(m.statistic(np.ones((1, len(units))))[0]) for name, m in measures.items()
    }
    sampled = {
        name: m.statistic
        for name, m in measures.items()
        if m.unsampled is None and not np.isnan(estimates[name])
    }
    replicates = bootstrap(
        sampled,
        patients=units.patients,
        folds=units.folds,
        n_resamples=settings.bootstrap,
        rng=rng,
    )
    found = {}
    for name, own in measures.items():
        interval = _interval(
            own, estimates[name], replicates.get(name), units=units, level=settings.level
        )
        found[name] = {**interval.as_json(), "description": own.description}
    return found


def without_width(found: Interval) -> Interval:
    """Take away bounds that coincide: resamples that are all alike show no certainty."""
    if found.low is None or found.high is None or found.high - found.low > _NO_SPREAD:
        return found
    warning = f"no interval: resampling shows no spread, resamples give {found.low:g}"
    return replace(found, low=None, high=None, method=NONE, warning=warning)


def fold_table(
    units: Units,
    name: str,
    value: Callable[[Bool[np.ndarray, " units"]], float],
    extras: Callable[[int, Bool[np.ndarray, " units"]], Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """List the primary metric and the numbers of each fold; where it is undefined, the reason.

    Parameters
    ----------
    units : Units
    name : str
        Of the metric.
    value : callable
        The metric of the units in a mask; raises ``UndefinedMetricError``.
    extras : callable
        Further columns from the fold's number and its mask.
    """
    table = []
    for fold in np.unique(units.folds).tolist():
        inside = units.folds == fold
        found, reason = value_or_reason(lambda inside=inside: value(inside))  # type: ignore[misc]
        table.append(
            {
                "fold": fold,
                name: found,
                "reason": reason,
                "n_patients": units.count_patients(inside),
                "n_slides": int(units.slides[inside].sum()),
                **extras(fold, inside),
            }
        )
    return table


def value_or_reason(compute: Callable[[], float]) -> tuple[float | None, str | None]:
    """Compute a figure, or say why it is undefined."""
    try:
        return compute(), None
    except UndefinedMetricError as error:
        return None, str(error)


def head(kind: str, primary: str, units: Units) -> dict[str, Any]:
    """First entries of ``metrics.json``."""
    return {
        "kind": kind,
        "level": units.level,
        "n_patients": units.n_patients,
        "n_slides": units.n_slides,
        "n_units": len(units),
        "primary": primary,
    }


def _interval(
    own: Measure,
    estimate: float,
    replicates: Float64[np.ndarray, " resamples"] | None,
    *,
    units: Units,
    level: float,
) -> Interval:
    numbers: dict[str, Any] = {"n_patients": units.n_patients, "n_slides": units.n_slides}
    if np.isnan(estimate):
        return no_interval(own.reason, level=level, **numbers)
    bare = Interval(estimate=estimate, low=None, high=None, level=level, method=NONE, **numbers)
    if replicates is None:
        return replace(bare, warning=f"no interval: {own.unsampled}")
    found = make_interval(
        estimate,
        replicates,
        trials=own.trials,
        few=own.few if own.counted is None else units.n_patients,
        level=level,
        family=own.family,
        n_folds=len(np.unique(units.folds)),
        **numbers,
    )
    return without_width(_cautious(found, own))


def _cautious(found: Interval, own: Measure) -> Interval:
    if own.counted is None or found.low is None or own.few >= FAMILIES[own.family].few:
        return found
    warning = f"only {own.few} {own.counted}: the interval may not hold its level"
    return replace(found, warning="; ".join(filter(None, [warning, found.warning])))
