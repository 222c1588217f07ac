"""Figure of the transfer study: what each training set reaches, what each task adds."""

from collections.abc import Sequence
from textwrap import wrap

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from histopress.evaluate.style import INK, PALE, PALETTE, STYLE, shorten
from histopress.probe.effects import Effect
from histopress.probe.transfer import Cell, training_label

SCORES = LinearSegmentedColormap.from_list("scores", ["#F4F6F8", "#9DBBD6", "#20507E"])
DIFFERENCES = LinearSegmentedColormap.from_list(
    "differences", [PALETTE[5], "#F3C9AE", "#FFFFFF", "#A9CBE6", PALETTE[0]]
)
"""Vermilion to blue through white: told apart with any colour vision."""

LETTERS = 112
SMALLEST_RANGE = 0.02
NAME_LETTERS = 18


def transfer_figure(
    cells: Sequence[Cell],
    effects: Sequence[Effect],
    tasks: Sequence[str],
    *,
    metric: str,
    level: float,
) -> Figure:
    """Draw the matrix of training sets and probed tasks, and below it the added tasks' effects.

    Parameters
    ----------
    cells : sequence of Cell
        Rows in order of appearance.
    effects : sequence of Effect
    tasks : sequence of str
        Columns.
    metric : str
        Words for the scores.
    level : float
        Coverage of the effects' intervals.
    """
    rows = list(dict.fromkeys(cell.trained for cell in cells))
    with mpl.rc_context(STYLE):
        inches = 0.34 * (len(rows) + len(tasks)) + 2.9
        width = max(5.2, 2.2 + 1.05 * len(tasks))
        figure = Figure(figsize=(width, inches), layout="constrained")
        upper, lower = figure.subplots(2, gridspec_kw={"height_ratios": [len(rows), len(tasks)]})
        names = [shorten(training_label(each, tasks), 34) for each in rows]
        _frame(upper, names, tasks, ylabel="Trained on")
        upper.set_title(f"{metric}, mean ± standard deviation over seeds", fontsize=9, loc="left")
        _draw_cells(upper, cells, rows, tasks)
        _frame(lower, [f"+ {shorten(task, 30)}" for task in tasks], tasks, ylabel="Task added")
        lower.set_title(
            f"Difference by adding a task, {level * 100:g} % interval over seeds",
            fontsize=9,
            loc="left",
        )
        lower.set_xlabel("Task probed")
        _draw_effects(lower, effects, tasks)
        letters = round(LETTERS * width / 7.4)
        figure.supxlabel(
            "\n".join(wrap(_footer(effects), letters)), fontsize=7, x=0.02, ha="left", color=INK
        )
    return figure


def _frame(axes: Axes, rows: Sequence[str], tasks: Sequence[str], *, ylabel: str) -> None:
    axes.set(xlim=(-0.5, len(tasks) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    names = ["\n".join(wrap(shorten(task, 2 * NAME_LETTERS), NAME_LETTERS)) for task in tasks]
    axes.set_xticks(range(len(tasks)), names, fontsize=7)
    axes.set_yticks(range(len(rows)), rows, fontsize=7)
    axes.tick_params(length=0)
    axes.set_ylabel(ylabel)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_cells(
    axes: Axes, cells: Sequence[Cell], rows: Sequence[frozenset[str]], tasks: Sequence[str]
) -> None:
    """Colour by column: tasks differ in how hard they are, so each has its own range."""
    for column, task in enumerate(tasks):
        own = [cell for cell in cells if cell.task == task]
        low, high = min(cell.mean for cell in own), max(cell.mean for cell in own)
        span = max(high - low, SMALLEST_RANGE)
        for cell in own:
            spread = "" if cell.sd is None else f" ± {cell.sd:.3f}"
            color = SCORES((cell.mean - low) / span)
            _fill(axes, (column, rows.index(cell.trained)), color, f"{cell.mean:.3f}{spread}")


def _draw_effects(axes: Axes, effects: Sequence[Effect], tasks: Sequence[str]) -> None:
    reach = max([SMALLEST_RANGE, *(abs(effect.value) for effect in effects)])
    known = {(effect.added, effect.task) for effect in effects}
    for effect in effects:
        place = tasks.index(effect.task), tasks.index(effect.added)
        text = f"{effect.value:+.3f}"
        if effect.low is not None and effect.high is not None:
            text += f"\n[{effect.low:+.3f}, {effect.high:+.3f}]"
        apart = effect.verdict in ("helps", "hurts")
        color = DIFFERENCES((effect.value / reach + 1) / 2)
        _fill(axes, place, color, text.replace("-", "−"), bold=apart)
    for row, added in enumerate(tasks):
        for column, task in enumerate(tasks):
            if (added, task) not in known:
                _fill(axes, (column, row), to_rgb("white"), "–")


def _fill(
    axes: Axes, place: tuple[int, int], color: tuple[float, ...], text: str, *, bold: bool = False
) -> None:
    x, y = place
    red, green, blue = color[:3]
    dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
    edge, width = (INK, 1.4) if bold else (PALE, 0.3)
    inset = 0.03 if bold else 0.0
    axes.add_patch(
        Rectangle(
            (x - 0.5 + inset, y - 0.5 + inset),
            1 - 2 * inset,
            1 - 2 * inset,
            facecolor=color,
            edgecolor=edge,
            linewidth=width,
        )
    )
    axes.text(
        x,
        y,
        text,
        ha="center",
        va="center",
        fontsize=6,
        color="white" if dark else INK,
        fontweight="bold" if bold else "normal",
    )


def _footer(effects: Sequence[Effect]) -> str:
    seeds = sorted({effect.seeds for effect in effects})
    text = (
        "Above, colours compare within a column. Below, each cell compares encoders trained with "
        "and without the added task, all else equal; framed and bold where the interval excludes "
        "0, otherwise the seeds do not tell. A dash: no such pair was trained."
    )
    if seeds:
        counts = " to ".join(dict.fromkeys((str(seeds[0]), str(seeds[-1]))))
        text += f" Seeds: {counts}."
    return text
