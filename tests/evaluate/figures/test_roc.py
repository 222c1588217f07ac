from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score, roc_curve

from histopress.evaluate.figures import roc_figure, roc_points
from histopress.evaluate.intervals import Interval
from histopress.evaluate.units import ClassUnits

Legend = Callable[[object], list[str]]


def test_points_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    labels, scores = rng.random(80) < 0.4, rng.integers(9, size=80) / 9
    fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
    ours = roc_points(labels, scores)
    assert ours[0] == pytest.approx(fpr)
    assert ours[1] == pytest.approx(tpr)


def test_each_fold_and_the_pooled_curve_are_drawn(
    make_classes: Callable[..., ClassUnits], interval: Interval, legend: Legend
) -> None:
    units = make_classes(80, 4)
    figure = roc_figure(units, interval, replace(interval, estimate=0.7), title="t")
    area = roc_auc_score(units.positives, units.scores)
    entries = legend(figure.axes[0])
    assert [entry.split(":")[0] for entry in entries] == [
        *(f"fold {fold}" for fold in range(4)),
        "pooled",
    ]
    assert entries[-1] == f"pooled: {area:.2f}"
    caption = figure.get_supxlabel()
    assert "AUC within folds 0.81 [0.74, 0.88]; pooled 0.70 [0.74, 0.88]" in caption
    assert "120 patients, 240 slides" in caption


def test_a_fold_without_a_class_is_named_and_has_no_curve(
    make_classes: Callable[..., ClassUnits], interval: Interval, legend: Legend
) -> None:
    units = make_classes(100, 10, lacking=3)
    figure = roc_figure(units, interval, interval, title="t")
    assert "fold 3: one class" in legend(figure)
    drawn = [line for line in figure.axes[0].lines if len(line.get_xdata())]
    assert len(drawn) == 1 + 9 + 1


def test_of_several_classes_each_stands_against_the_rest(
    make_classes: Callable[..., ClassUnits], interval: Interval, legend: Legend
) -> None:
    units = make_classes(90, 3, ["a", "b costs $5 and $6", "c" * 60])
    entries = legend(roc_figure(units, interval, interval, title="t").axes[0])
    areas = [roc_auc_score(units.labels == code, units.probabilities[:, code]) for code in range(3)]
    assert [float(entry.split(": ")[1]) for entry in entries] == pytest.approx(areas, abs=0.005)


def test_a_legend_below_stands_between_axes_and_caption(
    make_classes: Callable[..., ClassUnits], interval: Interval
) -> None:
    figure: Figure = roc_figure(make_classes(100, 10), interval, interval, title="t", note="n" * 90)
    figure.draw_without_rendering()
    axes = figure.axes[0].get_tightbbox()
    below = figure.legends[0].get_window_extent()
    caption = figure._supxlabel.get_window_extent()
    assert axes.y0 > below.y1 - 4
    assert below.y0 > caption.y1 - 1
    assert caption.y0 >= 0
