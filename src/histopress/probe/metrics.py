"""How well patches were told apart, with intervals over groups."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from histopress.evaluate.auc import weighted_pairs
from histopress.evaluate.intervals import (
    Statistic,
    bootstrap,
    disjoint_pairs,
    percentiles,
    perfect_bound,
)
from histopress.probe.settings import METRICS
from histopress.seeds import generator

FEW_GROUPS = 20
"""A class in fewer groups carries a warning, as a class of few patients does elsewhere."""
BOOTSTRAP = "percentile bootstrap of groups"
EXACT = "exact one-sided bound over groups"
NONE = "none"


def group_codes(
    labels: Int64[np.ndarray, "N"], groups: Sequence[str]
) -> tuple[Int64[np.ndarray, "N"], Int64[np.ndarray, "N"]]:
    """Give each group a number, and name the stratum within which they are drawn.

    Where each group holds patches of one class only (such as every patch its own group), groups
    are drawn within their class, since how many patches each class has was fixed by whoever made
    the task. Otherwise all groups form one stratum.

    Returns
    -------
    codes, strata : int64 ndarray (N,)
    """
    _, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    pairs = np.unique(np.stack([codes, labels]), axis=1).shape[1]
    pure = pairs == len(np.unique(codes))
    return codes.astype(np.int64), labels if pure else np.zeros_like(labels)


def patch_metrics(
    labels: Int64[np.ndarray, "N"],
    probabilities: Float64[np.ndarray, "N K"],
    groups: Sequence[str],
    classes: Sequence[str],
    *,
    seed: int,
    replicates: int = 2000,
    level: float = 0.95,
) -> dict[str, Any]:
    """Score class probabilities of patches.

    Patches of one group (slide, patient, set of near-duplicates) are no independent
    observations: whole groups are drawn with replacement (see :func:`group_codes`). Replicates
    that lack a class are left out and counted. Where every patch is right or wrong, resampling
    shows no spread and an exact bound takes its place; otherwise no spread (patches of one group)
    means no interval. Classes in fewer than 20 groups are
    warned of, because the interval is then too short; so are classes without patches, which
    count nowhere.

    Parameters
    ----------
    labels : int64 ndarray (N,)
        Index into ``classes``.
    probabilities : float64 ndarray (N, K)
    groups : sequence of str (N)
    classes : sequence of str (K)
    seed : int
        Of the replicates; equal labels, groups and seed give equal replicates, whatever the
        probabilities.
    replicates : int
    level : float
        Coverage.

    Returns
    -------
    dict
        ``auc`` (two classes: of the second; more: mean over classes of one against the rest),
        ``balanced_accuracy`` and ``accuracy``, each ``{"value", "low", "high", "method",
        "degenerate"}`` with None where undefined; ``confusion`` (rows: true class), ``n``,
        ``groups``, ``level``, ``replicates``, ``warnings``; plain JSON.

    Notes
    -----
    O(replicates · N · K) time; memory stays near 50 MB.
    """
    found = patch_replicates(labels, [probabilities], groups, seed=seed, replicates=replicates)[0]
    values = patch_values(labels, probabilities)
    codes, _ = group_codes(labels, groups)
    metrics: dict[str, Any] = {
        name: _interval(value, found[name], _trials(name, labels, codes), level)
        for name, value in values.items()
    }
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(confusion, (labels, probabilities.argmax(1)), 1)
    return {
        **metrics,
        "confusion": confusion.tolist(),
        "n": len(labels),
        "groups": len(np.unique(codes)),
        "level": level,
        "replicates": replicates,
        "warnings": _warnings(labels, codes, classes),
    }


def patch_replicates(
    labels: Int64[np.ndarray, "N"],
    predictions: Sequence[Float64[np.ndarray, "N K"]],
    groups: Sequence[str],
    *,
    seed: int,
    replicates: int,
) -> list[dict[str, Float64[np.ndarray, " replicates"]]]:
    """Compute all metrics of several predictions on the same resamples of groups.

    Returns
    -------
    list of dict
        Of each prediction, replicates by the metric's name; NaN where undefined.
    """
    codes, strata = group_codes(labels, groups)
    statistics = {
        f"{place} {name}": statistic
        for place, probabilities in enumerate(predictions)
        for name, statistic in _statistics(labels, probabilities).items()
    }
    found = bootstrap(
        statistics,
        patients=codes,
        folds=strata,
        n_resamples=replicates,
        rng=generator(seed, "probe-bootstrap"),
    )
    return [
        {name: found[f"{place} {name}"] for name in METRICS} for place in range(len(predictions))
    ]


def patch_values(
    labels: Int64[np.ndarray, "N"], probabilities: Float64[np.ndarray, "N K"]
) -> dict[str, float]:
    """Compute all metrics without intervals; NaN where undefined."""
    ones = np.ones((1, len(labels)))
    statistics = _statistics(labels, probabilities)
    return {name: float(statistic(ones)[0]) for name, statistic in statistics.items()}


def _statistics(
    labels: Int64[np.ndarray, "N"], probabilities: Float64[np.ndarray, "N K"]
) -> Mapping[str, Statistic]:
    """Metrics under weights; weights are whole numbers, so their sums are exact."""
    right = (probabilities.argmax(1) == labels).astype(np.float64)
    present = np.unique(labels)
    members = (labels[:, None] == present).astype(np.float64)
    scored = present if probabilities.shape[1] > 2 else np.array([1])

    def accuracy(weights: np.ndarray) -> np.ndarray:
        return _quotient(weights @ right, weights.sum(1))

    def balanced_accuracy(weights: np.ndarray) -> np.ndarray:
        return _quotient(weights @ (members * right[:, None]), weights @ members).mean(1)

    def auc(weights: np.ndarray) -> np.ndarray:
        areas = [
            _quotient(*weighted_pairs(labels == code, probabilities[:, code], weights))
            for code in scored
        ]
        return np.mean(areas, axis=0)

    return {"auc": auc, "balanced_accuracy": balanced_accuracy, "accuracy": accuracy}


def _quotient(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _trials(name: str, labels: Int64[np.ndarray, "N"], codes: Int64[np.ndarray, "N"]) -> list[int]:
    """Independent trials behind a metric: groups, or pairs that share no group."""
    present = np.unique(labels)
    if name == "accuracy":
        return [len(np.unique(codes))]
    if name == "balanced_accuracy":
        return [len(np.unique(codes[labels == code])) for code in present]
    scored = present if len(present) > 2 else present[-1:]
    one_fold = np.zeros_like(labels)
    return [disjoint_pairs(labels == code, codes, one_fold) for code in scored]


def _interval(
    value: float, found: Float64[np.ndarray, " replicates"], trials: list[int], level: float
) -> dict[str, Any]:
    degenerate = int((~np.isfinite(found)).sum())
    entry: dict[str, Any] = {"value": value, "low": None, "high": None, "method": NONE}
    entry["degenerate"] = degenerate
    if not np.isfinite(value):
        return {**entry, "value": None}
    if value in {0.0, 1.0}:
        bound = perfect_bound(trials, level)
        low, high = (bound, 1.0) if value else (0.0, 1 - bound)
        return {**entry, "low": low, "high": high, "method": EXACT}
    bounds = percentiles(found, level)
    if bounds is None or np.ptp(found[np.isfinite(found)]) == 0:
        return entry
    return {**entry, "low": bounds[0], "high": bounds[1], "method": BOOTSTRAP}


def _warnings(
    labels: Int64[np.ndarray, "N"], codes: Int64[np.ndarray, "N"], classes: Sequence[str]
) -> list[str]:
    found = []
    if len(np.unique(codes)) < 2:
        found.append("all patches are of one group, so that no interval can be given")
    for code, name in enumerate(classes):
        count = len(np.unique(codes[labels == code]))
        if not count:
            found.append(f"class '{name}' has no patch to be judged by and counts nowhere")
        elif count < FEW_GROUPS:
            found.append(
                f"class '{name}' lies in only {count} groups: intervals are likely too short"
            )
    return found
