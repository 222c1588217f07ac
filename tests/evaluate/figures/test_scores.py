from collections.abc import Callable

import pytest

from histopress.evaluate.figures import scores_figure
from histopress.evaluate.units import ClassUnits


def test_every_unit_is_shown_once(make_classes: Callable[..., ClassUnits]) -> None:
    units = make_classes(40, 4)
    axes = scores_figure(units, title="t").axes[0]
    drawn = [y for line in axes.lines if line.get_linestyle() == "None" for y in line.get_ydata()]
    assert sorted(drawn) == pytest.approx(sorted(units.scores))
    names = [text.get_text() for text in axes.get_xticklabels()]
    assert names == [f"no\n(n = {(units.labels == 0).sum()})", f"yes\n(n = {units.labels.sum()})"]


def test_many_classes_keep_names_that_can_be_told_apart(
    make_classes: Callable[..., ClassUnits],
) -> None:
    units = make_classes(200, 4, [f"histological subtype {code}" for code in range(40)])
    figure = scores_figure(units, title="t")
    labels = figure.axes[0].get_xticklabels()
    assert len({label.get_text() for label in labels}) == 40
    assert labels[0].get_rotation() == 90
    assert figure.get_figwidth() <= 14
