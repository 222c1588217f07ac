"""Area under the ROC curve at a horizon: events until then against those who live beyond."""

import numpy as np
from jaxtyping import Float64

from histopress.evaluate.auc import weighted_pairs
from histopress.evaluate.survival.censoring import Censoring
from histopress.evaluate.survival.times import Survival, check_scores, counts_of
from histopress.evaluate.undefined import UndefinedMetricError

Pairs = tuple[Float64[np.ndarray, " resamples"], Float64[np.ndarray, " resamples"]]


def time_auc_pairs(
    survival: Survival,
    scores: Float64[np.ndarray, " n"],
    *,
    horizon: float,
    censoring: Censoring,
    weights: Float64[np.ndarray, "resamples n"] | None = None,
) -> Pairs:
    """Concordant and comparable pairs of cases and controls, each case with weight 1 / G(T-).

    Cases had the event until the horizon (at it too), controls were observed beyond it; who was
    censored until then is neither. The weight 1 / G(t) of all controls cancels in the quotient.

    Raises
    ------
    UndefinedMetricError
        G is 0 or unknown at a case's event.
    """
    check_scores(survival, scores)
    counts = counts_of(survival, weights)
    cases = survival.events & (survival.times <= horizon)
    factors = censoring.inverse(survival, cases) + (survival.times > horizon)
    order = np.lexsort((factors, scores))
    return weighted_pairs(cases[order], scores[order], (counts * factors)[:, order])


def time_auc(
    survival: Survival,
    scores: Float64[np.ndarray, " n"],
    *,
    horizons: Float64[np.ndarray, " horizons"],
    censoring: Censoring,
) -> Float64[np.ndarray, " horizons"]:
    """Cumulative/dynamic AUC: a case by time t has a higher score than one who lives longer.

    Uno, Cai, Tian & Wei (JASA 2007); Hung & Chiang (Canadian Journal of Statistics 2010). Equal
    scores count half.

    Parameters
    ----------
    survival : Survival
    scores : float64 ndarray (n,)
        Higher is a higher hazard.
    horizons : float64 ndarray (horizons,)
    censoring : Censoring
        Of the training sample.

    Raises
    ------
    UndefinedMetricError
        At some horizon there are no cases or no controls, or G is 0 or unknown at a case.

    Examples
    --------
    >>> survival = Survival(times=np.array([1.0, 3.0, 4.0]), events=np.array([True, True, False]))
    >>> always = Censoring(times=np.array([9.0]), survival=np.array([1.0]))
    >>> scores = np.array([0.4, 0.9, 0.1])
    >>> time_auc(survival, scores, horizons=np.array([2.0, 3.5]), censoring=always)
    array([0.5, 1. ])
    """
    values = []
    for horizon in horizons.tolist():
        pairs = time_auc_pairs(survival, scores, horizon=horizon, censoring=censoring)
        if not pairs[1][0]:
            raise UndefinedMetricError(_why(survival, horizon))
        values.append(pairs[0][0] / pairs[1][0])
    return np.array(values, np.float64)


def _why(survival: Survival, horizon: float) -> str:
    if not (survival.events & (survival.times <= horizon)).any():
        return f"none of {len(survival)} patients had the event until {horizon:g}"
    return f"none of {len(survival)} patients was observed beyond {horizon:g}"
