from collections.abc import Callable
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from histopress.evaluate.figures import horizon_calibration_figure
from histopress.evaluate.survival.horizon_calibration import horizon_calibration
from histopress.evaluate.survival.times import Survival


def test_groups_and_what_is_left_out(words: Callable[[Figure], str]) -> None:
    rng = np.random.default_rng(0)
    log = rng.normal(size=200)
    times = rng.exponential(60 / np.exp(log))
    survival = Survival(times=np.minimum(times, 90.0), events=times < 90)
    risks = 1 - np.exp(-np.exp(log))
    found = horizon_calibration(survival, risks, horizon=60)
    figure = horizon_calibration_figure(found, title="t", unit="months")
    points = [
        (line.get_xdata()[0], line.get_ydata()[0])
        for line in figure.axes[0].lines
        if line.get_marker() == "o"
    ]
    assert points == [
        (group.predicted, group.observed.value) for group in found.groups if group.observed
    ]
    assert len(points) == 5
    assert f"slope {found.slope.value:.2f} [" in words(figure)  # type: ignore[union-attr]
    assert "left out" not in words(figure)
    fewer = replace(found, groups=(replace(found.groups[0], observed=None), *found.groups[1:]))
    figure = horizon_calibration_figure(fewer, title="t", unit="months")
    assert "Groups not followed so long, left out: 1" in words(figure)


def test_no_group_gives_a_sentence(words: Callable[[Figure], str]) -> None:
    survival = Survival(times=np.array([1.0, 2.0]), events=np.array([True, False]))
    found = horizon_calibration(survival, np.array([0.5, 0.4]), horizon=50)
    found = replace(found, groups=())
    figure = horizon_calibration_figure(found, title="t", unit="months")
    assert words(figure).startswith("Calibration at 50 months is undefined: ")
