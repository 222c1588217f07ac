from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from histopress.evaluate.figures import (
    average_precision,
    precision_recall_figure,
    precision_recall_points,
)
from histopress.evaluate.intervals import Interval
from histopress.evaluate.units import ClassUnits


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=40))
def test_the_area_below_the_steps_is_average_precision(rows: list[tuple[bool, int]]) -> None:
    positives = np.array([row[0] for row in rows])
    scores = np.array([row[1] for row in rows], np.float64)
    positives[0] = True
    recall, precision = precision_recall_points(positives, scores)
    assert average_precision(recall, precision) == pytest.approx(
        average_precision_score(positives, scores)
    )
    assert recall[0] == 0
    assert recall[-1] == 1


def test_the_prevalence_is_a_line_and_lacking_folds_are_named(
    make_classes: Callable[..., ClassUnits],
    interval: Interval,
    legend: Callable[[object], list[str]],
) -> None:
    units = make_classes(100, 5, lacking=2)
    figure = precision_recall_figure(units, interval, interval, title="t")
    entries = legend(figure)
    assert "fold 2: no positive" in entries
    area = average_precision_score(units.positives, units.scores)
    assert entries[-1] == f"pooled: {area:.2f}"
    lines = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert [line.get_ydata()[0] for line in lines] == pytest.approx([units.positives.mean()])


def test_without_any_positive_no_curve_is_drawn(
    make_classes: Callable[..., ClassUnits],
    interval: Interval,
    legend: Callable[[object], list[str]],
) -> None:
    units = make_classes(10, 1, lacking=0)
    figure = precision_recall_figure(units, interval, interval, title="t")
    assert legend(figure) == ["fold 0: no positive"]
