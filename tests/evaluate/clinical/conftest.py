from collections.abc import Callable

import numpy as np
import pytest

from histopress.evaluate.clinical import Adjustment, ScoredPatients
from histopress.evaluate.survival.times import Survival

Cohort = tuple[ScoredPatients, ScoredPatients, Adjustment]


def patients(rng, n: int, *, kind: str, image: float, folds: int) -> tuple:
    """Scores that know of two independent causes, of which covariates are the one."""
    age, other = rng.normal(size=(2, n))
    linear = image * other + 0.8 * age
    if kind == "survival":
        true, limit = rng.exponential(5 * np.exp(-linear)), rng.exponential(10, n)
        outcome = Survival(times=np.minimum(true, limit), events=true <= limit)
    else:
        outcome = linear + rng.logistic(size=n) > 0
    scored = ScoredPatients(
        image=other + 0.3 * rng.normal(size=n),
        clinical=0.8 * age,
        folds=rng.integers(0, folds, n),
        outcome=outcome,
        slides=rng.integers(1, 3, n),
    )
    return scored, age


@pytest.fixture(scope="session")
def cohort() -> Callable[..., Cohort]:
    def build(
        kind: str = "survival", *, seed: int = 0, n: int = 240, image: float = 0.8, folds: int = 4
    ) -> Cohort:
        rng = np.random.default_rng(seed)
        test, age = patients(rng, n, kind=kind, image=image, folds=folds)
        validation, _ = patients(rng, n, kind=kind, image=image, folds=folds)
        centers = tuple(rng.choice(["a", "b", "c"], n).tolist())
        matrix = np.stack([age, rng.integers(0, 2, n).astype(float)], axis=1)
        return test, validation, Adjustment(names=("age", "sex"), matrix=matrix, centers=centers)

    return build
