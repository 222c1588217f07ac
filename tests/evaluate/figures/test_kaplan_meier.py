from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from histopress.evaluate.figures import kaplan_meier_figure
from histopress.evaluate.survival.kaplan_meier import kaplan_meier
from histopress.evaluate.survival.times import Survival, numbers_at_risk

LOW = Survival(
    times=np.array([5.0, 10, 10, 20, 30, 40]),
    events=np.array([True, False, True, False, True, False]),
)
HIGH = Survival(times=np.array([1.0, 3, 10, 12]), events=np.array([True, True, True, True]))
NOBODY = Survival(times=np.zeros(0), events=np.zeros(0, bool))


def table(figure: Figure) -> list[list[int]]:
    texts = [text for text in figure.axes[1].texts if text.get_text() != "Number at risk"]
    rows: dict[float, list[int]] = {}
    for text in texts:
        rows.setdefault(text.get_position()[1], []).append(int(text.get_text().replace(",", "")))
    return list(rows.values())


def test_curves_are_the_estimates_and_ticks_the_censorings() -> None:
    axes = kaplan_meier_figure({"low": LOW}, title="t", unit="weeks").axes[0]
    curve, ticks = axes.lines
    assert curve.get_drawstyle() == "steps-post"
    assert curve.get_xdata().tolist() == [0, 5, 10, 20, 30, 40]
    assert curve.get_ydata() == pytest.approx([1, *kaplan_meier(LOW).survival])
    assert ticks.get_xdata().tolist() == [10, 20, 40]


def test_numbers_at_risk_stand_below_the_ticks() -> None:
    figure = kaplan_meier_figure({"low": LOW, "high": HIGH}, title="t", unit="weeks")
    places = figure.axes[0].get_xticks()
    assert table(figure) == [numbers_at_risk(each, places).tolist() for each in (LOW, HIGH)]
    assert [text.get_position()[0] for text in figure.axes[1].texts[1 : 1 + len(places)]] == list(
        places
    )
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == ["low", "high"]


def test_months_are_counted_in_parts_of_years() -> None:
    long = Survival(times=np.array([100.0]), events=np.array([True]))
    figure = kaplan_meier_figure({"all": long}, title="t", unit="months")
    assert figure.axes[0].get_xticks().tolist() == [0, 24, 48, 72, 96]


def test_the_caption_holds_cut_and_test_only_if_given(
    words: Callable[[Figure], str], legend: Callable[[object], list[str]]
) -> None:
    groups = {"low": LOW, "high": HIGH}
    figure = kaplan_meier_figure(groups, title="t", unit="weeks")
    assert "p = " not in words(figure)
    assert "cut" not in words(figure)
    assert legend(figure) == ["low (n = 6, 3 events)", "high (n = 4, 4 events)"]
    told = kaplan_meier_figure(
        groups, title="t", unit="weeks", cut="the median risk", test="p = 0.02, permutation"
    )
    assert "cut at the median risk, taken from the training fold" in words(told)
    assert "p = 0.02, permutation" in words(told)


def test_bands_are_left_out_where_they_would_hide_each_other(words: Callable[..., str]) -> None:
    few = kaplan_meier_figure({"low": LOW, "high": HIGH}, title="t", unit="weeks")
    many = kaplan_meier_figure({f"group {i}": LOW for i in range(8)}, title="t", unit="weeks")
    assert (len(few.axes[0].collections), len(many.axes[0].collections)) == (2, 0)
    assert "bands" in words(few)
    assert "bands" not in words(many)


def test_empty_groups_and_nobody(legend: Callable[[object], list[str]]) -> None:
    figure = kaplan_meier_figure({"low": LOW, "none": NOBODY}, title="t", unit="weeks")
    figure.draw_without_rendering()
    assert legend(figure)[1] == "none (n = 0)"
    assert set(table(figure)[1]) == {0}
    nothing = kaplan_meier_figure({"none": NOBODY}, title="t", unit="weeks")
    assert nothing.axes[0].texts[0].get_text() == "There are no patients with follow-up."
