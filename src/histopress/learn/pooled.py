"""Logistic regression on mean embeddings: the baseline that knows no place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from histopress.compress.slide import CompressedSlide
from histopress.errors import StoreError
from histopress.learn.data import LabelledSlide, check_fold, check_usable, labels_of
from histopress.learn.interface import Coverage, Row
from histopress.learn.scoring import balanced_cross_entropy, macro_auc
from histopress.learn.settings import MeanSettings
from histopress.types import Progress

ARRAYS = ("mean", "scale", "coef", "intercept")
ITERATIONS_MAX = 1000
SMALLEST_SCALE = 1e-9
"""A channel whose slide means vary less than this is left unscaled."""


def pooled(slides: Sequence[CompressedSlide]) -> Float64[np.ndarray, "slides C"]:
    """Average each slide's embeddings over kept cells and stored views."""
    return np.stack([each.grid[:, :, each.kept].astype(np.float64).mean((0, 2)) for each in slides])


@dataclass(frozen=True)
class FittedMean:
    """A fitted regression; see :class:`histopress.learn.interface.Fitted`.

    Attributes
    ----------
    mean, scale : float64 ndarray (C,)
        Standardisation of pooled embeddings, from the training fold.
    coef : float64 ndarray (K, C)
        Weights; probabilities are the softmax of ``coef @ z + intercept``.
    intercept : float64 ndarray (K,)
        Offsets.
    """

    mean: Float64[np.ndarray, " C"]
    scale: Float64[np.ndarray, " C"]
    coef: Float64[np.ndarray, "K C"]
    intercept: Float64[np.ndarray, " K"]
    history: tuple[Row, ...] = ()

    @classmethod
    def load(cls, state: Mapping[str, np.ndarray]) -> "FittedMean":
        """Rebuild from :attr:`state`; raises :class:`StoreError` if an array is missing."""
        if missing := sorted(set(ARRAYS) - set(state)):
            raise StoreError(f"the stored model lacks {', '.join(missing)}; train it anew")
        mean, scale, coef, intercept = (np.asarray(state[name]) for name in ARRAYS)
        return cls(mean, scale, coef, intercept)

    @property
    def state(self) -> dict[str, np.ndarray]:
        """The four arrays."""
        return {name: np.ascontiguousarray(getattr(self, name)) for name in ARRAYS}

    def predict(self, slides: Sequence[CompressedSlide]) -> Float64[np.ndarray, "slides classes"]:
        """Class probabilities, one row a slide."""
        check_usable(slides, self.mean.size)
        return self.probabilities(pooled(slides))

    def probabilities(
        self, features: Float64[np.ndarray, "slides C"]
    ) -> Float64[np.ndarray, "slides classes"]:
        """Class probabilities of pooled embeddings."""
        scaled = (features - self.mean) / self.scale
        logits = (scaled[:, None] * self.coef).sum(-1) + self.intercept
        return softmax(logits, axis=1)

    def coverage(self, slide: CompressedSlide) -> Coverage:
        """Pooling sees every kept cell of ``slide``."""
        check_usable([slide])
        return Coverage(drawn=1.0, used=1.0, crops=1, tiled=False)


@dataclass(frozen=True)
class MeanModel:
    """Mean-pool, standardise on the training fold, regress with an L2 penalty.

    Classes weigh alike, as in the CNN's balanced batches. The strength is chosen by the same
    criterion as the CNN's epoch, the validation slides' balanced cross-entropy; at equal loss
    the stronger penalty wins. The fit is deterministic; ``seed`` is not used.
    """

    settings: MeanSettings

    def fit(
        self,
        train: Sequence[LabelledSlide],
        validation: Sequence[LabelledSlide],
        *,
        classes: int,
        seed: int,  # noqa: ARG002
        progress: Progress | None = None,
    ) -> FittedMean:
        """Fit once a strength and keep the best; raises as the CNN does."""
        check_fold(train, validation, classes=classes)
        features, labels = pooled([each.slide for each in train]), labels_of(train)
        held_out, truth = pooled([each.slide for each in validation]), labels_of(validation)
        tried: list[tuple[float, FittedMean]] = []
        rows: list[dict[str, int | float]] = []
        strengths = sorted(self.settings.strengths)
        for done, strength in enumerate(strengths, 1):
            fitted = regress(features, labels, strength=strength)
            probabilities = fitted.probabilities(held_out)
            loss = balanced_cross_entropy(probabilities, truth)
            own = balanced_cross_entropy(fitted.probabilities(features), labels)
            auc = macro_auc(probabilities, truth)
            rows.append(
                {
                    "strength": strength,
                    "train_loss": own,
                    "validation_loss": loss,
                    "validation_auc": auc,
                }
            )
            tried.append((loss, fitted))
            if progress:
                progress(done, len(strengths))
        best = min(range(len(tried)), key=lambda index: tried[index][0])
        history = tuple({**row, "best": int(index == best)} for index, row in enumerate(rows))
        chosen = tried[best][1]
        return FittedMean(chosen.mean, chosen.scale, chosen.coef, chosen.intercept, history)


def regress(
    features: Float64[np.ndarray, "slides C"], labels: np.ndarray, *, strength: float
) -> FittedMean:
    """Fit one regression; ``strength`` is the inverse weight of the penalty."""
    mean, scale = features.mean(0), features.std(0)
    scale[scale < SMALLEST_SCALE] = 1
    regression = LogisticRegression(
        C=strength, class_weight="balanced", max_iter=ITERATIONS_MAX, solver="lbfgs"
    ).fit((features - mean) / scale, labels)
    coef, intercept = regression.coef_, regression.intercept_
    if len(coef) == 1:
        coef, intercept = (
            np.concatenate([np.zeros_like(each), each]) for each in (coef, intercept)
        )
    return FittedMean(mean, scale, coef, intercept)
