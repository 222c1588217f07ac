from dataclasses import replace

import pytest

from histopress.evaluate.figures import ComparisonRow, comparison_figure
from histopress.evaluate.intervals import EXACT, Interval, no_interval


def row(interval: Interval, target: str = "one", **others: object) -> ComparisonRow:
    facts = {"encoder": "e", "model": "m", **others}
    return ComparisonRow(target=target, interval=interval, **facts)  # type: ignore[arg-type]


def test_rows_are_grouped_by_target_and_what_is_missing_is_said(interval: Interval) -> None:
    undefined = no_interval("x", level=0.95, n_patients=3, n_slides=3)
    figure = comparison_figure(
        [row(interval, model="cnn"), row(interval, "two"), row(undefined, model="mean")]
    )
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["one", "two"]
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["e · cnn", "e · mean"]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["0.81 [0.74, 0.88]   120 patients", "undefined   3 patients"]
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()
    assert not figure.legends


def test_metrics_have_axes_and_chance_of_their_own(interval: Interval) -> None:
    low = replace(interval, estimate=-0.2, low=-0.5, high=0.1)
    figure = comparison_figure(
        [
            row(interval, "class"),
            row(low, "number", metric="spearman"),
            row(interval, "death", metric="c"),
            row(replace(interval, estimate=12.0, low=9.0, high=15.0), "cost", metric="mae"),
        ]
    )
    chances = [
        [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"]
        for axes in figure.axes
    ]
    assert chances == [[0.5], [0.0], [0.5], []]
    assert figure.axes[1].get_xlim()[0] < -0.5
    assert figure.axes[3].get_xlim()[0] < 9 < 15 < figure.axes[3].get_xlim()[1]
    names = [axes.get_xlabel().split(" within")[0] for axes in figure.axes]
    assert names == ["AUC", "Spearman's ρ", "Harrell's C", "Mae"]


def test_selected_and_nested_rows_are_marked(interval: Interval) -> None:
    figure = comparison_figure(
        [row(interval), row(interval, selected=True), row(interval, nested=True)]
    )
    markers = [line.get_marker() for line in figure.axes[0].lines if line.get_marker() != "None"]
    assert markers == ["o", "D", "s"]
    assert len(figure.legends[0].get_texts()) == 3


def test_an_exact_bound_is_an_open_mark(interval: Interval) -> None:
    figure = comparison_figure([row(replace(interval, estimate=1.0, high=1.0, method=EXACT))])
    assert figure.axes[0].lines[-1].get_markerfacecolor() == "white"
    assert "Open mark" in figure.get_supxlabel()


def test_no_rows_and_mixed_metrics_are_refused(interval: Interval) -> None:
    with pytest.raises(ValueError, match="no rows"):
        comparison_figure([])
    with pytest.raises(ValueError, match="rows of target 'one' are of 2 metrics"):
        comparison_figure([row(interval), row(interval, metric="c")])
