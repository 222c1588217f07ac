"""The course of a training, drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from histopress.evaluate.style import INK, PALE, STYLE, line, shorten

PANELS = (
    ("Training loss", "loss"),
    ("Tuning part: cross-entropy", "cross-entropy"),
    ("Tuning part: balanced accuracy", "balanced accuracy"),
    ("Tuning part: accuracy", "tuning accuracy"),
    ("Step size", "learning_rate"),
)
"""Titles, and how the names of their columns begin."""
WHOLE = ("loss", "score")
TOP = 8
"""Most curves of one panel; the rest would not be told apart."""


def history_figure(history: Sequence[Mapping[str, Any]], *, title: str, kept: int) -> Figure:
    """Draw losses, scores and step size by epoch.

    Parameters
    ----------
    history : sequence of mapping
        Rows of :class:`histopress.encoder.training.loop.Outcome`; columns whose names begin with
        ``loss`` are training losses; ``score`` is left out where its parts are shown.
    title : str
        Name of the encoder.
    kept : int
        Epoch whose weights are kept; marked by a line. 0 marks none.
    """
    columns = [name for name in history[0] if name not in ("epoch", "best")] if history else []
    shown = [
        (title, names)
        for title, prefix in PANELS
        if (names := [name for name in columns if name == prefix or name.startswith(f"{prefix} ")])
    ]
    taken = {name for _, names in shown for name in names}
    if rest := [name for name in columns if name not in (*taken, "score")]:
        shown.insert(1, ("Further curves", rest))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.2 * max(len(shown), 1), 2.6), layout="constrained")
        panels = shown or [("No epoch was trained", [])]
        places = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (label, names) in zip(places, panels, strict=True):
            _panel(axes, history, names, kept=kept)
            axes.set_title(label, loc="left", fontsize=8)
            if names == ["learning_rate"]:
                axes.set_yscale("log")
                axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        figure.suptitle(shorten(title, 60), x=0.01, ha="left", fontsize=9)
    return figure


def _panel(
    axes: Axes, history: Sequence[Mapping[str, Any]], names: Sequence[str], *, kept: int
) -> None:
    epochs = [row["epoch"] for row in history]
    mark = "o" if len(epochs) < 3 else ""
    # A task has one colour in all panels: the sum of all comes first or not at all.
    order = [name for name in names if name not in WHOLE]
    for name in names[:TOP]:
        values = [row[name] for row in history]
        look = {"color": INK} if name in WHOLE else line(order.index(name))
        width = 1.6 if name in WHOLE else 0.9
        axes.plot(epochs, values, label=_label(name), linewidth=width, marker=mark, **look)
    if kept:
        axes.axvline(kept, color=PALE, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
        axes.annotate(
            "kept", (kept, 1), xycoords=("data", "axes fraction"), fontsize=6, color=INK,
            ha="right", va="bottom",
        )  # fmt: skip
    axes.set_xlabel("Epoch")
    if len(names) > 1:
        axes.legend(fontsize=6, frameon=False, handlelength=1.4)


def _label(name: str) -> str:
    """Leave out what the panel's title says."""
    for _, prefix in PANELS:
        name = name.removeprefix(f"{prefix} ")
    return shorten("all" if name == "loss" else name, 32)
