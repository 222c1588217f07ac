"""Predicted risks at named horizons: calibration and net benefit of each model."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from jaxtyping import Float64

from histopress.evaluate.clinical.decisions import net_benefit
from histopress.evaluate.clinical.links import Link, linked
from histopress.evaluate.clinical.patients import ScoredPatients
from histopress.evaluate.survival.horizon_calibration import horizon_calibration
from histopress.evaluate.survival.risk import fit_baseline
from histopress.evaluate.undefined import UndefinedMetricError

Links = Mapping[str, Mapping[int, Link]]
"""Links of each fold, by model."""

BASIS = (
    "scale and baseline of each fold come from its validation patients (Cox, then Breslow; of "
    "classes a logistic regression)"
)


def at_horizon(
    test: ScoredPatients,
    validation: ScoredPatients,
    links: Links,
    *,
    horizon: float,
    thresholds: Sequence[float],
    n_resamples: int,
    level: float,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Calibration and net benefit of risks of the event until a horizon.

    Patients of folds in which some model has no risks (see :func:`risks_of`) are left out of all,
    so that models are compared on the same patients; folds and reasons are named.

    Returns
    -------
    dict
        ``horizon``, ``basis``, ``n_patients``, ``left_out`` (reasons by fold), ``calibration`` and
        ``net_benefit`` by model; ``warning``.
    """
    faults: dict[str, str] = {}
    risks = {
        model: risks_of(test, validation, own, horizon=horizon, faults=faults)
        for model, own in links.items()
    }
    known = np.isfinite(np.stack(list(risks.values()))).all(axis=0)
    found: dict[str, Any] = {
        "horizon": horizon,
        "basis": BASIS,
        "n_patients": int(known.sum()),
        "left_out": faults,
        "calibration": {},
        "net_benefit": None,
        "warning": None,
    }
    if not known.any():
        return found | {"warning": "undefined: no fold has risks until this horizon"}
    kept, own = test.take(known), {model: each[known] for model, each in risks.items()}
    for model, each in own.items():
        calibration = horizon_calibration(
            kept.survival, each, horizon=horizon, strata=kept.folds, level=level
        )
        found["calibration"][model] = asdict(calibration)
    return found | {
        "net_benefit": net_benefit(
            kept,
            own,
            horizon=horizon,
            thresholds=thresholds,
            n_resamples=n_resamples,
            level=level,
            rng=rng,
        )
    }


def risks_of(
    test: ScoredPatients,
    validation: ScoredPatients,
    links: Mapping[int, Link],
    *,
    horizon: float,
    faults: dict[str, str],
) -> Float64[np.ndarray, " n"]:
    """Risk of the event until a horizon, by a baseline from the fold's validation patients.

    Not from its training patients, among whom a flexible network's scores spread too widely. NaN
    where a fold's link was not fitted, or its validation patients were not followed until the
    horizon; ``faults`` then takes the reason under the fold's number.
    """
    found = np.full(len(test), np.nan)
    for fold, link in links.items():
        inside = test.folds == fold
        if link.fallback is not None:
            faults[str(fold)] = link.fallback
            continue
        own = validation.take(validation.folds == fold)
        try:
            baseline = fit_baseline(own.survival, link.apply(own))
            predicted = baseline.survival(link.apply(test.take(inside)), np.array([horizon]))
        except UndefinedMetricError as error:
            faults[str(fold)] = str(error)
            continue
        found[inside] = 1 - predicted[:, 0]
    return found


def class_benefit(
    test: ScoredPatients,
    links: Links,
    *,
    thresholds: Sequence[float],
    n_resamples: int,
    level: float,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Net benefit of probabilities of the positive class; folds without a link are left out."""
    faults = {
        str(fold): link.fallback
        for own in links.values()
        for fold, link in own.items()
        if link.fallback is not None
    }
    known = ~np.isin(test.folds.astype(str), list(faults))
    found: dict[str, Any] = {"basis": BASIS, "n_patients": int(known.sum()), "left_out": faults}
    if not known.any():
        reason = "undefined: no fold has probabilities"
        return found | {"net_benefit": None, "warning": reason}
    kept = test.take(known)
    risks = {model: np.exp(-np.logaddexp(0, -linked(kept, own))) for model, own in links.items()}
    benefit = net_benefit(
        kept,
        risks,
        horizon=None,
        thresholds=thresholds,
        n_resamples=n_resamples,
        level=level,
        rng=rng,
    )
    return found | {"net_benefit": benefit, "warning": None}
