"""Small synthetic cohorts whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from histopress.cohort.labels.outcome import Label, Outcome
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
            slides.append(LabelledSlide(slide=slide, label=index % 2, patient=index))
            parts[name] = ("train", "train", "validation", "test")[(index // 2) % 4]
        return slides, parts

    return make


def label_of(kind: str, burden: float, rng: np.random.Generator) -> Label:
    """Give the class, number or outcome of a slide whose planted burden is ``burden``."""
    if kind == "classification":
        return int(burden > 0)
    if kind == "regression":
        return 50 + 10 * burden
    time, censored = rng.exponential(np.exp(-1.5 * burden)), rng.exponential(2.0)
    return Outcome(float(min(time, censored)), bool(time <= censored), int(time <= censored))


@pytest.fixture(scope="session")
def make_burdened() -> Callable[..., tuple[Cohort, dict[str, str], dict[str, float]]]:
    """Cohort whose slides carry a burden that shifts channel 0, with parts and burdens.

    ``each`` slides a patient share burden and label.
    """

    def make(kind: str, count: int = 60, *, seed: int = 0, each: int = 1, **options):
        rng = np.random.default_rng(seed)
        slides, parts, burdens = [], {}, {}
        for patient in range(count):
            burden = float(rng.standard_normal())
            label = label_of(kind, burden, rng)
            for own in range(each):
                name = f"p{patient:02d}-{own}"
                shape = tuple(int(side) for side in rng.integers(8, 14, 2))
                slide = draw_slide(name, rng, label=0, shape=shape, **options)
                slide.grid[:, 0, slide.kept] += np.float16(burden)
                slides.append(LabelledSlide(slide=slide, label=label, patient=patient))
                parts[name] = ("train", "train", "validation", "test")[patient % 4]
                burdens[name] = burden
        return slides, parts, burdens

    return make
