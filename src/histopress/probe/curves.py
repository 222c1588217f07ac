"""The course of a training, drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from histopress.evaluate.style import INK, PALE, STYLE, line, shorten

TOP = 8
"""Most curves of one panel; the rest would not be told apart."""


def history_figure(history: Sequence[Mapping[str, Any]], *, title: str, kept: int) -> Figure:
    """Draw losses, scores and step size by epoch.

    Parameters
    ----------
    history : sequence of mapping
        Rows of :class:`histopress.encoder.training.loop.Outcome`; columns whose names begin with
        ``loss`` are training losses, the others but ``learning_rate`` are of the tuning part.
    title : str
        Name of the encoder.
    kept : int
        Epoch whose weights are kept; marked by a line. 0 marks none.
    """
    columns = [name for name in history[0] if name not in ("epoch", "best")] if history else []
    losses = [name for name in columns if "loss" in name]
    entropies = [name for name in columns if name.startswith("cross-entropy")]
    rest = [name for name in columns if name not in (*losses, *entropies, "learning_rate")]
    panels = [
        ("Training loss", losses),
        ("Tuning part, cross-entropy", entropies),
        ("Tuning part", rest),
        ("Step size", ["learning_rate"] if columns else []),
    ]
    shown = [(label, names) for label, names in panels if names] or [("No epoch was trained", [])]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.2 * len(shown), 2.6), layout="constrained")
        for axes, (label, names) in zip(
            figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True
        ):
            _panel(axes, history, names, kept=kept)
            axes.set_title(label, loc="left", fontsize=8)
            if names == ["learning_rate"]:
                axes.set_yscale("log")
        figure.suptitle(shorten(title, 60), x=0.01, ha="left", fontsize=9)
    return figure


def _panel(
    axes: Axes, history: Sequence[Mapping[str, Any]], names: Sequence[str], *, kept: int
) -> None:
    epochs = [row["epoch"] for row in history]
    mark = "o" if len(epochs) < 3 else ""
    for place, name in enumerate(names[:TOP]):
        label = shorten(name.removeprefix("loss ").removeprefix("cross-entropy "), 32)
        values = [row[name] for row in history]
        width = 1.6 if name in ("loss", "score") else 0.9
        axes.plot(epochs, values, label=label, linewidth=width, marker=mark, **line(place))
    if kept:
        axes.axvline(kept, color=PALE, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
        axes.annotate(
            "kept", (kept, 1), xycoords=("data", "axes fraction"), fontsize=6, color=INK,
            ha="right", va="bottom",
        )  # fmt: skip
    axes.set_xlabel("Epoch")
    if len(names) > 1:
        axes.legend(fontsize=6, frameon=False, handlelength=1.4)
