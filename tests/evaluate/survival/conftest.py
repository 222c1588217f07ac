"""Random survival data, and values of other libraries on stored data."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from histopress.evaluate.survival.times import Survival

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "survival.json"
CASES = ("plain", "ties", "heavy", "uncensored", "constant")


class Case:
    """A test and a training sample with scores, and the values that other libraries find."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.test, self.train = self._survival(entry["test"]), self._survival(entry["train"])
        self.scores = np.array(entry["test"]["scores"])
        self.train_scores = np.array(entry["train"]["scores"])
        self.other = np.array(entry["test"]["other"])
        self.groups = np.array(entry["test"]["groups"])
        self.strata = np.array(entry["test"]["strata"])
        self.horizons, self.tau = np.array(entry["horizons"]), float(entry["tau"])
        self.sksurv, self.lifelines = entry["scikit-survival"], entry["lifelines"]
        self.statsmodels = entry["statsmodels"]

    @staticmethod
    def _survival(side: dict[str, Any]) -> Survival:
        return Survival(times=np.array(side["times"]), events=np.array(side["events"]))


@pytest.fixture(scope="session")
def cases() -> dict[str, Case]:
    entries = json.loads(GOLDEN.read_text())["cases"]
    return {name: Case(entry) for name, entry in entries.items()}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    return cases[request.param]


@pytest.fixture(scope="session")
def draw() -> Callable[..., tuple[Survival, np.ndarray]]:
    """Small samples with tied times, tied scores, and events and censorings at one time."""

    def build(
        seed: int, n: int = 25, censored: float = 0.5, last: int = 8
    ) -> tuple[Survival, np.ndarray]:
        rng = np.random.default_rng(seed)
        times = rng.integers(0, last + 1, n).astype(np.float64)
        events = rng.random(n) >= censored
        return Survival(times=times, events=events), rng.integers(-3, 4, n) / 2

    return build


@pytest.fixture(scope="session")
def followed(draw: Callable[..., tuple[Survival, np.ndarray]]) -> Callable[[int], Survival]:
    """Training samples in which somebody is followed beyond every test patient."""

    def build(seed: int) -> Survival:
        sample, _ = draw(seed, n=40, censored=0.4)
        times, events = sample.times.copy(), sample.events.copy()
        times[0], events[0] = 20.0, False
        return Survival(times=times, events=events)

    return build


@pytest.fixture(scope="session")
def copies() -> Callable[[int, int], np.ndarray]:
    """Copies of each patient in some resamples, and for each the places literally repeated."""

    def build(seed: int, n: int, resamples: int = 6) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return rng.multinomial(n, np.full(n, 1 / n), resamples).astype(np.float64)

    return build
