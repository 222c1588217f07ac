import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from histopress.evaluate.figures import (
    ComparisonRow,
    comparison_figure,
    roc_figure,
    roc_points,
    save_svg,
    scores_figure,
)
from histopress.evaluate.intervals import Interval, no_interval
from histopress.evaluate.metrics import evaluate_classification
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.units import Units


@pytest.fixture
def units(make_units: Callable[..., Units]) -> Units:
    rng = np.random.default_rng(0)
    labels, folds = np.arange(40) % 2, np.arange(40) // 2 % 4
    return make_units(rng.uniform(0, 0.7, 40) + 0.3 * labels, labels, folds)


@pytest.fixture
def intervals(units: Units) -> tuple[Interval, Interval]:
    result = evaluate_classification(
        units, EvaluationSettings(bootstrap=200), rng=np.random.default_rng(0)
    )
    metrics = result["metrics"]
    return (
        Interval.from_json(metrics["auc"]),
        Interval.from_json(metrics["auc_pooled"]),
    )


def three_classes() -> Units:
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet([1, 1, 1], size=30)
    return Units(
        level="patient",
        classes=("a", "costs $5 and $6", "c" * 60),
        positive=2,
        patients=np.arange(30),
        folds=np.arange(30) % 10,
        labels=np.arange(30) % 3,
        probabilities=probabilities,
        slides=np.ones(30, np.int64),
    )


def test_roc_points_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    labels, scores = rng.random(80) < 0.4, rng.integers(9, size=80) / 9
    fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
    ours = roc_points(labels, scores)
    assert ours[0] == pytest.approx(fpr)
    assert ours[1] == pytest.approx(tpr)


def test_the_roc_figure_draws_each_fold_and_the_pooled_curve(
    units: Units, intervals: tuple[Interval, Interval]
) -> None:
    within, pooled = intervals
    figure = roc_figure(units, within, pooled, title="t")
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert [label.split(":")[0] for label in legend] == [
        *(f"fold {fold}" for fold in range(4)),
        "pooled",
    ]
    assert legend[-1] == f"pooled: {pooled.estimate:.2f}"
    caption = figure.get_supxlabel()
    assert (
        f"AUC within folds {within.estimate:.2f} [{within.low:.2f}, {within.high:.2f}]" in caption
    )
    assert "40 patients" in caption


def test_the_scores_figure_shows_every_unit_once(units: Units) -> None:
    axes = scores_figure(units, title="t").axes[0]
    drawn = [y for line in axes.lines if line.get_linestyle() == "None" for y in line.get_ydata()]
    assert sorted(drawn) == pytest.approx(sorted(units.scores))
    assert [text.get_text() for text in axes.get_xticklabels()] == ["no\n(n = 20)", "yes\n(n = 20)"]


def test_the_comparison_groups_by_target_and_marks_what_is_missing(
    intervals: tuple[Interval, Interval],
) -> None:
    undefined = no_interval("x", level=0.95, n_patients=3, n_slides=3)
    rows = [
        ComparisonRow(target=target, encoder="e", model=model, interval=interval)
        for target, model, interval in [
            ("one", "cnn", intervals[0]),
            ("two", "cnn", intervals[0]),
            ("one", "mean", undefined),
        ]
    ]
    figure = comparison_figure(rows)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["one", "two"]
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["e · cnn", "e · mean"]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts[1] == "undefined   3 patients"
    with pytest.raises(ValueError, match="no rows"):
        comparison_figure([])


def test_figures_are_equal_bytes_and_carry_words_and_no_date(
    units: Units, intervals: tuple[Interval, Interval], tmp_path: Path
) -> None:
    row = ComparisonRow(target="t", encoder="e", model="m", interval=intervals[0])
    makers = {
        "roc": lambda: roc_figure(units, *intervals, title="t"),
        "scores": lambda: scores_figure(units, title="t"),
        "three": lambda: roc_figure(three_classes(), *intervals, title=r"$\frac$"),
        "three-scores": lambda: scores_figure(three_classes(), title=r"$\frac$"),
        "comparison": lambda: comparison_figure([row]),
    }
    for name, make in makers.items():
        first, second = tmp_path / f"{name}-1.svg", tmp_path / f"{name}-2.svg"
        for path in (first, second):
            save_svg(make(), path, description="What it <shows>.")
        assert first.read_bytes() == second.read_bytes()
        text = first.read_text(encoding="utf-8")
        assert "What it &lt;shows&gt;." in text
        assert "dc:date" not in text
        assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314
