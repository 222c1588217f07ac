import numpy as np
import pytest

from histopress.evaluate.figures import residuals_figure, scatter_figure
from histopress.evaluate.intervals import Interval

VALUES = np.array([0.0, 1.0, 2.0, 4.0])
PREDICTIONS = np.array([1.0, 1.5, 2.0, 2.5])
FOLDS = np.array([0, 1, 0, 1])


def test_points_stand_by_fold_on_equal_axes(interval: Interval) -> None:
    figure = scatter_figure(VALUES, PREDICTIONS, FOLDS, title="t", unit="mm", spearman=interval)
    axes = figure.axes[0]
    assert axes.get_xlim() == axes.get_ylim()
    identity, *folds = axes.lines
    assert identity.get_xdata().tolist() == identity.get_ydata().tolist()
    assert [line.get_xdata().tolist() for line in folds] == [[0, 2], [1, 4]]
    assert [line.get_ydata().tolist() for line in folds] == [[1, 2], [1.5, 2.5]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("True (mm)", "Predicted (mm)")
    assert "0.81 [0.74, 0.88]" in figure.get_supxlabel()


def test_residuals_are_predicted_minus_true() -> None:
    figure = residuals_figure(VALUES, PREDICTIONS, FOLDS, title="t")
    drawn = [
        y
        for line in figure.axes[0].lines
        if line.get_linestyle() == "None"
        for y in line.get_ydata()
    ]
    assert sorted(drawn) == pytest.approx(sorted(PREDICTIONS - VALUES))
    assert "Mean 0, standard deviation 1.08, n = 4" in figure.get_supxlabel()
    assert sum(patch.get_width() for patch in figure.axes[1].patches) == 4


@pytest.mark.parametrize("make", [scatter_figure, residuals_figure])
def test_equal_and_absent_numbers_are_drawn(make: object) -> None:
    same = make(np.ones(2), np.ones(2), np.zeros(2, int), title="t")  # type: ignore[operator]
    same.draw_without_rendering()
    none = make(np.ones(0), np.ones(0), np.zeros(0, int), title="t")  # type: ignore[operator]
    assert none.axes[0].texts[0].get_text() == "No number was predicted."
