"""Two encoders on the same patches."""

from typing import Any

import numpy as np

from histopress.errors import ConfigError
from histopress.evaluate.intervals import percentiles
from histopress.probe.metrics import patch_replicates, patch_values
from histopress.probe.predictions import PatchPredictions
from histopress.probe.settings import METRICS


def check_same_patches(first: PatchPredictions, second: PatchPredictions) -> None:
    """Refuse predictions of different patches.

    Raises
    ------
    ConfigError
        Digest, patches, labels, groups or classes differ.
    """
    same = (
        first.digest == second.digest
        and first.classes == second.classes
        and first.groups == second.groups
        and np.array_equal(first.patches, second.patches)
        and np.array_equal(first.labels, second.labels)
    )
    if not same:
        raise ConfigError(
            f"'{first.name}' ({len(first.labels)} patches, {first.digest[:12]}…) and "
            f"'{second.name}' ({len(second.labels)} patches, {second.digest[:12]}…): were scored "
            "on different patches and cannot be compared in pairs; make the patches of both with "
            "one configuration and run both probes again"
        )


def paired_differences(
    first: PatchPredictions,
    second: PatchPredictions,
    *,
    seed: int,
    replicates: int = 2000,
    level: float = 0.95,
) -> dict[str, dict[str, Any]]:
    """Difference ``first − second`` of every metric, with intervals.

    Both are scored on the same resamples of groups, so what makes a resample easy or hard for
    both cancels; the interval is narrower than two separate ones suggest wherever the encoders
    err on the same patches. It speaks of these two fitted probes on new groups of the same kind;
    how fits vary over seeds and training patches is not in it.

    Returns
    -------
    dict
        By metric ``{"value", "low", "high"}``; None where undefined. Patches of one group allow
        no interval.

    Raises
    ------
    ConfigError
        The two were scored on different patches.
    """
    check_same_patches(first, second)
    both = [first.probabilities, second.probabilities]
    drawn = patch_replicates(first.labels, both, first.groups, seed=seed, replicates=replicates)
    plain = [patch_values(first.labels, probabilities) for probabilities in both]
    single = len(set(first.groups)) < 2
    differences: dict[str, dict[str, Any]] = {}
    for name in METRICS:
        value = plain[0][name] - plain[1][name]
        bounds = percentiles(drawn[0][name] - drawn[1][name], level)
        low, high = (None, None) if single or bounds is None else bounds
        defined = bool(np.isfinite(value))
        differences[name] = {"value": value if defined else None, "low": low, "high": high}
    return differences


def verdict(low: float | None, high: float | None) -> str:
    """Say what an interval of a difference allows to be said.

    Examples
    --------
    >>> verdict(0.01, 0.05), verdict(-0.02, 0.03)
    ('higher', 'not distinguishable')
    """
    if low is None or high is None:
        return "not distinguishable"
    if low > 0:
        return "higher"
    return "lower" if high < 0 else "not distinguishable"
