"""The primary metric in subgroups: men and women, one centre and another."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from histopress.evaluate import class_measures, regression, survival_measures
from histopress.evaluate.frame import Measure, measure
from histopress.evaluate.intervals import no_interval
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.units import ClassUnits, NumberUnits, SurvivalUnits, Units

LEAST = 10
"""Patients below whom a subgroup gets no figure."""

UNKNOWN = "unknown"
"""Name of the subgroup whose level is empty."""

NOTE = (
    "each subgroup has an interval of its own; that two differ, or that one holds chance and "
    "another does not, is no evidence that the metric differs between them: that asks for an "
    "interval of the difference"
)


def evaluate_subgroups(
    units: Units,
    levels: Sequence[str],
    settings: EvaluationSettings,
    *,
    column: str,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Compute the primary metric within each level of a column.

    Comparable pairs, folds and resamples are those within the subgroup: a subgroup's AUC or C
    orders its own units only.

    Parameters
    ----------
    units : ClassUnits, NumberUnits or SurvivalUnits
    levels : sequence of str
        One a unit; the empty one is named "unknown".
    settings : EvaluationSettings
    column : str
        Name of what is divided by.
    rng : Generator
        For the bootstrap; levels are taken in alphabetical order.

    Returns
    -------
    dict
        ``column``, ``note``, and ``levels``: a list with subgroup, numbers (units, events or
        classes), and the metric with its interval; null where there are fewer than 10 patients or
        the metric is undefined, with the reason in ``warning``.

    Raises
    ------
    ValueError
        Levels are not one a unit.
    """
    if len(levels) != len(units):
        raise ValueError(f"{len(levels)} levels for {len(units)} units; must be one each")
    names = np.array([level or UNKNOWN for level in levels], dtype=object)
    table = []
    for name in sorted(set(names.tolist())):
        own = units.take(np.flatnonzero(names == name))
        table.append({"subgroup": name, **_numbers(own), **_figure(own, settings, rng)})
    return {"column": column, "note": NOTE, "levels": table}


def _figure(units: Units, settings: EvaluationSettings, rng: np.random.Generator) -> dict[str, Any]:
    name, primary = _primary(units)
    if units.n_patients >= LEAST:
        return {"metric": name, **measure({name: primary}, units, settings, rng=rng)[name]}
    interval = no_interval(
        f"{units.n_patients} patients, and {LEAST} are needed",
        level=settings.level,
        n_patients=units.n_patients,
        n_slides=units.n_slides,
    )
    return {"metric": name, **interval.as_json(), "description": primary.description}


def _primary(units: Units) -> tuple[str, Measure]:
    if isinstance(units, ClassUnits):
        return "auc", class_measures.auc_measure(units)
    if isinstance(units, NumberUnits):
        return "spearman", regression.spearman_measure(units)
    if isinstance(units, SurvivalUnits):
        return "c", survival_measures.harrell_measure(units)
    raise TypeError(f"units of type {type(units).__name__} have no primary metric")


def _numbers(units: Units) -> dict[str, Any]:
    numbers: dict[str, Any] = {"n_units": len(units)}
    if isinstance(units, ClassUnits):
        numbers["n_by_class"] = class_measures.counts_by_class(units)
    if isinstance(units, SurvivalUnits):
        numbers["n_events"] = units.n_events
    return numbers
