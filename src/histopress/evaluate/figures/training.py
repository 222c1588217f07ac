"""The course of the trainings of a model's folds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from histopress.evaluate.figures.canvas import (
    legend_below,
    legend_inches,
    sentence_figure,
    sheet,
    styled,
    whole_ticks,
)
from histopress.evaluate.style import PALETTE, line, shorten

STEPS = ("epoch", "strength")
"""Columns that a history may run over, and ``best``, are no quantities."""
AXES = {"epoch": "Epoch", "strength": "Inverse strength of the penalty"}
ACROSS = 3
MOST = 12
"""Most trainings that have a colour and a name each."""

Row = Mapping[str, Any]


@styled
def training_figure(histories: Mapping[str, Sequence[Row]], *, title: str) -> Figure:
    """Draw every quantity of the histories by epoch or strength, a line a training.

    A filled circle marks the row that was kept. Losses share one scale, so that training and
    validation can be compared by eye. Values that are missing or not finite leave a gap.

    Parameters
    ----------
    histories : mapping of str to sequence of mapping
        Rows of ``history.csv`` by the name of the fold; values may be text.
    title : str
        Name of the model.
    """
    known = {name: list(rows) for name, rows in histories.items() if rows}
    if not known:
        return sentence_figure("No training has a history.", title=title)
    first = next(iter(known.values()))[0]
    step = next((name for name in STEPS if name in first), None)
    quantities = _quantities(known)
    if step is None or not quantities:
        return sentence_figure("The histories hold no quantity by epoch or strength.", title=title)
    across = 2 if len(quantities) == 4 else min(ACROSS, len(quantities))
    down = -(-len(quantities) // across)
    named = len(known) <= MOST
    most = max(2, int(across * 2.6))
    legend = legend_inches(len(known) if named else 1, most)
    figure = sheet(2.6 * across + 0.3, 2.1 * down + 0.35 + legend)
    places = figure.subplots(down, across, squeeze=False).ravel()
    for axes, quantity in zip(places, quantities, strict=False):
        for place, (name, rows) in enumerate(known.items()):
            _draw(axes, rows, (step, quantity), name=name, place=place if named else None)
        _label(axes, step, quantity)
    for axes in places[len(quantities) :]:
        axes.set_visible(False)
    _share([axes for axes, name in zip(places, quantities, strict=False) if name.endswith("_loss")])
    if not named:
        places[0].plot([], [], label=f"one line a training ({len(known)})", **_crowd())
    legend_below(figure, places[0], most=most)
    figure.suptitle(shorten(title, int(30 * across)), x=0.01, ha="left", fontsize=9)
    return figure


def _quantities(histories: Mapping[str, Sequence[Row]]) -> list[str]:
    names = {name: None for rows in histories.values() for row in rows for name in row}
    found = [name for name in names if name not in (*STEPS, "best", "learning_rate")]
    return [*found, *(["learning_rate"] if "learning_rate" in names else [])]


def _draw(
    axes: Axes, rows: Sequence[Row], of: tuple[str, str], *, name: str, place: int | None
) -> None:
    step, quantity = of
    x = np.array([_number(row.get(step)) for row in rows])
    y = np.array([_number(row.get(quantity)) for row in rows])
    look = _crowd() if place is None else {"linewidth": 1.0, **line(place)}
    label = "_" if place is None else shorten(name, 20)
    axes.plot(x, y, label=label, marker="." if len(x) == 1 else "", markersize=3, **look)
    best = np.array([_number(row.get("best")) == 1 for row in rows])
    kept = np.flatnonzero(best)[-1:]
    axes.plot(
        x[kept], y[kept], "o", color=look["color"], markersize=4, alpha=look.get("alpha"),
        markeredgecolor="white", markeredgewidth=0.5, zorder=3,
    )  # fmt: skip


def _label(axes: Axes, step: str, quantity: str) -> None:
    words = quantity.replace("_", " ").replace("auc", "AUC")
    axes.set_title(words[0].upper() + words[1:], loc="left", fontsize=8)
    axes.set_xlabel(AXES[step])
    if step == "strength":
        axes.set_xscale("log")
        _powers(axes.xaxis)
    else:
        whole_ticks(axes, "x", 6)
        if axes.get_xlim()[1] < 2:
            axes.set(xlim=(0.5, 1.5), xticks=[1])
    if quantity == "learning_rate":
        axes.set_yscale("log")
        _powers(axes.yaxis)


def _powers(axis: Axis) -> None:
    """Write powers of ten as numbers, at most five of them."""
    axis.set_major_locator(LogLocator(10, numticks=5))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: f"{value:g}")


def _share(panels: Sequence[Axes]) -> None:
    """Give panels one vertical scale."""
    for axes in panels[1:]:
        axes.sharey(panels[0])
    if panels:
        panels[0].autoscale(axis="y")


def _crowd() -> dict[str, Any]:
    return {"color": PALETTE[0], "linewidth": 0.6, "alpha": 0.45}


def _number(value: Any) -> float:
    """Read a cell; what is empty, no number or infinite is NaN, which leaves a gap."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return np.nan
    return number if np.isfinite(number) else np.nan
