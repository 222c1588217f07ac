"""Log-rank tests of two or more groups, with strata."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from scipy.stats import chi2

from histopress.evaluate.survival.times import Survival, counts_of, risk_table
from histopress.evaluate.undefined import UndefinedMetricError

_SINGULAR = 1e-10


@dataclass(frozen=True, kw_only=True)
class LogRank:
    """A log-rank test.

    Attributes
    ----------
    statistic : float
    dof : int
        Groups less one.
    p : float
        Upper tail of the chi-square distribution with ``dof`` degrees of freedom; two-sided.
    groups : tuple of int
        In ascending order.
    observed, expected : tuple of float
        Events of each group, and those expected were hazards equal.
    """

    statistic: float
    dof: int
    p: float
    groups: tuple[int, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]


def logrank(
    survival: Survival,
    groups: Int[np.ndarray, " n"],
    strata: Int[np.ndarray, " n"] | None = None,
) -> LogRank:
    """Test whether groups share one hazard (Mantel 1966; Peto & Peto 1972).

    Observed less expected events over distinct event times, with the hypergeometric variance;
    where there are strata, both are summed over them, and each has a risk set of its own.

    Raises
    ------
    UndefinedMetricError
        Fewer than two groups, no event, or a group that was never at risk beside another at an
        event.

    Examples
    --------
    >>> survival = Survival(times=np.arange(1.0, 9.0), events=np.ones(8, bool))
    >>> round(logrank(survival, np.array([0, 0, 0, 0, 1, 1, 1, 1])).p, 4)
    0.0067
    """
    names = np.unique(groups)
    if len(names) < 2:
        raise UndefinedMetricError(f"{len(names)} groups: there is nothing to compare")
    members = (groups[:, None] == names).astype(np.float64)[None]
    observed, expected, covariance = _sums(survival, members, strata)
    statistic = float(_statistic(observed, expected, covariance)[0])
    if not np.isfinite(statistic):
        reason = "there is no event"
        if survival.n_events:
            reason = "some group was never at risk beside another at the time of an event"
        raise UndefinedMetricError(f"no log-rank test: {reason}")
    return LogRank(
        statistic=statistic,
        dof=len(names) - 1,
        p=float(chi2.sf(statistic, len(names) - 1)),
        groups=tuple(int(name) for name in names),
        observed=tuple(observed[0].tolist()),
        expected=tuple(expected[0].tolist()),
    )


def logrank_statistics(
    survival: Survival,
    members: Float64[np.ndarray, "resamples n groups"],
    strata: Int[np.ndarray, " n"] | None = None,
) -> Float64[np.ndarray, " resamples"]:
    """Log-rank statistics of many resamples or permutations.

    Parameters
    ----------
    survival : Survival
    members : float64 ndarray (resamples, n, groups)
        Copies of each patient in each group: 0 and 1 for a permutation of groups, counts for a
        bootstrap.
    strata : int ndarray (n,), optional

    Returns
    -------
    float64 ndarray (resamples,)
        NaN where undefined, see :func:`logrank`.
    """
    return _statistic(*_sums(survival, members, strata))


def _sums(
    survival: Survival, members: np.ndarray, strata: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n_resamples, _, n_groups = members.shape
    observed = np.zeros((n_resamples, n_groups))
    expected = np.zeros((n_resamples, n_groups))
    covariance = np.zeros((n_resamples, n_groups, n_groups))
    labels = np.zeros(len(survival), np.int64) if strata is None else strata
    for stratum in np.unique(labels):
        inside = labels == stratum
        parts = _stratum_sums(survival.take(inside), members[:, inside])
        observed += parts[0]
        expected += parts[1]
        covariance += parts[2]
    return observed, expected, covariance


def _stratum_sums(
    survival: Survival, members: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    tables = [risk_table(survival, counts_of(survival, own)) for own in np.moveaxis(members, 2, 0)]
    # Times of censorings alone carry no information and are dropped for speed.
    kept = np.isin(tables[0].times, survival.times[survival.events])
    deaths = np.stack([table.deaths[:, kept] for table in tables], axis=-1)
    at_risk = np.stack([table.at_risk[:, kept] for table in tables], axis=-1)
    dead, everyone = deaths.sum(-1), at_risk.sum(-1)
    share = at_risk / np.maximum(everyone, 1)[..., None]
    spread = dead * (everyone - dead) / np.maximum(everyone - 1, 1)
    covariance = -np.einsum("rt,rtg,rth->rgh", spread, share, share)
    diagonal = np.arange(members.shape[2])
    covariance[:, diagonal, diagonal] += np.einsum("rt,rtg->rg", spread, share)
    return deaths.sum(1), (dead[..., None] * share).sum(1), covariance


def _statistic(
    observed: np.ndarray, expected: np.ndarray, covariance: np.ndarray
) -> Float64[np.ndarray, " resamples"]:
    # The groups' differences sum to zero; the last one adds nothing and is left out.
    excess, inner = (observed - expected)[:, :-1], covariance[:, :-1, :-1]
    values = np.linalg.eigvalsh(inner)
    good = values[:, 0] > _SINGULAR * np.maximum(values[:, -1], _SINGULAR)
    found = np.full(len(observed), np.nan)
    solved = np.linalg.solve(inner[good], excess[good][..., None])[..., 0]
    found[good] = (excess[good] * solved).sum(1)
    return found
