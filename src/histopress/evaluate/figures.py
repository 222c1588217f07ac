"""Figures of an evaluation, fit for a paper and equal in every byte from run to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import matplotlib as mpl
import numpy as np
from jaxtyping import Bool, Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from histopress.evaluate.intervals import EXACT, Interval
from histopress.evaluate.style import INK, PALE, PALETTE, STYLE, line, marker, shorten
from histopress.evaluate.units import Units

LINE_INCHES = 0.14
"""Height of a line of a caption."""

NOTE_LETTERS = 68
"""Letters that fit on a line below a figure of one column."""


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One line of the comparison: a model on the embeddings of an encoder, for a target."""

    target: str
    encoder: str
    model: str
    interval: Interval


def save_svg(figure: Figure, path: Path, *, description: str) -> None:
    """Write a figure without date, with words for those who cannot see it.

    Parameters
    ----------
    figure : Figure
    path : Path
        Ends in ``.svg``.
    description : str
        What the figure shows, in one sentence; stands in the file's metadata.
    """
    with mpl.rc_context(STYLE):
        metadata = {"Date": None, "Creator": "histopress", "Description": description}
        figure.savefig(path, format="svg", metadata=metadata)


def roc_figure(
    units: Units, within: Interval, pooled: Interval, *, title: str, note: str | None = None
) -> Figure:
    """Draw ROC curves: of two classes one a fold and the pooled one, else one a class, pooled.

    Parameters
    ----------
    units : Units
    within, pooled : Interval
        AUC within folds and pooled, for the caption.
    title : str
    note : str, optional
        What a reader must know; stands below the caption.
    """
    with mpl.rc_context(STYLE):
        height = 4.3 + LINE_INCHES * _wrapped(note).count("\n")
        figure = Figure(figsize=(3.6, height), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=PALE, linewidth=0.8, linestyle=(0, (2, 2)))
        if units.binary:
            _draw_folds(axes, units)
        else:
            _draw_classes(axes, units)
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
        axes.set_xlabel("False positive rate")
        axes.set_ylabel("True positive rate")
        axes.set_title(title, fontsize=9, loc="left")
        legend = axes.legend(loc="lower right", fontsize=7, handlelength=1.6, edgecolor="none")
        legend.get_frame().set(alpha=0.9, facecolor="white")
        figure.supxlabel(_caption(within, pooled, note), fontsize=7, x=0.02, ha="left", color=INK)
    return figure


def scores_figure(units: Units, *, title: str) -> Figure:
    """Draw every unit's score by true class, a column of points a fold.

    Folds stand side by side because their models have scales of their own. Of two classes the
    score is the probability of the positive one, otherwise that of the true class. Bars are
    medians.
    """
    with mpl.rc_context(STYLE):
        folds = np.unique(units.folds)
        width = max(3.6, 0.9 + len(units.classes) * max(0.9, 0.22 * len(folds)))
        figure = Figure(figsize=(width, 3.4), layout="constrained")
        axes = figure.add_subplot()
        own = units.probabilities[np.arange(len(units)), units.labels]
        values = units.scores if units.binary else own
        chance = 1 / len(units.classes)
        axes.axhline(chance, color=PALE, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
        step = 0.8 / len(folds)
        for place, fold in enumerate(folds):
            for code in range(len(units.classes)):
                column = values[(units.folds == fold) & (units.labels == code)]
                center = code + (place - (len(folds) - 1) / 2) * step
                _draw_column(axes, column, center=center, step=step, place=place)
            axes.plot([], [], linestyle="", label=f"fold {fold}", **marker(place))
        counts = np.bincount(units.labels, minlength=len(units.classes))
        names = [
            f"{shorten(name, 16)}\n(n = {n})" for name, n in zip(units.classes, counts, strict=True)
        ]
        axes.set_xticks(range(len(names)), names)
        axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(-0.03, 1.03))
        shown = f"'{units.classes[units.positive]}'" if units.binary else "the true class"
        axes.set_ylabel(f"Probability of {shown}")
        axes.set_xlabel(f"True class ({units.level}s)")
        axes.set_title(title, fontsize=9, loc="left")
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="outside lower center",
            ncols=_columns(len(folds)),
            frameon=False,
            fontsize=7,
        )
    return figure


def comparison_figure(
    rows: Sequence[ComparisonRow], *, level: float = 0.95, notes: Mapping[str, str] | None = None
) -> Figure:
    """Draw AUC within folds and its interval for every target, encoder and model.

    Intervals speak of each row alone. Rows share patients, so overlap of two intervals does not
    test their difference, and the best of many rows is favoured by chance: the figure says so.

    Parameters
    ----------
    rows : sequence of ComparisonRow
        Drawn from top to bottom, grouped by target in order of appearance.
    level : float
        Coverage of the intervals.
    notes : mapping of str to str, optional
        What a reader must know of a target.
    """
    if not rows:
        raise ValueError("there are no rows to compare")
    groups: dict[str, list[ComparisonRow]] = {}
    for row in rows:
        groups.setdefault(row.target, []).append(row)
    bounds = [row.interval.low for row in rows if row.interval.low is not None]
    start = max(0.0, min([0.45, *(bound - 0.03 for bound in bounds)]))
    sizes = [len(group) for group in groups.values()]
    with mpl.rc_context(STYLE):
        footer = _note(rows, notes or {})
        height = 0.8 + 0.24 * sum(sizes) + 0.32 * len(sizes) + LINE_INCHES * footer.count("\n")
        figure = Figure(figsize=(6.4, height), layout="constrained")
        panels = figure.subplots(
            len(sizes), sharex=True, squeeze=False, gridspec_kw={"height_ratios": sizes}
        )[:, 0]
        for axes, (target, group) in zip(panels, groups.items(), strict=True):
            _draw_group(axes, group)
            axes.set_title(target, fontsize=9, loc="left")
        panels[-1].set_xlim(start, 1.01)
        panels[-1].set_xlabel(f"AUC within folds, {level * 100:g} % interval over patients")
        figure.supxlabel(footer, fontsize=7, x=0.02, ha="left", color=INK)
    return figure


