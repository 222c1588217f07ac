"""Forests: a figure of each subgroup, or a hazard ratio of each covariate."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from histopress.evaluate.figures.canvas import (
    DASHED,
    bounded,
    sentence_figure,
    sheet,
    styled,
)
from histopress.evaluate.figures.comparison import CHANCE, NAMES
from histopress.evaluate.style import INK, PALETTE, shorten

WIDTH = 6.8
ROW_INCHES = 0.2
RATIOS = (0.05, 20.0)
"""Hazard ratios that the axis shows at most; intervals beyond end in arrows."""
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


@dataclass(frozen=True, kw_only=True)
class ForestRow:
    """A line of a forest.

    Attributes
    ----------
    heading : str
        What the row is a subgroup or coding of; consecutive equal ones stand once, above the rows.
        Empty for rows of their own.
    name : str
    n_patients : int
    n_events : int or None
        Of survival.
    value, low, high : float or None
        None where undefined.
    words : str or None
        In place of the numbers, such as "reference" or why the value is undefined.
    """

    heading: str
    name: str
    n_patients: int
    n_events: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    words: str | None = None


@styled
def subgroup_figure(
    rows: Sequence[ForestRow],
    *,
    metric: str,
    title: str,
    overall: float | None = None,
    note: str | None = None,
) -> Figure:
    """Draw a metric and its interval in subgroups of the patients.

    Parameters
    ----------
    rows : sequence of ForestRow
    metric : str
        Such as ``auc``, ``spearman`` or ``c``; these have a line at chance.
    title : str
    overall : float, optional
        In all patients; drawn through all rows.
    note : str, optional
    """
    if not rows:
        return sentence_figure("There are no subgroups.", title=title, width=WIDTH)
    caption = "Subgroups differ by chance too: intervals are no test of a difference between them."
    figure, axes = _forest(rows, title=title, caption="\n".join(filter(None, [caption, note])))
    chance = CHANCE.get(metric)
    ends = [*_ends(rows), *([] if chance is None else [chance])]
    ends += [] if overall is None else [overall]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    margin = 0.05 * (high - low) or 0.05
    limits = (low - margin, high + margin)
    _draw_rows(axes, rows, limits=limits)
    if chance is not None:
        axes.axvline(chance, **DASHED)
    if overall is not None:
        axes.axvline(overall, color=PALETTE[5], linewidth=0.9, zorder=0)
        place: dict[str, Any] = {
            "xycoords": ("data", "axes fraction"),
            "textcoords": "offset points",
        }
        words: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": 6, "color": PALETTE[5]}
        axes.annotate(f"all: {overall:.2f}", (overall, 1), xytext=(0, 1), **place, **words)
    axes.set_xlim(*limits)
    axes.set_xlabel(NAMES.get(metric, metric.replace("_", " ").capitalize()))
    return figure


@styled
def hazard_ratio_figure(
    rows: Sequence[ForestRow], *, title: str, note: str | None = None
) -> Figure:
    """Draw hazard ratios and their intervals on a logarithmic axis.

    Intervals that leave the axis end in an arrow; the numbers at the right are whole.

    Parameters
    ----------
    rows : sequence of ForestRow
    title : str
    note : str, optional
        Such as what the model is stratified by and what one unit of each covariate is.
    """
    if not rows:
        return sentence_figure("There are no covariates.", title=title, width=WIDTH)
    figure, axes = _forest(rows, title=title, caption=note or "")
    ends = [min(max(end, RATIOS[0]), RATIOS[1]) for end in _ends(rows)]
    low, high = min([0.5, *ends]) / 1.1, max([2.0, *ends]) * 1.1
    axes.set_xscale("log")
    axes.axvline(1, **DASHED)
    _draw_rows(axes, rows, limits=(low, high))
    axes.set_xlim(low, high)
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("Hazard ratio (above 1: earlier events)")
    return figure


def _forest(rows: Sequence[ForestRow], *, title: str, caption: str) -> tuple[Figure, Axes]:
    lines = _lines(rows)
    figure = sheet(WIDTH, 0.95 + ROW_INCHES * len(lines), caption)
    axes = figure.add_subplot()
    names, bold = [], []
    for heading, row in lines:
        names.append(shorten(heading or "", 40) if row is None else _name(row))
        bold.append(row is None)
    axes.set_yticks(range(len(lines)), names, fontsize=7)
    for label, heavy in zip(axes.get_yticklabels(), bold, strict=True):
        label.set_fontweight("bold" if heavy else "normal")
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    figure.suptitle(shorten(title, 86), fontsize=9, x=0.01, ha="left")
    return figure, axes


def _lines(rows: Sequence[ForestRow]) -> list[tuple[str | None, ForestRow | None]]:
    """Rows with their headings between."""
    lines: list[tuple[str | None, ForestRow | None]] = []
    for heading, group in groupby(rows, key=lambda row: row.heading):
        if heading:
            lines.append((heading, None))
        lines += [(None, row) for row in group]
    return lines


def _name(row: ForestRow) -> str:
    events = "" if row.n_events is None else f", {row.n_events:,} events"
    return f"{shorten(row.name, 30)} (n = {row.n_patients:,}{events})"


def _ends(rows: Sequence[ForestRow]) -> list[float]:
    ends = [end for row in rows for end in (row.low, row.value, row.high)]
    return [end for end in ends if end is not None and np.isfinite(end)]


def _draw_rows(axes: Axes, rows: Sequence[ForestRow], *, limits: tuple[float, float]) -> None:
    across = axes.get_yaxis_transform()
    for place, (_, row) in enumerate(_lines(rows)):
        if row is None:
            continue
        words = row.words or bounded(row.value, row.low, row.high)
        axes.text(1.02, place, words, transform=across, va="center", fontsize=7, color=INK)
        if row.value is None:
            continue
        if row.low is not None and row.high is not None:
            _draw_interval(axes, (row.low, row.high), place, limits=limits)
        if limits[0] <= row.value <= limits[1]:
            axes.plot(row.value, place, "s", color=PALETTE[0], markersize=4.5, zorder=3)


def _draw_interval(
    axes: Axes, bounds: tuple[float, float], place: int, *, limits: tuple[float, float]
) -> None:
    low, high = max(bounds[0], limits[0]), min(bounds[1], limits[1])
    axes.plot([low, high], [place] * 2, color=PALETTE[0], linewidth=1.3)
    for end, bound, shape in ((low, bounds[0], "<"), (high, bounds[1], ">")):
        if end != bound:
            axes.plot(end, place, shape, color=PALETTE[0], markersize=4.5, clip_on=False)
