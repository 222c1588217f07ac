"""Scores of a reader of latent causes, by target, before there is any model to judge.

The metrics are those by which models are judged; they stand here in their plainest form because
simulation lies below evaluation.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64
from scipy.stats import rankdata

from histopress.simulate.latents import PatientLatents
from histopress.simulate.phantom_settings import PATTERNS

CHANCE = {"growth_pattern": 0.5, "proliferation": 0.0, "survival": 0.5}
"""What a score comes to without any knowledge, by target."""

METRIC = {"growth_pattern": "auc", "proliferation": "spearman", "survival": "c"}
"""Macro one-vs-rest AUC, Spearman's correlation, Harrell's C."""

Figures = dict[str, float]
"""Scores by target; NaN where one is undefined."""


def reader_figures(
    latents: Sequence[PatientLatents],
    density: Float64[np.ndarray, " n"],
    log_hazard: Float64[np.ndarray, " n"],
) -> Figures:
    """Score a reader who knows the patterns, and of density and hazard what is given.

    Parameters
    ----------
    latents : sequence of PatientLatents
        Patterns as drawn, and all records.
    density, log_hazard : float64 ndarray (n,)
        What the reader takes for each patient's mitoses a mm² and η.
    """
    recorded = np.array([each.proliferation for each in latents])
    return {
        "growth_pattern": _pattern_auc(latents),
        "proliferation": _spearman(recorded, density),
        "survival": concordance(
            np.array([each.survival_months for each in latents]),
            np.array([not each.censorship for each in latents]),
            log_hazard,
        ),
    }


def concordance(
    times: Float64[np.ndarray, " n"],
    events: Bool[np.ndarray, " n"],
    scores: Float64[np.ndarray, " n"],
) -> float:
    """Share of comparable pairs whose earlier event has the higher score (Harrell's C).

    A pair is comparable if the one with the event was known to be first; equal scores count half.
    NaN where no pair is. The same as :func:`histopress.evaluate.survival.concordance.harrell`.

    Examples
    --------
    >>> seen = np.array([True, False, True])
    >>> concordance(np.array([1.0, 2.0, 3.0]), seen, np.array([0.9, 0.9, 0.1]))
    0.75
    """
    won, pairs = 0.0, 0
    for case in np.flatnonzero(events):
        later = (times > times[case]) | ((times == times[case]) & ~events)
        beaten, level = scores[case] > scores[later], scores[case] == scores[later]
        won += int(beaten.sum()) + int(level.sum()) / 2
        pairs += int(later.sum())
    return won / pairs if pairs else float("nan")


def average(found: Sequence[Figures]) -> Figures:
    """Average each target's scores."""
    return {name: float(np.mean([each[name] for each in found])) for name in CHANCE}


def _pattern_auc(latents: Sequence[PatientLatents]) -> float:
    """Macro AUC of the patterns as drawn: with one threshold, the mean of both rates."""
    drawn = np.array([each.pattern for each in latents])
    recorded = np.array([each.growth_pattern for each in latents])
    areas = []
    for pattern in PATTERNS:
        own, other = drawn[recorded == pattern], drawn[recorded != pattern]
        if not len(own) or not len(other):
            return float("nan")
        areas.append(((own == pattern).mean() + (other != pattern).mean()) / 2)
    return float(np.mean(areas))


def _spearman(one: Float64[np.ndarray, " n"], two: Float64[np.ndarray, " n"]) -> float:
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(two) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(one), rankdata(two))[0, 1])
