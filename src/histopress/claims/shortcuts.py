"""How far shortcuts get: summaries that must not tell a label, scored as a model would be.

A shortcut is given every chance: its columns and their squares, a linear model of the label's kind,
patients tested once by a model that did not see them. Its score is averaged over several ways of
dividing patients, and set against the oracle's (:mod:`histopress.simulate.oracle`).
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64, Int

from histopress.evaluate.auc import macro_fold_auc
from histopress.evaluate.correlation import fold_correlations, spearmans
from histopress.evaluate.survival.fold_concordance import fold_harrell
from histopress.evaluate.survival.times import Survival
from histopress.learn.linear import regress, regress_hazard, regress_number
from histopress.seeds import generator

FOLDS = 4
REPEATS = 10
STRENGTH = 1.0
"""Inverse weight of the penalty: fixed, for a choice would need patients of its own."""

FARTHEST = 3.0
"""Standard deviations at which columns are cut, so that no patient's square rules."""

Label = Int[np.ndarray, " n"] | Float64[np.ndarray, " n"] | Survival
"""Classes 0 … K − 1, numbers, or follow-up: of each patient."""


def shortcut_scores(
    shortcuts: Mapping[str, Float64[np.ndarray, "n columns"]],
    labels: Mapping[str, Label],
    *,
    seed: int,
    folds: int = FOLDS,
    repeats: int = REPEATS,
) -> dict[str, dict[str, float]]:
    """Score each shortcut alone on each label, by cross-validation over patients.

    Macro one-vs-rest AUC for classes, Spearman's correlation for numbers, Harrell's C for
    survival, each within folds and averaged, as a model's.

    Parameters
    ----------
    shortcuts : mapping of str to float64 ndarray (n, columns)
        One row a patient, such as of :func:`histopress.simulate.shortcuts.patient_shortcuts`.
    labels : mapping of str to Label
        By target, patients in the same order.
    seed : int
        Of the divisions.
    folds, repeats : int
        Parts that patients are divided into, and how often.

    Returns
    -------
    dict
        Scores by shortcut, then target. One without any variation scores as chance does.

    Raises
    ------
    UndefinedMetricError
        A fold lacks a class or comparable patients throughout.
    ConfigError
        A training part has no event.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> number = rng.normal(size=80)
    >>> tells, silent = number[:, None] + 0.1, rng.normal(size=(80, 1))
    >>> found = shortcut_scores({"a": tells, "b": silent}, {"y": number}, seed=1)
    >>> found["a"]["y"] > 0.99, found["b"]["y"] < 0.3
    (True, True)
    """
    found: dict[str, dict[str, float]] = {}
    for name, columns in shortcuts.items():
        found[name] = {}
        for target, label in labels.items():
            scores = []
            for repeat in range(repeats):
                order = generator(seed, "shortcuts", target, repeat).permutation(len(columns))
                scores.append(_score(columns, label, order % folds))
            found[name][target] = float(np.mean(scores))
    return found


def _score(
    columns: Float64[np.ndarray, "n columns"], label: Label, parts: Int[np.ndarray, " n"]
) -> float:
    """Predict each part by a model of the others, and score within parts."""
    outputs = []
    for part in range(parts.max() + 1):
        inside = parts == part
        features = _expand(columns, columns[~inside])
        outputs.append((inside, _predict(features, label, inside)))
    predicted = np.zeros((len(columns), outputs[0][1].shape[1]))
    for inside, values in outputs:
        predicted[inside] = values
    if isinstance(label, Survival):
        return fold_harrell(label, predicted[:, 0], parts).average
    if label.dtype.kind == "i":
        return macro_fold_auc(label, predicted, parts)
    if not np.ptp(columns, axis=0).any():
        return 0.0  # A correlation with what does not vary is undefined.
    ones = np.ones((1, len(label)))
    return float(fold_correlations(spearmans, label, predicted[:, 0], folds=parts, weights=ones)[0])


def _predict(
    features: Float64[np.ndarray, "n columns"], label: Label, inside: np.ndarray
) -> Float64[np.ndarray, "m outputs"]:
    """Fit the patients outside and give outputs for those inside."""
    known, asked = features[~inside], features[inside]
    if isinstance(label, Survival):
        training = label.take(np.flatnonzero(~inside))
        model = regress_hazard(known, training.times, training.events, strength=STRENGTH)
        return model.outputs(asked)
    if label.dtype.kind == "i":
        return regress(known, label[~inside], strength=STRENGTH).probabilities(asked)
    values = label[~inside]
    return regress_number(known, values, strength=STRENGTH).outputs(asked)


def _expand(
    columns: Float64[np.ndarray, "n columns"], training: Float64[np.ndarray, "m columns"]
) -> Float64[np.ndarray, "n features"]:
    """Standardise by the training patients, cut, and add squares."""
    spread = training.std(0)
    z = (columns - training.mean(0)) / np.where(spread > 0, spread, 1.0)
    z = np.clip(z, -FARTHEST, FARTHEST)
    return np.concatenate([z, z**2], axis=1)
