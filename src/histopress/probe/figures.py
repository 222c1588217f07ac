"""Figure of the comparison of encoders."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from histopress.evaluate.style import INK, PALE, PALETTE, STYLE, shorten
from histopress.probe.comparison import ComparisonRow, Known

LOOKS: Mapping[Known, tuple[str, str, str]] = {
    "labels": ("s", PALETTE[1], "trained on the task's labels"),
    "patches": ("^", PALETTE[3], "trained on its patches alone"),
    "no": ("o", PALETTE[0], "not trained on the task"),
    "unknown": ("X", PALETTE[7], "training unknown"),
    "no encoder": ("D", PALETTE[2], "no encoder"),
}
"""Marker, colour and words by what an encoder was trained on."""

TITLES = {"auc": "AUC", "balanced_accuracy": "Balanced accuracy"}
LETTERS = 126
"""That fit on a line below the figure."""


def comparison_figure(rows: Sequence[ComparisonRow], *, level: float) -> Figure:
    """Draw AUC, balanced accuracy and the paired difference of AUC, a line an encoder.

    A band of three panels a task: dots with intervals, and the difference to the reference with
    its paired interval; hollow where that interval holds 0.

    Parameters
    ----------
    rows : sequence of ComparisonRow
        Of one classifier; grouped by task in order of appearance.
    level : float
        Coverage, for the words below.
    """
    if not rows:
        raise ValueError("there are no rows to compare")
    groups: dict[str, list[ComparisonRow]] = {}
    for row in rows:
        groups.setdefault(row.task, []).append(row)
    sizes = [len(group) for group in groups.values()]
    with mpl.rc_context(STYLE):
        height = 1.25 + 0.2 * sum(sizes) + 0.5 * len(sizes)
        figure = Figure(figsize=(7.4, height), layout="constrained")
        panels = figure.subplots(
            len(sizes), 3, squeeze=False, sharex="col", gridspec_kw={"height_ratios": sizes}
        )
        for line, (task, group) in zip(panels, groups.items(), strict=True):
            for axes, metric in zip(line[:2], TITLES, strict=True):
                _draw_scores(axes, group, metric)
                axes.set_xlim(_limits(rows, metric))
            _draw_differences(line[2], group)
            line[0].set_title(_heading(task, group), fontsize=9, loc="left")
            names = [shorten(row.encoder, 26) for row in group]
            line[0].set_yticks(range(len(group)), names)
        for axes in panels[:-1].ravel():
            axes.tick_params(axis="x", labelbottom=False)
        panels[-1, 0].set_xlabel(TITLES["auc"])
        panels[-1, 1].set_xlabel(TITLES["balanced_accuracy"])
        panels[-1, 2].set_xlabel(f"AUC minus that of\n{shorten(rows[0].reference)}")
        figure.legend(
            handles=_legend(rows), loc="outside upper left", ncols=3, frameon=False, fontsize=7
        )
        figure.supxlabel(_footer(level), fontsize=7, x=0.02, ha="left", color=INK)
    return figure


def _heading(task: str, group: Sequence[ComparisonRow]) -> str:
    scores = group[0].scores
    return f"{shorten(task, 40)}   ({scores['n']} patches, {scores['groups']} groups)"


def _draw_scores(axes: Axes, group: Sequence[ComparisonRow], metric: str) -> None:
    axes.axvline(
        _chance(group[0], metric), color=PALE, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0
    )
    for place, row in enumerate(group):
        entry = row.scores[metric]
        if entry["value"] is None:
            _say(axes, place, "undefined")
            continue
        shape, color, _ = LOOKS[row.trained]
        _draw_interval(axes, entry, place, color=color, shape=shape, face=color)
        across = axes.get_yaxis_transform()
        text = f"{entry['value']:.3f}"
        axes.text(1.02, place, text, transform=across, va="center", fontsize=6, color=INK)
    _tidy(axes, len(group))


def _chance(row: ComparisonRow, metric: str) -> float:
    return 0.5 if metric == "auc" else 1 / len(row.probe["classes"])


def _limits(rows: Sequence[ComparisonRow], metric: str) -> tuple[float, float]:
    """Bounds that hold every interval of all tasks, and chance."""
    ends = [row.scores[metric][key] for row in rows for key in ("low", "value", "high")]
    known = [each for each in ends if each is not None]
    chances = [_chance(row, metric) for row in rows]
    return min([*chances, *known]) - 0.02, max([*chances, *known]) + 0.015


def _draw_differences(axes: Axes, group: Sequence[ComparisonRow]) -> None:
    axes.axvline(0, color=PALE, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
    for place, row in enumerate(group):
        if row.differences is None:
            _say(axes, place, "reference")
            continue
        entry = row.differences["auc"]
        if entry["value"] is None or entry["low"] is None:
            _say(axes, place, "undefined")
            continue
        shape, color, _ = LOOKS[row.trained]
        apart = entry["low"] > 0 or entry["high"] < 0
        face = color if apart else "white"
        _draw_interval(axes, entry, place, color=color, shape=shape, face=face)
    _tidy(axes, len(group))


def _draw_interval(
    axes: Axes, entry: Mapping[str, Any], place: int, *, color: str, shape: str, face: str
) -> None:
    if entry["low"] is not None:
        axes.plot([entry["low"], entry["high"]], [place] * 2, color=color, linewidth=1.3)
    point = axes.plot(entry["value"], place, shape, color=color, markerfacecolor=face)
    point[0].set(markersize=4.6, markeredgewidth=1.0, zorder=3)


def _say(axes: Axes, place: int, text: str) -> None:
    across = axes.get_yaxis_transform()
    axes.text(0.5, place, text, transform=across, ha="center", va="center", fontsize=6, color=INK)


def _tidy(axes: Axes, count: int) -> None:
    axes.set_ylim(count - 0.4, -0.6)
    axes.set_yticks(np.arange(count), [""] * count)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _legend(rows: Sequence[ComparisonRow]) -> list[Line2D]:
    used = {row.trained for row in rows}
    return [
        Line2D([], [], linestyle="", marker=shape, color=color, markersize=4.6, label=words)
        for known, (shape, color, words) in LOOKS.items()
        if known in used
    ]


def _footer(level: float) -> str:
    text = (
        f"{level * 100:g} % intervals over groups; differences are paired, hollow where the "
        "interval holds 0. Intervals of single rows are no test of a difference; the best of "
        "several rows is selected by the patches that judge it."
    )
    return "\n".join(wrap(text, LETTERS))
