"""What all figures of an evaluation share: file, title, caption, and a sentence in their stead."""

from pathlib import Path
from textwrap import wrap
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from histopress.evaluate.intervals import Interval
from histopress.evaluate.style import INK, PALE, STYLE

LINE_INCHES = 0.13
"""Height of a line of a caption."""

TITLE_INCHES = 0.15
"""Height of the title of a legend."""

LETTERS_AN_INCH = 19
"""Of a caption; those of a title are fewer."""

DASHED: Any = {"color": PALE, "linewidth": 0.8, "linestyle": (0, (2, 2)), "zorder": 0}
"""Look of lines that stand for chance, identity or no effect."""

styled = mpl.rc_context(STYLE)
"""Decorates functions that draw, so that no global setting is read or left behind."""


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
        _settle(figure)
        metadata = {"Date": None, "Creator": "histopress", "Description": description}
        figure.savefig(path, format="svg", metadata=metadata)


def _settle(figure: Figure) -> None:
    """Lay out once and round: the solver's last digits depend on where objects lie in memory."""
    engine = figure.get_layout_engine()
    if engine is None:
        return
    engine.execute(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = axes.get_position(original=True).bounds
        axes.set_position((round(left, 5), round(bottom, 5), round(width, 5), round(height, 5)))


def sheet(width: float, height: float, caption: str = "") -> Figure:
    """Give an empty figure, as much higher as its caption needs, with the caption in it.

    Parameters
    ----------
    width, height : float
        Inches; the height is without the caption.
    caption : str
        Each line is broken where it would run over the edge.
    """
    lines = [part for line in caption.splitlines() for part in broken(line, width)]
    own = LINE_INCHES * len(lines) + 0.05 if lines else 0.0
    whole = height + own
    figure = Figure(figsize=(width, whole), layout="constrained")
    _keep_below(figure, own)
    if lines:
        place: dict[str, Any] = {"x": 0.02, "y": 0.05 / whole, "ha": "left", "va": "bottom"}
        text = figure.supxlabel("\n".join(lines), fontsize=7, color=INK, **place)
        text.set_in_layout(False)
    return figure


def _keep_below(figure: Figure, inches: float) -> None:
    """Keep room at the lower edge: matplotlib gives a caption and a legend there the same one."""
    share = inches / figure.get_figheight()
    figure.set_layout_engine(ConstrainedLayoutEngine(rect=(0, share, 1, 1 - share)))


def broken(text: str, width: float) -> list[str]:
    """Break a text into lines of a caption that is ``width`` inches wide."""
    return wrap(text, int(width * LETTERS_AN_INCH) - 2) or [""]


def write_title(axes: Axes, title: str, *, inches: float) -> None:
    """Write a title from the left edge of the axes, in two lines at most.

    Parameters
    ----------
    axes : Axes
    title : str
    inches : float
        Width that it may take.
    """
    lines = wrap(title, max(12, int(inches * 13.5)), max_lines=2, placeholder=" …")
    axes.set_title("\n".join(lines), fontsize=9, loc="left")


@styled
def sentence_figure(sentence: str, *, title: str, width: float = 3.6) -> Figure:
    """Draw a sentence where there is nothing to draw: why a figure is empty.

    Parameters
    ----------
    sentence : str
    title : str
    width : float
        Inches.
    """
    lines = broken(sentence, width - 0.6)
    figure = sheet(width, 0.9 + LINE_INCHES * len(lines))
    axes = figure.add_subplot()
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=PALE)
    write_title(axes, title, inches=width - 0.1)
    middle: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
    axes.text(0.5, 0.5, "\n".join(lines), fontsize=7, color=INK, **middle)
    return figure


def with_bounds(interval: Interval) -> str:
    """Say a figure with its bounds.

    Examples
    --------
    >>> from histopress.evaluate.intervals import no_interval
    >>> with_bounds(no_interval("one class", level=0.95, n_patients=2, n_slides=2))
    'undefined'
    """
    return bounded(interval.estimate, interval.low, interval.high)


def bounded(value: float | None, low: float | None, high: float | None) -> str:
    """Say a value with its bounds, as far as they are known.

    Examples
    --------
    >>> bounded(0.1, -0.6, 0.8), bounded(0.7, None, None), bounded(None, None, None)
    ('0.10 [−0.60, 0.80]', '0.70', 'undefined')
    """
    if value is None:
        return "undefined"
    text = f"{value:.2f}"
    if low is not None and high is not None:
        text += f" [{low:.2f}, {high:.2f}]"
    return text.replace("-", "−")


def count(number: int, noun: str) -> str:
    """Say how many.

    Examples
    --------
    >>> count(1, "slide"), count(2400, "patient")
    ('1 slide', '2,400 patients')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def within_and_pooled(name: str, within: Interval, pooled: Interval, note: str | None) -> str:
    """Write the caption of a figure whose metric stands within folds and pooled."""
    return "\n".join(
        [
            f"{name} within folds {with_bounds(within)}; pooled {with_bounds(pooled)}",
            f"{within.level * 100:g} % intervals, {within.method};",
            f"{count(within.n_patients, 'patient')}, {count(within.n_slides, 'slide')}",
            *([note] if note else []),
        ]
    )


def columns(entries: int, most: int = 5) -> int:
    """Columns of a legend whose rows are about equally long."""
    return max(1, -(-entries // max(1, -(-entries // most))))


def legend_below(figure: Figure, axes: Axes, *, most: int = 4, title: str | None = None) -> None:
    """Put the legend of the axes below them, above the caption."""
    caption = figure.get_supxlabel()
    lift = LINE_INCHES * (caption.count("\n") + 1) + 0.05 if caption else 0.0
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        own = legend_inches(len(labels), most) + (TITLE_INCHES if title else 0)
        _keep_below(figure, lift + own)
        figure.legend(
            handles,
            labels,
            loc="lower center",
            bbox_to_anchor=(0.5, lift / figure.get_figheight()),
            title=title,
            title_fontsize=7,
            ncols=columns(len(labels), most),
            frameon=False,
            fontsize=7,
            handlelength=1.6,
            columnspacing=1.2,
        )


def legend_inside(axes: Axes, where: str) -> None:
    """Put the legend into a corner, over what it hides."""
    look: Any = {"loc": where}
    legend = axes.legend(fontsize=7, handlelength=1.6, edgecolor="none", **look)
    legend.get_frame().set(alpha=0.9, facecolor="white")


def legend_inches(entries: int, most: int = 4) -> float:
    """Height of a legend below."""
    return 0.147 * -(-entries // most) + 0.13 if entries else 0.0


def whole_ticks(axes: Axes, which: Literal["x", "y"], most: int = 5) -> None:
    """Put ticks at whole numbers only."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(most, integer=True))


def absent(axes: Axes, label: str) -> None:
    """Name in the legend what could not be drawn."""
    axes.add_line(Line2D([], [], linestyle="", label=label))
