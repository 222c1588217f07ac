"""Whether predicted risks until a horizon are those observed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, Int
from scipy.stats import norm

from histopress.evaluate.survival.cox import fit_cox
from histopress.evaluate.survival.kaplan_meier import kaplan_meier
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError

GROUPS = 5

_CERTAIN = 1 - 1e-12


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """A figure with its pointwise interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class RiskGroup:
    """Patients of similar predicted risk.

    Attributes
    ----------
    n_patients, n_events : int
        Events until the horizon.
    predicted : float
        Mean predicted risk.
    observed : Bounded or None
        One minus Kaplan-Meier at the horizon; None where the group was not followed so long.
    """

    n_patients: int
    n_events: int
    predicted: float
    observed: Bounded | None


@dataclass(frozen=True, kw_only=True)
class HorizonCalibration:
    """Calibration of predicted risks at one horizon.

    Attributes
    ----------
    horizon : float
    n_patients, n_events : int
        Events until the horizon.
    predicted : float
        Mean predicted risk.
    observed : Bounded or None
        One minus Kaplan-Meier.
    ratio : Bounded or None
        Observed over expected; above 1 risks are predicted too low.
    slope : Bounded or None
        Below 1 high risks are predicted too high and low ones too low.
    groups : tuple of RiskGroup
        By ascending predicted risk.
    undefined : mapping of str to str
        Why ``observed``, ``ratio``, ``slope`` or ``groups`` is None or lacks an entry.
    level : float
    """

    horizon: float
    n_patients: int
    n_events: int
    predicted: float
    observed: Bounded | None
    ratio: Bounded | None
    slope: Bounded | None
    groups: tuple[RiskGroup, ...]
    level: float
    undefined: Mapping[str, str] = field(default_factory=dict)


def horizon_calibration(
    survival: Survival,
    risks: Float64[np.ndarray, " n"],
    *,
    horizon: float,
    strata: Int[np.ndarray, " n"] | None = None,
    groups: int = GROUPS,
    level: float = 0.95,
) -> HorizonCalibration:
    """Compare predicted risks of the event until a horizon with what was observed.

    Censoring is dealt with by Kaplan-Meier, in the whole sample and in each group, not by weights:
    within a group it must not depend on the time of the event. Where no event was seen,
    Kaplan-Meier gives no interval; the exact bound of Clopper & Pearson for those followed until
    the horizon takes its place.

    - Observed over expected: Kaplan-Meier's risk over the mean predicted risk, which is taken as
      known; the interval is Kaplan-Meier's.
    - Groups: quintiles of predicted risk; equal risks are never divided, so there may be fewer.
    - Slope: the coefficient of log(-log(1 - risk)) in a Cox model of follow-up cut at the horizon
      (Royston & Altman, BMC Med Res Methodol 2013); 1 where log hazards are right in scale. It
      says nothing of the mean. Wald's
      interval. Risks so near 1 that floats hardly tell them apart count as 1 - 1e-12.

    Parameters
    ----------
    survival : Survival
    risks : float64 ndarray (n,)
        Predicted probabilities of the event until the horizon.
    horizon : float
    strata : int ndarray (n,), optional
        For the slope: patients with baseline hazards of their own, such as those of different
        folds.
    groups : int
    level : float

    Raises
    ------
    UndefinedMetricError
        There are no patients.
    ValueError
        Risks are no probabilities, one a patient.
    """
    if risks.shape != (len(survival),) or not ((risks >= 0) & (risks <= 1)).all():
        raise ValueError(f"risks of shape {risks.shape} must be {len(survival)} probabilities")
    if not len(survival):
        raise UndefinedMetricError("there are no patients")
    cut = _cut(survival, horizon)
    undefined: dict[str, str] = {}
    observed = _try(undefined, "observed", lambda: _observed(survival, horizon, level))
    ratio = None
    expected = float(risks.mean())
    if observed is not None and expected > 0:
        ratio = Bounded(
            value=observed.value / expected,
            low=observed.low / expected,
            high=observed.high / expected,
        )
    else:
        undefined["ratio"] = undefined.get("observed", "all predicted risks are 0")
    return HorizonCalibration(
        horizon=horizon,
        n_patients=len(survival),
        n_events=cut.n_events,
        predicted=expected,
        observed=observed,
        ratio=ratio,
        slope=_try(undefined, "slope", lambda: _slope(cut, risks, strata, level)),
        groups=_groups(survival, risks, horizon=horizon, n=groups, level=level, why=undefined),
        level=level,
        undefined=undefined,
    )


def _cut(survival: Survival, horizon: float) -> Survival:
    return Survival(
        times=np.minimum(survival.times, horizon),
        events=survival.events & (survival.times <= horizon),
    )


def _try(undefined: dict[str, str], name: str, figure: Callable[[], Bounded]) -> Bounded | None:
    try:
        return figure()
    except UndefinedMetricError as error:
        undefined[name] = str(error)
        return None


def _observed(survival: Survival, horizon: float, level: float) -> Bounded:
    curve = kaplan_meier(survival, level)
    alive = float(curve.at(np.array([horizon]))[0])
    place = int(np.searchsorted(curve.times, horizon, side="right")) - 1
    if alive == 1:
        followed = int((survival.times >= horizon).sum())
        return Bounded(value=0.0, low=0.0, high=1 - ((1 - level) / 2) ** (1 / followed))
    return Bounded(
        value=1 - alive, low=1 - float(curve.high[place]), high=1 - float(curve.low[place])
    )


def _slope(cut: Survival, risks: np.ndarray, strata: np.ndarray | None, level: float) -> Bounded:
    if not risks.all():
        raise UndefinedMetricError(
            f"{int((risks == 0).sum())} predicted risks are 0, whose log hazard is infinite"
        )
    hazards = -np.log1p(-np.minimum(risks, _CERTAIN))
    fit = fit_cox(cut, np.log(hazards)[:, None], strata)
    slope, error = float(fit.coefficients[0]), float(fit.standard_errors[0])
    swing = float(norm.ppf((1 + level) / 2)) * error
    return Bounded(value=slope, low=slope - swing, high=slope + swing)


def _groups(
    survival: Survival,
    risks: np.ndarray,
    *,
    horizon: float,
    n: int,
    level: float,
    why: dict[str, str],
) -> tuple[RiskGroup, ...]:
    edges = np.unique(np.quantile(risks, np.arange(1, n) / n))
    member = np.searchsorted(edges, risks, side="left")
    found = []
    for place, name in enumerate(np.unique(member), 1):
        inside = member == name
        own, label = survival.take(inside), f"group {place}"
        found.append(
            RiskGroup(
                n_patients=len(own),
                n_events=_cut(own, horizon).n_events,
                predicted=float(risks[inside].mean()),
                observed=_try(why, label, lambda own=own: _observed(own, horizon, level)),  # type: ignore[misc]
            )
        )
    return tuple(found)
