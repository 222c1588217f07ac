"""Weights of classes in the cross-entropy."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy

from histopress.errors import ConfigError

ClassWeights = Literal["none", "balanced"] | Sequence[float]
"""No weights, weights against the class shares, or one positive number for each class."""


def class_weights(
    labels: Int64[np.ndarray, " n"], *, classes: int, kind: ClassWeights
) -> Float64[np.ndarray, " classes"]:
    """Give the weight of each class, of mean 1 over the training fold.

    ``"balanced"`` gives n / (K·n_k), so that each class weighs alike in sum (King & Zeng,
    Political Analysis 2001; scikit-learn's ``class_weight``). Given numbers are scaled to mean
    1 over ``labels``, so that weights do not change the learning rate or the L2 penalty; only
    their ratios matter.

    Batches drawn class by class (:func:`histopress.learn.sampling.balanced_order`) are balanced
    already: ``"balanced"`` on top of them would correct twice.

    Parameters
    ----------
    labels : int64 ndarray (n,)
        Classes of the training fold, 0 … K − 1.
    classes : int
        Number of classes K.
    kind : "none", "balanced" or sequence of float
        See above.

    Raises
    ------
    ConfigError
        A label lies outside the range, a class has no training entry, or the numbers given are
        not K positive finite ones.

    Examples
    --------
    >>> class_weights(np.array([0, 0, 0, 1]), classes=2, kind="balanced").tolist()
    [0.6666666666666666, 2.0]
    """
    counts = _counts(labels, classes)
    if isinstance(kind, str):
        if kind == "none":
            return np.ones(classes)
        if kind == "balanced":
            return labels.size / (classes * counts)
        raise ConfigError(
            f"class weights '{kind}'; allowed are none, balanced or {classes} numbers"
        )
    given = np.asarray(kind, np.float64)
    if given.shape != (classes,) or not (np.isfinite(given) & (given > 0)).all():
        raise ConfigError(
            f"class weights {list(kind)}; must be {classes} positive numbers, one a class"
        )
    return given * labels.size / (given * counts).sum()


def weighted_cross_entropy(
    logits: Float[Tensor, "batch classes"],
    labels: Int64[Tensor, " batch"],
    weights: Float[Tensor, " classes"],
) -> Float[Tensor, ""]:
    """Give the mean over the batch of weight · cross-entropy, in nats.

    Torch's own weighted mean divides by the weights in the batch, so a rare class would count
    less in just the batches that hold more of it; here an entry weighs the same in every batch.

    Parameters
    ----------
    logits : float tensor (batch, K)
        Scores before the softmax.
    labels : int64 tensor (batch,)
        Classes, 0 … K − 1.
    weights : float tensor (K,)
        From :func:`class_weights`.
    """
    each = cross_entropy(logits, labels, reduction="none")
    return torch.mean(each * weights.to(each)[labels])


def _counts(labels: np.ndarray, classes: int) -> np.ndarray:
    outside = [int(each) for each in np.unique(labels) if not 0 <= each < classes]
    if outside:
        raise ConfigError(f"label {outside[0]}; allowed are 0 to {classes - 1}")
    counts = np.bincount(labels, minlength=classes)
    if not counts.all():
        raise ConfigError(
            f"no training entry of class {', '.join(map(str, np.flatnonzero(counts == 0)))} among "
            f"{labels.size}; use fewer folds or merge classes"
        )
    return counts
