"""Units with known properties."""

from collections.abc import Callable

import numpy as np
import pytest

from histopress.evaluate.units import Units


@pytest.fixture
def make_units() -> Callable[..., Units]:
    """Build units of two classes from scores, labels, folds and patients."""

    def build(
        scores: object, labels: object, folds: object, patients: object = None, level: str = "slide"
    ) -> Units:
        score = np.asarray(scores, np.float64)
        count = len(score)
        return Units(
            level=level,  # type: ignore[arg-type]
            classes=("no", "yes"),
            positive=1,
            patients=np.arange(count) if patients is None else np.asarray(patients),
            folds=np.asarray(folds),
            labels=np.asarray(labels, np.int64),
            probabilities=np.stack([1 - score, score], axis=1),
            slides=np.ones(count, np.int64),
        )

    return build
