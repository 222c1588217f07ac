"""Labelled slides, and the checks that training and prediction rest on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from histopress.compress.slide import CompressedSlide
from histopress.errors import ConfigError, EncoderError, SlideError


@dataclass(frozen=True, kw_only=True)
class LabelledSlide:
    """A compressed slide and its class, counted from 0.

    The grid stays in memory as float16: V·C·H·W·2 bytes a slide.
    """

    slide: CompressedSlide
    label: int

    @property
    def slide_id(self) -> str:
        """The slide's id."""
        return self.slide.slide_id


def labels_of(slides: Sequence[LabelledSlide]) -> Int64[np.ndarray, "slides"]:
    """Give the labels as an array."""
    return np.asarray([each.label for each in slides], np.int64)


def check_usable(slides: Sequence[CompressedSlide], channels: int | None = None) -> int:
    """Refuse excluded slides and mixed encoders; return the number of channels.

    Raises
    ------
    SlideError
        A slide is excluded or has no cell.
    ConfigError
        No slide is given.
    EncoderError
        A slide has another number of channels than ``channels`` or than the first slide.
    """
    if not slides:
        raise ConfigError("no slide is given; a model needs at least one")
    expected = slides[0].grid.shape[1] if channels is None else channels
    for slide in slides:
        if slide.excluded or not slide.kept.any():
            reason = slide.reason or "it has no cell with tissue"
            raise SlideError(
                f"slide '{slide.slide_id}': excluded ({reason}); leave it out of training and "
                "prediction"
            )
        found = slide.grid.shape[1]
        if found != expected:
            raise EncoderError(
                f"slide '{slide.slide_id}': its grid has {found} channels, {expected} are "
                "expected; compress the whole cohort with one encoder"
            )
    return expected


def check_fold(
    train: Sequence[LabelledSlide], validation: Sequence[LabelledSlide], *, classes: int
) -> int:
    """Refuse folds that nothing can be learnt or chosen on; return the number of channels.

    Raises
    ------
    ConfigError
        A label lies outside 0 … ``classes`` − 1, a class has no training slide, or the
        validation slides are of fewer than two classes.
    """
    for each in (*train, *validation):
        if not 0 <= each.label < classes:
            raise ConfigError(
                f"slide '{each.slide_id}': label {each.label}; allowed are 0 to {classes - 1}"
            )
    missing = sorted(set(range(classes)) - {each.label for each in train})
    if missing:
        raise ConfigError(
            f"no training slide of class {', '.join(map(str, missing))} among {len(train)}; "
            "use fewer folds or merge classes"
        )
    if len({each.label for each in validation}) < 2:
        raise ConfigError(
            f"the {len(validation)} validation slides are of fewer than two classes, so the "
            "training length cannot be chosen on them; use fewer folds"
        )
    return check_usable([each.slide for each in (*train, *validation)])
