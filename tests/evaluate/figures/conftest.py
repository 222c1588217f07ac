"""Data and ways to look into figures."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from histopress.evaluate.intervals import Interval
from histopress.evaluate.units import ClassUnits


@pytest.fixture
def interval() -> Interval:
    return Interval(
        estimate=0.81,
        low=0.74,
        high=0.88,
        level=0.95,
        method="bootstrap",
        n_patients=120,
        n_slides=240,
    )


@pytest.fixture
def make_classes() -> Callable[..., ClassUnits]:
    """Build patients of several classes, dealt to folds in turn."""

    def build(
        count: int,
        folds: int,
        classes: Sequence[str] = ("no", "yes"),
        *,
        lacking: int | None = None,
    ) -> ClassUnits:
        rng = np.random.default_rng(count)
        labels, fold = rng.integers(len(classes), size=count), np.arange(count) % folds
        if lacking is not None:
            labels[fold == lacking] = 0
        weights = 1 + 2 * np.eye(len(classes))[labels]
        return ClassUnits(
            level="patient",
            classes=tuple(classes),
            positive=len(classes) - 1,
            patients=np.arange(count),
            folds=fold,
            labels=labels,
            probabilities=np.stack([rng.dirichlet(each) for each in weights]),
            slides=np.ones(count, np.int64),
        )

    return build


@pytest.fixture
def legend() -> Callable[[Figure | Axes], list[str]]:
    """Read the legend of a figure, or of axes."""

    def read(drawn: Figure | Axes) -> list[str]:
        found = drawn.legends[0] if isinstance(drawn, Figure) else drawn.get_legend()
        return [text.get_text() for text in found.get_texts()]

    return read


@pytest.fixture
def words() -> Callable[[Figure], str]:
    """Join all texts inside the axes of a figure and its caption."""

    def read(figure: Figure) -> str:
        texts = [text.get_text() for axes in figure.axes for text in axes.texts]
        return " ".join([*texts, figure.get_supxlabel()]).replace("\n", " ")

    return read
