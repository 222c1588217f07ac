"""C or AUC of image, covariates and both, and what the image adds."""

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float64

from histopress.evaluate.auc import weighted_pairs
from histopress.evaluate.clinical.patients import ScoredPatients
from histopress.evaluate.frame import without_width
from histopress.evaluate.intervals import (
    FAMILIES,
    Family,
    Statistic,
    bootstrap,
    disjoint_comparable,
    disjoint_pairs,
    make_interval,
    no_interval,
)
from histopress.evaluate.survival.concordance import harrell_pairs

ADDED = "added"
"""Name of combined less clinical."""


def discrimination(
    test: ScoredPatients,
    combined: Float64[np.ndarray, " n"],
    *,
    n_resamples: int,
    level: float,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Compare the order that three scores give, within folds.

    Harrell's C or the AUC of each fold, averaged with comparable pairs as weight. All three figures
    and their differences come from the same resamples of patients within folds, so that an interval
    of a difference knows that they are of the same patients.

    Parameters
    ----------
    test : ScoredPatients
    combined : float64 ndarray (n,)
        See :func:`histopress.evaluate.clinical.links.linked`.
    n_resamples : int
    level : float
    rng : numpy Generator

    Returns
    -------
    dict
        ``metric``; ``image``, ``clinical``, ``combined`` and ``added``, which is combined less
        clinical: each as :meth:`histopress.evaluate.intervals.Interval.as_json` gives it.
    """
    scores = {"image": test.image, "clinical": test.clinical, "combined": combined}
    statistics: dict[str, Statistic] = {
        name: partial(ordered, test, own) for name, own in scores.items()
    }
    statistics[ADDED] = lambda weights: (
        ordered(test, combined, weights) - ordered(test, test.clinical, weights)
    )
    survival = test.kind == "survival"
    found: dict[str, Any] = {"metric": "harrell_c" if survival else "auc"}
    facts: dict[str, Any] = {"level": level, "n_patients": len(test)}
    facts["n_slides"] = int(test.slides.sum())
    whole = np.ones((1, len(test)))
    if not np.isfinite(statistics["image"](whole)[0]):
        reason = "in no fold can two patients be compared"
        return found | {name: no_interval(reason, **facts).as_json() for name in statistics}
    patients = np.arange(len(test))
    resampled = bootstrap(
        statistics, patients=patients, folds=test.folds, n_resamples=n_resamples, rng=rng
    )
    family: Family = "concordance" if survival else "auc"
    for name, replicates in resampled.items():
        interval = make_interval(
            float(statistics[name](whole)[0]),
            replicates,
            trials=(_trials(test),),
            few=len(test) if name == ADDED else test.n_events,
            family="free" if name == ADDED else family,
            n_folds=len(np.unique(test.folds)),
            **facts,
        )
        found[name] = without_width(interval).as_json()
    rule = FAMILIES[family]
    if test.n_events < rule.few:
        warning = f"only {test.n_events} {rule.counted}: the interval is likely too short"
        texts = [warning, found[ADDED]["warning"]]
        found[ADDED]["warning"] = "; ".join(text for text in texts if text)
    return found


def ordered(
    test: ScoredPatients,
    scores: Float64[np.ndarray, " n"],
    weights: Float64[np.ndarray, "resamples n"],
) -> Float64[np.ndarray, " resamples"]:
    """C or AUC within folds in every resample; NaN where no pair can be compared."""
    won, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for fold in np.unique(test.folds):
        inside = test.folds == fold
        if test.kind == "survival":
            own = harrell_pairs(test.survival.take(inside), scores[inside], weights[:, inside])
        else:
            own = weighted_pairs(test.positives[inside], scores[inside], weights[:, inside])
        won, pairs = won + own[0], pairs + own[1]
    return np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0)


def _trials(test: ScoredPatients) -> int:
    patients = np.arange(len(test))
    if test.kind == "survival":
        return disjoint_comparable(test.survival, patients, test.folds)
    return disjoint_pairs(test.positives, patients, test.folds)
