"""Arms that predict the same patients."""

from collections.abc import Callable

import numpy as np
import pytest

from histopress.evaluate.survival.times import Survival
from histopress.evaluate.units import ClassUnits, NumberUnits, SurvivalUnits, Units

N_FOLDS = 4


def base(count: int, folds: np.ndarray | None = None) -> dict:
    return {
        "level": "patient",
        "patients": np.arange(count),
        "folds": np.arange(count) % N_FOLDS if folds is None else folds,
        "slides": np.ones(count, np.int64),
    }


def of_classes(labels: np.ndarray, logits: np.ndarray, **facts: object) -> ClassUnits:
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return ClassUnits(
        **{**base(len(labels)), **facts},
        classes=tuple("abcdefgh"[: logits.shape[1]]),
        positive=logits.shape[1] - 1,
        labels=labels,
        probabilities=shares / shares.sum(1, keepdims=True),
    )


def of_numbers(values: np.ndarray, predictions: np.ndarray, **facts: object) -> NumberUnits:
    own = {**base(len(values)), **facts}
    return NumberUnits(**own, unit="mm", values=values, predictions=predictions)


def of_survival(survival: Survival, risks: np.ndarray, **facts: object) -> SurvivalUnits:
    return SurvivalUnits(
        **{**base(len(risks)), **facts}, unit="months", survival=survival, risks=risks
    )


@pytest.fixture
def draw() -> Callable[..., list[list[Units]]]:
    """Draw a cohort and what arms of given strengths predict of it, one strength a seed."""

    def arms(
        kind: str, count: int, strengths: list[list[float]], rng: np.random.Generator
    ) -> list[list[Units]]:
        if kind == "auc":
            labels = rng.integers(0, 3, count)
            truth = np.eye(3)[labels]
        else:
            truth = rng.normal(size=(count, 1))
        limit = rng.exponential(0.5, count)
        times = rng.exponential(np.exp(-truth[:, 0]))
        survival = Survival(times=np.minimum(times, limit), events=times <= limit)
        shared = rng.normal(size=truth.shape)
        found: list[list[Units]] = []
        for seeds in strengths:
            arm = 0.8 * shared + 0.5 * rng.normal(size=truth.shape)
            own: list[Units] = []
            for strength in seeds:
                scores = strength * truth + arm + 0.3 * rng.normal(size=truth.shape)
                if kind == "auc":
                    own.append(of_classes(labels, scores))
                elif kind == "spearman":
                    own.append(of_numbers(truth[:, 0], scores[:, 0]))
                else:
                    own.append(of_survival(survival, scores[:, 0]))
            found.append(own)
        return found

    return arms
