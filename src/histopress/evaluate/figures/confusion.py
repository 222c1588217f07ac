"""Confusion matrix."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from histopress.evaluate.figures.canvas import sentence_figure, sheet, styled, write_title
from histopress.evaluate.style import INK, PALE, PALETTE, shorten

BLUES = LinearSegmentedColormap.from_list("white to blue", ["#FFFFFF", PALETTE[0]])
SHARES = 12
"""Classes of a matrix whose cells have room for a share below the count."""


@styled
def confusion_figure(
    counts: Int[np.ndarray, "classes classes"],
    classes: Sequence[str],
    *,
    title: str,
    level: str = "patient",
) -> Figure:
    """Draw how often each true class is taken for each class.

    Parameters
    ----------
    counts : int ndarray (classes, classes)
        Rows are true classes, columns predicted ones.
    classes : sequence of str
    title : str
    level : str
        What is counted, ``patient`` or ``slide``.
    """
    if not counts.sum():
        return sentence_figure(f"There are no {level}s to classify.", title=title)
    size = len(classes)
    side = min(9.0, 0.5 * size if size <= SHARES else 0.26 * size)
    longest = 28 if size > 3 else 16
    margin = 0.6 + 0.065 * max(min(len(name), longest) for name in classes)
    width = max(3.2, side + margin + 0.75)
    shown = "Shares are" if size <= SHARES else "Colours are shares"
    caption = f"{shown} of the true class, whose number of {level}s stands at the right."
    figure = sheet(width, side + margin + 0.45, caption)
    axes = figure.add_subplot()
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    axes.imshow(shares, cmap=BLUES, vmin=0, vmax=1)
    _write_cells(axes, counts, shares)
    names = [shorten(name, longest) for name in classes]
    axes.set_xticks(range(size), names, rotation=90 if size > 3 else 0)
    axes.set_yticks(range(size), names)
    for place, total in enumerate(totals[:, 0]):
        axes.text(size - 0.44, place, f"{total:,}", va="center", fontsize=7, color=INK)
    axes.set_xlabel("Predicted class")
    axes.set_ylabel("True class")
    for spine in axes.spines.values():
        spine.set(visible=True, color=PALE)
    axes.tick_params(length=0)
    write_title(axes, title, inches=width - margin)
    return figure


def _write_cells(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    small = len(counts) > SHARES
    for (row, column), value in np.ndenumerate(counts):
        if small and not value:
            continue
        filled = counts[row].any() and not small
        text = f"{value:,}\n{shares[row, column]:.0%}" if filled else f"{value:,}"
        color = "white" if shares[row, column] > 0.55 else INK
        size = 5 if small else 7
        axes.text(column, row, text, ha="center", va="center", fontsize=size, color=color)
