"""Scores by true class."""

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from histopress.evaluate.figures.canvas import (
    DASHED,
    legend_below,
    legend_inches,
    sheet,
    styled,
    write_title,
)
from histopress.evaluate.style import INK, marker, shorten
from histopress.evaluate.units import ClassUnits

UPRIGHT = 8
"""Classes whose names stand upright below their columns; more names are turned."""


@styled
def scores_figure(units: ClassUnits, *, title: str) -> Figure:
    """Draw every unit's score by true class, a column of points a fold.

    Folds stand side by side because their models have scales of their own. Of two classes the
    score is the probability of the positive one, otherwise that of the true class. Bars are
    medians.
    """
    folds = np.unique(units.folds)
    width = min(14.0, max(3.6, 0.9 + len(units.classes) * max(0.9, 0.22 * len(folds))))
    most = int(width / 0.72)
    turned = 0.0 if len(units.classes) <= UPRIGHT else 1.6
    figure = sheet(width, 3.2 + turned + legend_inches(len(folds), most))
    axes = figure.add_subplot()
    own = units.probabilities[np.arange(len(units)), units.labels]
    values = units.scores if units.binary else own
    axes.axhline(1 / len(units.classes), **DASHED)
    step = 0.8 / max(1, len(folds))
    for place, fold in enumerate(folds):
        for code in range(len(units.classes)):
            column = values[(units.folds == fold) & (units.labels == code)]
            center = code + (place - (len(folds) - 1) / 2) * step
            _draw_column(axes, column, center=center, step=step, place=place)
        axes.plot([], [], linestyle="", label=f"fold {fold}", **marker(place))
    _name_classes(axes, units)
    shown = f"'{shorten(units.classes[units.positive], 20)}'" if units.binary else "the true class"
    axes.set_ylabel(f"Probability of {shown}")
    axes.set_xlabel(f"True class ({units.level}s)")
    write_title(axes, title, inches=width - 0.6)
    legend_below(figure, axes, most=most)
    return figure


def _name_classes(axes: Axes, units: ClassUnits) -> None:
    counts = np.bincount(units.labels, minlength=len(units.classes))
    upright = len(units.classes) <= UPRIGHT
    gap = "\n" if upright else " "
    longest = 16 if upright else 26
    names = [
        f"{shorten(name, longest)}{gap}(n = {n})"
        for name, n in zip(units.classes, counts, strict=True)
    ]
    axes.set_xticks(range(len(names)), names)
    if not upright:
        axes.tick_params(axis="x", labelrotation=90, labelsize=7)
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(-0.03, 1.03))


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