def roc_points(
    positives: Bool[np.ndarray, " n"], scores: Float64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " points"], Float64[np.ndarray, " points"]]:
    """Give false and true positive rates from the strictest threshold to the laxest.

    Examples
    --------
    >>> fpr, tpr = roc_points(np.array([False, True, True]), np.array([0.2, 0.2, 0.9]))
    >>> fpr.tolist(), tpr.tolist()
    ([0.0, 0.0, 1.0], [0.0, 0.5, 1.0])
    """
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    found = positives[order].cumsum()[last]
    fallen = (~positives[order]).cumsum()[last]
    return np.append(0.0, fallen / (~positives).sum()), np.append(0.0, found / positives.sum())


def _draw_folds(axes: Axes, units: Units) -> None:
    for place, fold in enumerate(np.unique(units.folds)):
        inside = units.folds == fold
        if np.unique(units.positives[inside]).size < 2:
            continue
        fpr, tpr = roc_points(units.positives[inside], units.scores[inside])
        label = f"fold {fold}: {np.trapezoid(tpr, fpr):.2f}"
        axes.plot(fpr, tpr, linewidth=0.9, label=label, **line(place))
    if np.unique(units.positives).size == 2:
        fpr, tpr = roc_points(units.positives, units.scores)
        label = f"pooled: {np.trapezoid(tpr, fpr):.2f}"
        axes.plot(fpr, tpr, color=INK, linewidth=1.8, label=label)


def _draw_classes(axes: Axes, units: Units) -> None:
    for code, name in enumerate(units.classes):
        own = units.labels == code
        if np.unique(own).size < 2:
            continue
        fpr, tpr = roc_points(own, units.probabilities[:, code])
        label = f"{shorten(name, 20)} (pooled): {np.trapezoid(tpr, fpr):.2f}"
        axes.plot(fpr, tpr, linewidth=1.4, label=label, **line(code))


def _draw_column(
    axes: Axes, values: Float64[np.ndarray, " n"], *, center: float, step: float, place: int
) -> None:
    """Spread points sideways by their order, so that equal inputs look equal."""
    if not values.size:
        return
    ordered = np.sort(values)
    spread = (np.arange(len(ordered)) * 0.618034) % 1 - 0.5
    x = center + spread * step * 0.55
    axes.plot(x, ordered, linestyle="", **marker(place))
    median = float(np.median(ordered))
    half = step * 0.4
    axes.plot([center - half, center + half], [median] * 2, color=INK, linewidth=1.2, zorder=1.5)


def _columns(entries: int, most: int = 5) -> int:
    """Columns of a legend whose rows are about equally long."""
    return -(-entries // -(-entries // most))


def _note(rows: Sequence[ComparisonRow], notes_of: Mapping[str, str]) -> str:
    notes = []
    if any(row.interval.method == EXACT for row in rows):
        notes.append("Open circle: exact one-sided bound.")
    if len(rows) > 1:
        notes.append("Rows share patients: overlap is no test; the best of several is selected.")
    return " ".join(notes) + "".join(
        _wrapped(f"{target}: {note}") for target, note in notes_of.items()
    )


def _draw_group(axes: Axes, group: Sequence[ComparisonRow]) -> None:
    axes.axvline(0.5, color=PALE, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
    for place, row in enumerate(group):
        _draw_row(axes, row.interval, place)
    names = [f"{shorten(row.encoder)} · {shorten(row.model)}" for row in group]
    axes.set_yticks(range(len(group)), names)
    axes.set_ylim(len(group) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_row(axes: Axes, interval: Interval, place: int) -> None:
    label = f"{_with_bounds(interval)}   {interval.n_patients} patients"
    across = axes.get_yaxis_transform()
    axes.text(1.02, place, label, transform=across, va="center", fontsize=7, color=INK)
    if interval.estimate is None:
        return
    color = PALETTE[0]
    if interval.low is not None and interval.high is not None:
        axes.plot([interval.low, interval.high], [place] * 2, color=color, linewidth=1.4)
    face = "white" if interval.method == EXACT else color
    point = axes.plot(interval.estimate, place, "o", color=color, markerfacecolor=face)
    point[0].set(markersize=5, clip_on=False, zorder=3)


def _with_bounds(interval: Interval) -> str:
    if interval.estimate is None:
        return "undefined"
    if interval.low is None or interval.high is None:
        return f"{interval.estimate:.2f}"
    return f"{interval.estimate:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def _caption(within: Interval, pooled: Interval, note: str | None) -> str:
    slides = "1 slide" if within.n_slides == 1 else f"{within.n_slides} slides"
    return (
        f"AUC within folds {_with_bounds(within)}; pooled {_with_bounds(pooled)}\n"
        f"{within.level * 100:g} % intervals, {within.method};\n"
        f"{within.n_patients} patients, {slides}"
    ) + _wrapped(note)


def _wrapped(note: str | None) -> str:
    """Set a note below a caption, in lines as long as the caption's."""
    return "".join(f"\n{line}" for line in wrap(note or "", NOTE_LETTERS))
