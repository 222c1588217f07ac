"""Slides with a planted patch, and models trained on them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from histopress.compress.distance import distance_map
from histopress.compress.slide import CompressedSlide
from histopress.learn.abmil import FittedAbmil
from histopress.learn.cnn import FittedCnn
from histopress.learn.data import LabelledSlide
from histopress.learn.goal import Goal
from histopress.learn.settings import AbmilSettings, NicCnnSettings
from histopress.learn.training import NetworkModel

CHANNELS = 6
GOALS = {
    "classification": Goal(kind="classification", level="slide", classes=2),
    "regression": Goal(kind="regression", level="slide"),
}
CNN = NicCnnSettings(crop=24, width=16, epochs_max=10, epoch_crops=128, test_crops=4)
ABMIL = AbmilSettings(width=16, gates=16, epochs_max=8, epoch_crops=128, learning_rate=1e-2)


@pytest.fixture(autouse=True, scope="session")
def _deterministic():
    """Do what the runner does before a job."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)


def plant(
    number: int, label: int, *, shape: tuple[int, int] = (26, 30), views: tuple[int, ...] = (0,)
) -> tuple[CompressedSlide, np.ndarray]:
    """Noise on an ellipse, with a 5 × 5 patch in which the label's own channel is bright."""
    rng = np.random.default_rng(number)
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns] + 0.5
    kept = ((y / rows - 0.5) ** 2 + (x / columns - 0.5) ** 2) < 0.22
    grid = rng.standard_normal((len(views), CHANNELS, rows, columns)) + 3
    patch = np.zeros(shape, bool)
    row, column = rng.integers(rows // 4, rows // 2), rng.integers(columns // 4, columns // 2)
    patch[row : row + 5, column : column + 5] = True
    grid[:, label, patch] += 4
    slide = CompressedSlide(
        slide_id=f"s{number:03d}",
        grid=(grid * kept).astype(np.float16),
        tissue=kept.astype(np.float32),
        distance=distance_map(kept),
        views=views,
    )
    return slide, patch & kept


@pytest.fixture(scope="session")
def planted() -> Callable[..., tuple[CompressedSlide, np.ndarray]]:
    return plant


@pytest.fixture(scope="session")
def trained() -> Callable[[str], FittedCnn]:
    """Train a small CNN on 24 planted slides, once a kind of target."""
    models: dict[str, FittedCnn] = {}

    def train(kind: str) -> FittedCnn:
        if kind not in models:
            models[kind] = fit(CNN, FittedCnn, kind)
        return models[kind]

    return train


@pytest.fixture(scope="session")
def attentive() -> FittedAbmil:
    return fit(ABMIL, FittedAbmil, "classification")


def fit(settings, architecture, kind):
    slides = []
    for number in range(32):
        label = number % 2
        slides.append(
            LabelledSlide(
                slide=plant(number, label)[0],
                label=label if kind == "classification" else float(label),
                patient=number,
            )
        )
    model = NetworkModel(settings, architecture)
    return model.fit(slides[:24], slides[24:], goal=GOALS[kind], seed=1)
