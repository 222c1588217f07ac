"""Small synthetic cohorts whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from histopress.compress.distance import distance_map
from histopress.compress.slide import CompressedSlide
from histopress.learn.data import LabelledSlide

Cohort = list[LabelledSlide]


@pytest.fixture(autouse=True)
def _deterministic():
    """Do what the runner does before a training job."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)


def draw_slide(
    name: str,
    rng: np.random.Generator,
    *,
    label: int,
    shape: tuple[int, int],
    channels: int = 8,
    views: tuple[int, ...] = (0,),
    shift: float = 2.0,
) -> CompressedSlide:
    """Noise on an ellipse of tissue; positives carry a patch of shifted channel 0."""
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns] + 0.5
    kept = ((y / rows - 0.5) ** 2 + (x / columns - 0.5) ** 2) < 0.25
    grid = rng.standard_normal((len(views), channels, rows, columns)) + 3.0
    if label:
        grid[:, 0, rows // 4 : rows // 2, columns // 4 : columns // 2] += shift
    return CompressedSlide(
        slide_id=name,
        grid=(grid * kept).astype(np.float16),
        tissue=kept.astype(np.float32),
        distance=distance_map(kept),
        views=views,
    )


@pytest.fixture(scope="session")
def make_slide() -> Callable[..., CompressedSlide]:
    return draw_slide


@pytest.fixture(scope="session")
def make_cohort() -> Callable[..., tuple[Cohort, dict[str, str]]]:
    """Cohort of ``count`` slides, half of them positive, and the parts of one fold."""

    def make(count: int = 40, *, seed: int = 0, cells: tuple[int, int] = (16, 30), **options):
        rng = np.random.default_rng(seed)
        slides, parts = [], {}
        for index in range(count):
            shape = tuple(int(side) for side in rng.integers(*cells, 2, endpoint=True))
            name = f"s{index:02d}"
            slide = draw_slide(name, rng, label=index % 2, shape=shape, **options)
            slides.append(LabelledSlide(slide=slide, label=index % 2))
            parts[name] = ("train", "train", "validation", "test")[(index // 2) % 4]
        return slides, parts

    return make
