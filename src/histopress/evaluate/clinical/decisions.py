"""Net benefit of several models on the same patients, with bounds."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float64

from histopress.evaluate.clinical.patients import ScoredPatients
from histopress.evaluate.resampling import Statistic, bootstrap
from histopress.evaluate.survival.net_benefit import (
    DecisionCurve,
    class_decisions,
    survival_decisions,
)

UNKNOWN = "undefined where patients of such risk were not followed until the horizon"


def net_benefit(
    test: ScoredPatients,
    risks: Mapping[str, Float64[np.ndarray, " n"]],
    *,
    horizon: float | None,
    thresholds: Sequence[float],
    n_resamples: int,
    level: float,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Decision curves of models, and percentile bounds from resamples of patients within folds.

    Parameters
    ----------
    test : ScoredPatients
    risks : mapping of str to float64 ndarray (n,)
        By model; ``clinical`` and ``combined`` among them.
    horizon : float or None
        Until when risks reach; None of classes.
    thresholds : sequence of float
    n_resamples : int
    level : float
    rng : numpy Generator

    Returns
    -------
    dict
        ``thresholds``; ``treat_all``; ``models``: by name ``estimate``, ``low``, ``high`` and
        ``treated``, lists over thresholds, None where unknown; ``added``: combined less clinical.
        Treating none is 0.
    """
    points = np.array(thresholds, np.float64)
    curves = {
        model: partial(_curve, test, own, horizon=horizon, thresholds=points)
        for model, own in risks.items()
    }
    own = {model: curve(weights=None) for model, curve in curves.items()}
    statistics: dict[str, Statistic] = {
        model: partial(_replicates, curve) for model, curve in curves.items()
    }
    people = np.arange(len(test))
    drawn = bootstrap(
        statistics, patients=people, folds=test.folds, n_resamples=n_resamples, rng=rng
    )
    models = {
        model: {
            **_bounded(curve.model[0], drawn[model], level),
            "treated": [int(count) for count in curve.treated[0]],
        }
        for model, curve in own.items()
    }
    gain = own["combined"].model[0] - own["clinical"].model[0]
    return {
        "thresholds": points.tolist(),
        "treat_all": _listed(own["combined"].treat_all[0]),
        "models": models,
        "added": _bounded(gain, drawn["combined"] - drawn["clinical"], level),
        "level": level,
        "n_resamples": n_resamples,
    }


def _curve(
    test: ScoredPatients,
    risks: np.ndarray,
    *,
    weights: np.ndarray | None,
    horizon: float | None,
    thresholds: np.ndarray,
) -> DecisionCurve:
    if horizon is None:
        return class_decisions(test.positives, risks, thresholds=thresholds, weights=weights)
    return survival_decisions(
        test.survival, risks, horizon=horizon, thresholds=thresholds, weights=weights
    )


def _replicates(curve: Callable[..., DecisionCurve], weights: np.ndarray) -> np.ndarray:
    return curve(weights=weights).model


def _bounded(values: np.ndarray, drawn: np.ndarray, level: float) -> dict[str, Any]:
    bounds = np.full((2, len(values)), np.nan)
    for place, column in enumerate(drawn.T):
        defined = column[np.isfinite(column)]
        if defined.size and np.isfinite(values[place]):
            bounds[:, place] = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return {
        "estimate": _listed(values),
        "low": _listed(bounds[0]),
        "high": _listed(bounds[1]),
        "degenerate": [int(count) for count in (~np.isfinite(drawn)).sum(axis=0)],
        "warning": None if np.isfinite(values).all() else UNKNOWN,
    }


def _listed(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
