"""One fold: train, choose, predict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from histopress.errors import ConfigError
from histopress.learn.cnn import FittedCnn
from histopress.learn.data import LabelledSlide
from histopress.learn.interface import Coverage, Fitted, Row, SlideModel
from histopress.learn.pooled import FittedMean, MeanModel
from histopress.learn.settings import MeanSettings, NicCnnSettings
from histopress.learn.training import NicCnnModel
from histopress.types import Progress

Part = Literal["train", "validation", "test"]


@dataclass(frozen=True, kw_only=True)
class FoldResult:
    """What one fold leaves.

    Attributes
    ----------
    state : dict of ndarray
        All that predicts; for safetensors.
    history : tuple of rows
        What training tried, for ``history.csv``.
    probabilities : dict of slide_id to float64 ndarray (K,)
        Of validation and test slides. Validation slides chose the epoch: their scores are
        selected and no estimate of performance.
    coverage : dict of slide_id to Coverage
        How much of each of these slides was seen.
    """

    state: dict[str, np.ndarray]
    history: tuple[Row, ...]
    probabilities: dict[str, Float64[np.ndarray, " classes"]]
    coverage: dict[str, Coverage]


def make_model(settings: NicCnnSettings | MeanSettings, device: str = "cpu") -> SlideModel:
    """Give the model that ``settings`` describe; ``device`` is where networks train."""
    if isinstance(settings, MeanSettings):
        return MeanModel(settings)
    return NicCnnModel(settings, device)


def load_model(
    settings: NicCnnSettings | MeanSettings, state: Mapping[str, np.ndarray], *, classes: int
) -> Fitted:
    """Rebuild a trained model; it predicts as it did when it was trained."""
    if isinstance(settings, MeanSettings):
        return FittedMean.load(state)
    return FittedCnn.load(settings, state, classes=classes)


def train_fold(
    slides: Sequence[LabelledSlide],
    parts: Mapping[str, Part],
    *,
    settings: NicCnnSettings | MeanSettings,
    classes: int,
    seed: int,
    device: str = "cpu",
    progress: Progress | None = None,
) -> FoldResult:
    """Train on one part, choose on the second, predict the second and the third.

    Test slides reach nothing but prediction. The result does not depend on the order of
    ``slides``.

    Parameters
    ----------
    slides : sequence of LabelledSlide
        None of them excluded.
    parts : mapping of slide_id to "train", "validation" or "test"
        Names exactly the slides given.
    settings : NicCnnSettings or MeanSettings
        The model.
    classes : int
        Number of classes K; labels are 0 … K − 1.
    seed : int
        Of this fold; crops, weights and dropout derive their own from it.
    device : str
        Torch device for training.
    progress : callable or None
        Called with (epochs done, epochs at most).

    Raises
    ------
    ConfigError
        ``slides`` and ``parts`` name different slides, or a part cannot be learnt from.
    """
    by_part = _divide(slides, parts)
    fitted = make_model(settings, device).fit(
        by_part["train"], by_part["validation"], classes=classes, seed=seed, progress=progress
    )
    held_out = [each.slide for each in (*by_part["validation"], *by_part["test"])]
    rows = fitted.predict(held_out)
    return FoldResult(
        state=fitted.state,
        history=tuple(fitted.history),
        probabilities={slide.slide_id: row for slide, row in zip(held_out, rows, strict=True)},
        coverage={slide.slide_id: fitted.coverage(slide) for slide in held_out},
    )


def _divide(
    slides: Sequence[LabelledSlide], parts: Mapping[str, Part]
) -> dict[Part, list[LabelledSlide]]:
    given = [each.slide_id for each in slides]
    twice = {name for name in given if given.count(name) > 1}
    if strangers := sorted(set(given) ^ set(parts) | twice):
        raise ConfigError(
            f"slides {', '.join(strangers[:10])}: must stand once among the slides and once in "
            "the split; make the split anew from these slides"
        )
    by_part: dict[Part, list[LabelledSlide]] = {"train": [], "validation": [], "test": []}
    for each in sorted(slides, key=lambda each: each.slide_id):
        by_part[parts[each.slide_id]].append(each)
    return by_part
