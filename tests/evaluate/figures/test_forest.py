from matplotlib.figure import Figure

from histopress.evaluate.figures import ForestRow, hazard_ratio_figure, subgroup_figure

ROWS = (
    ForestRow(heading="Sex", name="female", n_patients=40, value=0.7, low=0.6, high=0.8),
    ForestRow(heading="Sex", name="male", n_patients=30, value=0.8, low=0.6, high=0.9),
    ForestRow(heading="Age", name="below 50", n_patients=2, words="undefined: one class"),
)


def names(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_subgroups_stand_below_their_headings() -> None:
    figure = subgroup_figure(ROWS, metric="auc", title="t", overall=0.75)
    assert names(figure) == [
        "Sex",
        "female (n = 40)",
        "male (n = 30)",
        "Age",
        "below 50 (n = 2)",
    ]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts[:3] == ["0.70 [0.60, 0.80]", "0.80 [0.60, 0.90]", "undefined: one class"]
    assert "all: 0.75" in texts
    squares = [line for line in figure.axes[0].lines if line.get_marker() == "s"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in squares] == [(0.7, 1), (0.8, 2)]
    assert "no test" in figure.get_supxlabel()


def test_hazard_ratios_beyond_the_axis_end_in_arrows() -> None:
    rows = [
        ForestRow(heading="", name="score", n_patients=90, n_events=30, value=1.5, low=1.1, high=2),
        ForestRow(heading="", name="rare", n_patients=90, n_events=30, value=9, low=0.9, high=300),
    ]
    figure = hazard_ratio_figure(rows, title="t", note="Stratified by centre.")
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    arrows = [line for line in axes.lines if line.get_marker() == ">"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in arrows] == [
        (axes.get_xlim()[1], 1)
    ]
    assert names(figure)[0] == "score (n = 90, 30 events)"
    assert [text.get_text() for text in axes.texts][1] == "9.00 [0.90, 300.00]"
    assert 1 in axes.get_xticks()


def test_no_row_gives_a_sentence() -> None:
    said = subgroup_figure([], metric="auc", title="t").axes[0].texts[0].get_text()
    assert said == "There are no subgroups."
    said = hazard_ratio_figure([], title="t").axes[0].texts[0].get_text()
    assert said == "There are no covariates."
    undefined = subgroup_figure(ROWS[2:], metric="mae", title="t")
    undefined.draw_without_rendering()
