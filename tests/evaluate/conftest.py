"""Units with known properties."""

from collections.abc import Callable

import numpy as np
import pytest

from histopress.evaluate.survival.times import Survival
from histopress.evaluate.units import ClassUnits, NumberUnits, SurvivalUnits, TrainingSample


@pytest.fixture
def make_units() -> Callable[..., ClassUnits]:
    """Build units of two classes from scores, labels, folds and patients."""

    def build(
        scores: object, labels: object, folds: object, patients: object = None, level: str = "slide"
    ) -> ClassUnits:
        score = np.asarray(scores, np.float64)
        count = len(score)
        return ClassUnits(
            level=level,  # type: ignore[arg-type]
            classes=("no", "yes"),
            positive=1,
            patients=np.arange(count) if patients is None else np.asarray(patients),
            folds=np.asarray(folds),
            labels=np.asarray(labels, np.int64),
            probabilities=np.stack([1 - score, score], axis=1),
            slides=np.ones(count, np.int64),
            centers=("",) * count,
        )

    return build


@pytest.fixture
def make_numbers() -> Callable[..., NumberUnits]:
    """Build patients with numbers and predictions."""

    def build(values: object, predictions: object, folds: object = None) -> NumberUnits:
        value = np.asarray(values, np.float64)
        count = len(value)
        return NumberUnits(
            level="patient",
            unit="mm",
            patients=np.arange(count),
            folds=np.zeros(count, np.int64) if folds is None else np.asarray(folds),
            slides=np.ones(count, np.int64),
            values=value,
            predictions=np.asarray(predictions, np.float64),
        )

    return build


@pytest.fixture
def make_survival() -> Callable[..., SurvivalUnits]:
    """Build patients with follow-up and risks."""

    def build(times: object, events: object, risks: object, folds: object = None) -> SurvivalUnits:
        time = np.asarray(times, np.float64)
        count = len(time)
        return SurvivalUnits(
            level="patient",
            unit="months",
            patients=np.arange(count),
            folds=np.zeros(count, np.int64) if folds is None else np.asarray(folds),
            slides=np.ones(count, np.int64),
            survival=Survival(times=time, events=np.asarray(events, np.bool_)),
            risks=np.asarray(risks, np.float64),
        )

    return build


@pytest.fixture
def followed() -> Callable[[int, int], TrainingSample]:
    """Draw a sample whose hazard rises with the risk, a part of it censored."""

    def draw(count: int, seed: int) -> TrainingSample:
        rng = np.random.default_rng(seed)
        risks = rng.normal(size=count)
        true, limit = rng.exponential(12 * np.exp(-risks)), rng.uniform(0, 30, count)
        survival = Survival(times=np.ceil(np.minimum(true, limit)), events=true <= limit)
        return TrainingSample(survival=survival, risks=risks)

    return draw
