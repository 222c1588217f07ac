"""ROC curves."""

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
    legend_inside,
    sheet,
    styled,
    within_and_pooled,
    write_title,
)
from histopress.evaluate.intervals import Interval
from histopress.evaluate.style import INK, line, shorten
from histopress.evaluate.units import ClassUnits

FEW_CURVES = 6
"""So many curves have their legend among them; more have it below."""


@styled
def roc_figure(
    units: ClassUnits, within: Interval, pooled: Interval, *, title: str, note: str | None = None
) -> Figure:
    """Draw ROC curves: of two classes one a fold and the pooled one, else one a class, pooled.

    Folds or classes without both sides are named in the legend and have no curve.

    Parameters
    ----------
    units : ClassUnits
    within, pooled : Interval
        AUC within folds and pooled, for the caption.
    title : str
    note : str, optional
        What a reader must know; stands below the caption.
    """
    entries = len(np.unique(units.folds)) + 1 if units.binary else len(units.classes)
    crowded = entries > FEW_CURVES
    across = 3 if units.binary else 2
    words = None if units.binary else "Class against the rest, pooled"
    height = (
        (3.85 if crowded else 3.7)
        + (legend_inches(entries, across) if crowded else 0)
        + (TITLE_INCHES if words else 0)
    )
    figure = sheet(3.6, height, within_and_pooled("AUC", within, pooled, note))
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], **DASHED)
    if units.binary:
        _draw_folds(axes, units)
    else:
        _draw_classes(axes, units)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set_xlabel("False positive rate")
    axes.set_ylabel("True positive rate")
    write_title(axes, title, inches=3.0)
    if crowded:
        axes.set_anchor("N")
        legend_below(figure, axes, most=across, title=words)
    else:
        legend_inside(axes, "lower right")
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


def _draw_folds(axes: Axes, units: ClassUnits) -> None:
    for place, fold in enumerate(np.unique(units.folds)):
        inside = units.folds == fold
        if np.unique(units.positives[inside]).size < 2:
            absent(axes, f"fold {fold}: one class")
            continue
        fpr, tpr = roc_points(units.positives[inside], units.scores[inside])
        label = f"fold {fold}: {np.trapezoid(tpr, fpr):.2f}"
        axes.plot(fpr, tpr, linewidth=0.9, label=label, **line(place))
    if np.unique(units.positives).size == 2:
        fpr, tpr = roc_points(units.positives, units.scores)
        label = f"pooled: {np.trapezoid(tpr, fpr):.2f}"
        axes.plot(fpr, tpr, color=INK, linewidth=1.8, label=label)


def _draw_classes(axes: Axes, units: ClassUnits) -> None:
    for code, name in enumerate(units.classes):
        own = units.labels == code
        if np.unique(own).size < 2:
            absent(axes, f"{shorten(name, 18)}: none or all")
            continue
        fpr, tpr = roc_points(own, units.probabilities[:, code])
        label = f"{shorten(name, 18)}: {np.trapezoid(tpr, fpr):.2f}"
        axes.plot(fpr, tpr, linewidth=1.4, label=label, **line(code))
