"""Precision-recall curves."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from histopress.evaluate.figures.canvas import (
    DASHED,
    TITLE_INCHES,
    absent,
    legend_below,
    legend_inches,
    sheet,
    styled,
    within_and_pooled,
    write_title,
)
from histopress.evaluate.intervals import Interval
from histopress.evaluate.style import INK, line, shorten
from histopress.evaluate.units import ClassUnits


@styled
def precision_recall_figure(
    units: ClassUnits, within: Interval, pooled: Interval, *, title: str, note: str | None = None
) -> Figure:
    """Draw precision against recall: of two classes one curve a fold and the pooled one.

    Of more classes one curve a class, pooled. Curves are steps, because precision does not run
    linearly from one threshold to the next (Davis & Goadrich, ICML 2006); the area below the steps
    is average precision. The dashed line is the share of positives, which a score without
    information has as its precision.

    Parameters
    ----------
    units : ClassUnits
    within, pooled : Interval
        Average precision within folds and pooled, for the caption.
    title : str
    note : str, optional
        What a reader must know; stands below the caption.
    """
    entries = len(np.unique(units.folds)) + 1 if units.binary else len(units.classes)
    across = 3 if units.binary else 2
    caption = within_and_pooled("Average precision", within, pooled, note)
    words = None if units.binary else "Class against the rest, pooled"
    height = 3.7 + legend_inches(entries, across) + (TITLE_INCHES if words else 0)
    figure = sheet(3.6, height, caption)
    axes = figure.add_subplot()
    if units.binary:
        _draw_folds(axes, units)
    else:
        _draw_classes(axes, units)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), aspect="equal")
    axes.set_xlabel("Recall")
    axes.set_ylabel("Precision")
    write_title(axes, title, inches=3.0)
    axes.set_anchor("N")
    legend_below(figure, axes, most=across, title=words)
    return figure


def precision_recall_points(
    positives: Bool[np.ndarray, " n"], scores: Float64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " points"], Float64[np.ndarray, " points"]]:
    """Give recall and precision from the strictest threshold to the laxest, beginning at recall 0.

    The first precision stands twice, so that the steps begin at the axis. Thresholds that find no
    further positive are left out: they add nothing to the area below the steps.

    Examples
    --------
    >>> recall, precision = precision_recall_points(
    ...     np.array([False, True, True]), np.array([0.2, 0.3, 0.9])
    ... )
    >>> recall.tolist(), precision.round(2).tolist()
    ([0.0, 0.5, 1.0], [1.0, 1.0, 1.0])
    """
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    found = positives[order].cumsum()[last]
    more = np.diff(found, prepend=0) > 0
    precision, found = (found / (last + 1))[more], found[more]
    return np.append(0.0, found / positives.sum()), np.append(precision[0], precision)


def average_precision(
    recall: Float64[np.ndarray, " points"], precision: Float64[np.ndarray, " points"]
) -> float:
    """Area below the steps."""
    return float((np.diff(recall) * precision[1:]).sum())


def _draw_folds(axes: Axes, units: ClassUnits) -> None:
    for place, fold in enumerate(np.unique(units.folds)):
        inside = units.folds == fold
        if not units.positives[inside].any():
            absent(axes, f"fold {fold}: no positive")
            continue
        look = {"linewidth": 0.9, **line(place)}
        _draw(axes, units.positives[inside], units.scores[inside], name=f"fold {fold}", look=look)
    if not units.positives.any():
        return
    _draw(axes, units.positives, units.scores, name="pooled", look={"color": INK, "linewidth": 1.8})
    share = float(units.positives.mean())
    axes.axhline(share, **DASHED)
    words: dict[str, Any] = {
        "xytext": (3, 2),
        "textcoords": "offset points",
        "fontsize": 6,
        "color": INK,
    }
    axes.annotate(f"{share:.2f} are positive", (0, share), **words)


def _draw_classes(axes: Axes, units: ClassUnits) -> None:
    for code, name in enumerate(units.classes):
        own = units.labels == code
        if not own.any():
            absent(axes, f"{shorten(name, 18)}: none")
            continue
        look = {"linewidth": 1.4, **line(code)}
        _draw(axes, own, units.probabilities[:, code], name=shorten(name, 18), look=look)


def _draw(
    axes: Axes, positives: np.ndarray, scores: np.ndarray, *, name: str, look: dict[str, Any]
) -> None:
    recall, precision = precision_recall_points(positives, scores)
    label = f"{name}: {average_precision(recall, precision):.2f}"
    axes.plot(recall, precision, drawstyle="steps-pre", label=label, **look)
