from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import binomtest

from histopress.evaluate.figures import reliability_figure, wilson_bins
from histopress.evaluate.intervals import Interval

POINTS = [
    {"n": 10, "predicted": 0.1, "observed": 0.0},
    {"n": 11, "predicted": 0.5, "observed": 4 / 11},
    {"n": 10, "predicted": 0.9, "observed": 1.0},
]


def test_bounds_are_wilsons() -> None:
    for each in wilson_bins(POINTS, level=0.9):
        test = binomtest(round(each.observed * each.n), each.n)
        expected = test.proportion_ci(0.9, method="wilson")
        assert (each.low, each.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_bins_their_bounds_and_all_probabilities_are_drawn(
    interval: Interval, words: Callable[[Figure], str]
) -> None:
    probabilities = np.linspace(0, 1, 31)
    bins = wilson_bins(POINTS)
    figure = reliability_figure(bins, probabilities, title="t", event="'yes'", slope=interval)
    axes, below = figure.axes
    *bounds, points = axes.lines[1:]
    assert list(points.get_xdata()) == [0.1, 0.5, 0.9]
    assert [line.get_ydata().tolist() for line in bounds] == [
        [each.low, each.high] for each in bins
    ]
    assert sum(patch.get_height() for patch in below.patches) == 31
    assert "3 bins of 10 to 11" in words(figure)
    assert "Calibration slope 0.81 [0.74, 0.88]" in words(figure)
    assert "intercept" not in words(figure)
    assert "95 % intervals (Wilson), patients" in words(figure)


def test_no_bin_gives_a_sentence() -> None:
    figure = reliability_figure((), np.zeros(0), title="t", event="'yes'")
    assert figure.axes[0].texts[0].get_text() == "No probability was predicted."


def test_slides_of_one_patient_do_not_make_bounds_shorter() -> None:
    point = {"n": 40, "predicted": 0.5, "observed": 0.5}
    slides, patients = wilson_bins([point, {**point, "n_patients": 10}])
    alone = wilson_bins([{**point, "n": 10}])[0]
    assert (patients.low, patients.high) == (alone.low, alone.high)
    assert patients.high - patients.low > 1.5 * (slides.high - slides.low)
