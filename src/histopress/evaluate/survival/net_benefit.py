"""Decision curves: what treating by predicted risk gains, in true positives a patient."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from histopress.evaluate.survival.kaplan_meier import survival_at
from histopress.evaluate.survival.times import Survival, counts_of

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Risks at which a patient would be treated: 5 %, 10 %, … 95 %."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DecisionCurve:
    """Net benefit over thresholds, in each resample.

    Treating nobody has net benefit 0 at every threshold.

    Attributes
    ----------
    thresholds : float64 ndarray (thresholds,)
    model : float64 ndarray (resamples, thresholds)
        Of treating patients whose risk is the threshold or more. NaN where it is unknown: those
        treated were not followed until the horizon, or there are no patients.
    treat_all : float64 ndarray (resamples, thresholds)
        Of treating everybody.
    treated : float64 ndarray (resamples, thresholds)
        Patients treated.
    """

    thresholds: Float64[np.ndarray, " thresholds"]
    model: Float64[np.ndarray, "resamples thresholds"]
    treat_all: Float64[np.ndarray, "resamples thresholds"]
    treated: Float64[np.ndarray, "resamples thresholds"]


def survival_decisions(
    survival: Survival,
    risks: Float64[np.ndarray, " n"],
    *,
    horizon: float,
    thresholds: Float64[np.ndarray, " thresholds"],
    weights: Float64[np.ndarray, "resamples n"] | None = None,
) -> DecisionCurve:
    """Net benefit of a predicted risk of the event until a horizon, under censoring.

    Vickers, Cronin, Elkin & Gonen (BMC Med Inform Decis Mak 2008): among those treated, the share
    with the event until the horizon is one minus the Kaplan-Meier estimate of this group, q, and
    with x the share treated net benefit is x q - x (1 - q) p / (1 - p). Within the group censoring
    must not depend on the time of the event.

    Parameters
    ----------
    survival : Survival
    risks : float64 ndarray (n,)
        Predicted probability of the event until the horizon.
    horizon : float
    thresholds : float64 ndarray (thresholds,)
        Above 0 and below 1.
    weights : float64 ndarray (resamples, n), optional
        Copies of each patient in each resample; without, one sample.

    Raises
    ------
    ValueError
        Risks are no probabilities, or a threshold is 0 or 1 or beyond.

    Examples
    --------
    >>> survival = Survival(times=np.array([1.0, 2, 3, 4]), events=np.ones(4, bool))
    >>> curve = survival_decisions(
    ...     survival, np.array([0.9, 0.4, 0.6, 0.1]), horizon=2.5, thresholds=np.array([0.5])
    ... )
    >>> curve.model, curve.treat_all
    (array([[0.]]), array([[0.]]))
    """
    _check(risks, thresholds, len(survival))
    counts = counts_of(survival, weights)
    at = np.array([horizon])
    # What comes after the horizon does not count; as one time it costs little.
    late = survival.times > horizon
    survival = Survival(
        times=np.where(late, np.nextafter(horizon, np.inf), survival.times),
        events=survival.events & ~late,
    )
    columns = []
    for threshold in thresholds:
        treated = risks >= threshold
        columns.append(1 - survival_at(survival.take(treated), at, counts[:, treated])[:, 0])
    everyone = 1 - survival_at(survival, at, counts)
    return _curve(
        counts,
        risks,
        thresholds=thresholds,
        rates=np.stack(columns, axis=1) if columns else np.zeros((len(counts), 0)),
        everyone=everyone,
    )


def class_decisions(
    positives: Bool[np.ndarray, " n"],
    risks: Float64[np.ndarray, " n"],
    *,
    thresholds: Float64[np.ndarray, " thresholds"],
    weights: Float64[np.ndarray, "resamples n"] | None = None,
) -> DecisionCurve:
    """Net benefit of a predicted probability of one of two classes.

    TP / n - FP / n · p / (1 - p) (Vickers & Elkin, Med Decis Making 2006). The prevalence is that
    of the sample: in a case-control sample the curve says nothing of the clinic.

    Parameters and errors are those of :func:`survival_decisions`.

    Examples
    --------
    >>> curve = class_decisions(
    ...     np.array([True, False]), np.array([0.9, 0.2]), thresholds=np.array([0.5])
    ... )
    >>> curve.model, curve.treat_all
    (array([[0.5]]), array([[0.]]))
    """
    _check(risks, thresholds, len(positives))
    counts = np.ones((1, len(positives))) if weights is None else weights
    chosen = (risks[:, None] >= thresholds).astype(np.float64)
    treated = np.einsum("rn,nt->rt", counts, chosen)
    true = np.einsum("rn,nt->rt", counts * positives, chosen)
    total = counts.sum(axis=1, keepdims=True)
    cases = (counts * positives).sum(axis=1, keepdims=True)
    return _curve(
        counts,
        risks,
        thresholds=thresholds,
        rates=_quotient(true, treated),
        everyone=_quotient(cases, total),
    )


def _curve(
    counts: np.ndarray,
    risks: np.ndarray,
    *,
    thresholds: np.ndarray,
    rates: np.ndarray,
    everyone: np.ndarray,
) -> DecisionCurve:
    odds = thresholds / (1 - thresholds)
    chosen = (risks[:, None] >= thresholds).astype(np.float64)
    treated = np.einsum("rn,nt->rt", counts, chosen)
    share = _quotient(treated, counts.sum(axis=1, keepdims=True))
    gain = share * (rates - (1 - rates) * odds)
    return DecisionCurve(
        thresholds=thresholds,
        model=np.where(share == 0, 0.0, gain),
        treat_all=everyone - (1 - everyone) * odds,
        treated=treated,
    )


def _quotient(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    found = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    return np.divide(above, below, out=found, where=below > 0)


def _check(risks: np.ndarray, thresholds: np.ndarray, n: int) -> None:
    if risks.shape != (n,) or not ((risks >= 0) & (risks <= 1)).all():
        raise ValueError(f"risks of shape {risks.shape} must be {n} probabilities")
    if not ((thresholds > 0) & (thresholds < 1)).all():
        raise ValueError(f"thresholds {thresholds.tolist()} must lie above 0 and below 1")
