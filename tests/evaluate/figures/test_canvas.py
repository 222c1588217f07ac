import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from histopress.evaluate import figures
from histopress.evaluate.figures import save_svg, sentence_figure
from histopress.evaluate.intervals import Interval
from histopress.evaluate.survival.competing import cumulative_incidence
from histopress.evaluate.survival.horizon_calibration import horizon_calibration
from histopress.evaluate.survival.net_benefit import class_decisions
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.units import ClassUnits

TITLE = r"costs $5 and $6 · \frac <b>"


def makers(units: ClassUnits, interval: Interval) -> Mapping[str, Callable[[], Figure]]:
    rng = np.random.default_rng(0)
    n = len(units)
    times, events = rng.exponential(30, n), rng.random(n) < 0.6
    survival = Survival(times=times, events=events)
    numbers = (times, times + rng.normal(size=n), units.folds)
    said = [{"n": 5, "predicted": 0.5, "observed": 0.4}]
    row = figures.ComparisonRow(target=TITLE, encoder="e", model="m", interval=interval)
    forest = figures.ForestRow(heading="", name="n", n_patients=3, value=0.7, low=0.6, high=0.8)
    incidence = cumulative_incidence(times, events.astype(np.int64))
    curve = class_decisions(units.positives, units.scores, thresholds=np.array([0.2, 0.5]))
    calibration = horizon_calibration(survival, units.scores, horizon=20)
    null = {"observed": 0.6, "chance": 0.5, "metric": "AUC"}
    histories = {"fold 0": [{"epoch": 1, "loss": 0.5, "best": 1}]}
    step = figures.FlowStep(label="l", n_slides=2, n_patients=1)
    return {
        "roc": lambda: figures.roc_figure(units, interval, interval, title=TITLE),
        "precision_recall": lambda: figures.precision_recall_figure(
            units, interval, interval, title=TITLE
        ),
        "scores": lambda: figures.scores_figure(units, title=TITLE),
        "confusion": lambda: figures.confusion_figure(np.eye(2, dtype=int), "ab", title=TITLE),
        "scatter": lambda: figures.scatter_figure(*numbers, title=TITLE),
        "residuals": lambda: figures.residuals_figure(*numbers, title=TITLE),
        "reliability": lambda: figures.reliability_figure(
            figures.wilson_bins(said), units.scores, title=TITLE, event="'$'"
        ),
        "kaplan_meier": lambda: figures.kaplan_meier_figure(
            {"a": survival}, title=TITLE, unit="months"
        ),
        "incidence": lambda: figures.cumulative_incidence_figure(
            {"a": incidence}, title=TITLE, unit="months"
        ),
        "training": lambda: figures.training_figure(histories, title=TITLE),
        "flow": lambda: figures.flow_figure([step], title=TITLE),
        "null": lambda: figures.null_figure(times, title=TITLE, **null),  # type: ignore[arg-type]
        "p_values": lambda: figures.p_values_figure(units.scores, title=TITLE),
        "comparison": lambda: figures.comparison_figure([row]),
        "decision": lambda: figures.decision_figure({"m": curve}, title=TITLE, event="$"),
        "horizon": lambda: figures.horizon_calibration_figure(
            calibration, title=TITLE, unit="months"
        ),
        "subgroups": lambda: figures.subgroup_figure([forest], metric="auc", title=TITLE),
        "hazard_ratios": lambda: figures.hazard_ratio_figure([forest], title=TITLE),
        "sentence": lambda: sentence_figure("Nothing.", title=TITLE),
    }


def test_every_figure_is_equal_bytes_on_its_sheet_and_carries_words_and_no_date(
    make_classes: Callable[..., ClassUnits], interval: Interval, tmp_path: Path
) -> None:
    before = dict(mpl.rcParams)
    for name, make in makers(make_classes(40, 4), interval).items():
        first, second = tmp_path / f"{name}-1.svg", tmp_path / f"{name}-2.svg"
        save_svg(make(), first, description="What it <shows>.")
        figure = make()
        save_svg(figure, second, description="What it <shows>.")
        assert first.read_bytes() == second.read_bytes(), name
        text = first.read_text(encoding="utf-8")
        assert "What it &lt;shows&gt;." in text, name
        assert "dc:date" not in text, name
        assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314
        assert_on_sheet(figure, name)
    assert dict(mpl.rcParams) == before


def test_every_figure_that_is_offered_is_among_those(
    make_classes: Callable[..., ClassUnits], interval: Interval
) -> None:
    offered = {name for name in figures.__all__ if name.endswith("_figure")}
    assert len(makers(make_classes(4, 1), interval)) == len(offered)


def test_a_long_sentence_is_broken() -> None:
    figure = sentence_figure("word " * 40, title="t")
    figure.draw_without_rendering()
    text = figure.axes[0].texts[0].get_window_extent()
    assert text.x0 >= 0
    assert text.x1 <= figure.bbox.width


def assert_on_sheet(figure: Figure, name: str) -> None:
    width, height = figure.bbox.width, figure.bbox.height
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    for box in boxes:
        assert box.x0 >= -2, name
        assert box.y0 >= -2, name
        assert box.x1 <= width + 2, name
        assert box.y1 <= height + 2, name
