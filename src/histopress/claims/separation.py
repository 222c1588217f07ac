"""How differently two groups of patients fare that a predicted risk makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from histopress.claims.estimate import Estimate
from histopress.evaluate.fold_models import risk_groups
from histopress.evaluate.survival.cox import fit_cox
from histopress.evaluate.survival.kaplan_meier import kaplan_meier
from histopress.evaluate.survival.logrank import logrank, logrank_statistics
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.units import SurvivalUnits, TrainingSample

_PORTION_VALUES = 1_000_000
GROUPS = ("low risk", "high risk")


@dataclass(frozen=True, kw_only=True)
class Separation:
    """Two risk groups held against each other.

    Attributes
    ----------
    estimate : Estimate
        Of the log hazard ratio, high against low.
    hazard_ratio : float
    log_rank : float
        Statistic, stratified by fold.
    p_permuted : float
        Of that statistic, outcomes shuffled among the tested patients of each fold.
    curves : tuple of mapping
        A row a step: group, time, survival.
    """

    estimate: Estimate
    hazard_ratio: float
    log_rank: float
    p_permuted: float
    curves: tuple[Mapping[str, Any], ...]


def separate(
    units: SurvivalUnits,
    training: Mapping[int, TrainingSample],
    *,
    permutations: int,
    rng: np.random.Generator,
) -> Separation:
    """Split tested patients at the median risk of their fold's training patients.

    The hazard ratio is Cox's with folds as strata. Its error takes the groups as given: models
    of the folds share training patients, whose outcomes others were tested on, so that the
    groups of different folds are not quite independent. The permutation shares that limit: it
    shuffles outcomes within folds and trains nothing anew. ``histopress null`` shuffles through
    the training too, at a hundred times the cost.

    Parameters
    ----------
    units : SurvivalUnits
    training : mapping of int to TrainingSample
        By fold.
    permutations : int
    rng : Generator

    Raises
    ------
    UndefinedMetricError
        A group is empty, or there is no event.
    """
    groups = risk_groups(units, training)
    observed = logrank(units.survival, groups, strata=units.folds)
    fit = fit_cox(units.survival, groups[:, None].astype(np.float64), units.folds)
    beyond = 0
    portion = max(1, _PORTION_VALUES // len(units))
    for start in range(0, permutations, portion):
        count = min(portion, permutations - start)
        members = np.stack([_shuffled(groups, units.folds, rng) for _ in range(count)])
        indicators = (members[:, :, None] == np.array([0, 1])).astype(np.float64)
        null = logrank_statistics(units.survival, indicators, strata=units.folds)
        # As large but for rounding is as large; so, for caution, is what has no statistic.
        beyond += int((~(null < observed.statistic * (1 - 1e-12))).sum())
    return Separation(
        estimate=Estimate(
            value=float(fit.coefficients[0]),
            sampling_error=float(fit.standard_errors[0]),
            freedom=float(max(units.survival.n_events - 1, 1)),
            n=units.n_patients,
        ),
        hazard_ratio=float(np.exp(fit.coefficients[0])),
        log_rank=observed.statistic,
        p_permuted=(1 + beyond) / (1 + permutations),
        curves=tuple(_curves(units.survival, groups)),
    )


def _shuffled(groups: np.ndarray, folds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Deal groups anew among the patients of each fold."""
    found = groups.copy()
    for fold in np.unique(folds):
        places = np.flatnonzero(folds == fold)
        found[places] = groups[rng.permutation(places)]
    return found


def _curves(survival: Survival, groups: np.ndarray) -> list[dict[str, Any]]:
    rows = []
    for place, name in enumerate(GROUPS):
        own = groups == place
        curve = kaplan_meier(Survival(times=survival.times[own], events=survival.events[own]))
        rows += [
            {"group": name, "time": float(time), "survival": float(share)}
            for time, share in zip(curve.times, curve.survival, strict=True)
        ]
    return rows
