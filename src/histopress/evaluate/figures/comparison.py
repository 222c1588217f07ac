"""All models side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from histopress.evaluate.figures.canvas import DASHED, sheet, styled, with_bounds, write_title
from histopress.evaluate.intervals import EXACT, Interval
from histopress.evaluate.style import INK, PALETTE, shorten

WIDTH = 6.4
NAMES: Mapping[str, str] = {
    "auc": "AUC",
    "spearman": "Spearman's ρ",
    "c": "Harrell's C",
    "c_uno": "Uno's C",
}
CHANCE: Mapping[str, float] = {
    "auc": 0.5,
    "spearman": 0.0,
    "c": 0.5,
    "c_uno": 0.5,
}
"""Of a model that knows nothing; metrics not named here have no such line."""


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One line of the comparison: a model on the embeddings of an encoder, for a target.

    Attributes
    ----------
    target, encoder, model : str
    interval : Interval
    metric : str
        What the interval is of, the same for all rows of a target.
    selected : bool
        The best of several rows, chosen by the patients who judge it.
    nested : bool
        Of the procedure that chooses among the rows within each training set.
    """

    target: str
    encoder: str
    model: str
    interval: Interval
    metric: str = "auc"
    selected: bool = False
    nested: bool = False


@styled
def comparison_figure(
    rows: Sequence[ComparisonRow], *, level: float = 0.95, notes: Mapping[str, str] | None = None
) -> Figure:
    """Draw each row's metric within folds and its interval, a panel a target.

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

    Raises
    ------
    ValueError
        There are no rows, or those of a target are of several metrics.
    """
    groups = _grouped(rows)
    sizes = [len(group) + 0.4 for group in groups.values()]
    metrics = [group[0].metric for group in groups.values()]
    shared = len(set(metrics)) == 1
    marks = _marks(rows)
    height = 0.8 + 0.24 * sum(sizes) + (0.32 if shared else 0.62) * len(sizes)
    height += 0.2 if marks else 0
    figure = sheet(WIDTH, height, _note(rows, notes or {}))
    panels = figure.subplots(
        len(sizes), sharex=shared, squeeze=False, gridspec_kw={"height_ratios": sizes}
    )[:, 0]
    for axes, metric, (target, group) in zip(panels, metrics, groups.items(), strict=True):
        _draw_group(axes, group)
        write_title(axes, target, inches=3.6)
        axes.set_xlim(*_limits([row for row in rows if row.metric == metric], metric))
        if not shared or axes is panels[-1]:
            name = NAMES.get(metric, metric.replace("_", " ").capitalize())
            axes.set_xlabel(f"{name} within folds, {level * 100:g} % interval over patients")
    if marks:
        figure.legend(handles=marks, loc="outside upper left", ncols=3, frameon=False, fontsize=7)
    return figure


def _grouped(rows: Sequence[ComparisonRow]) -> dict[str, list[ComparisonRow]]:
    if not rows:
        raise ValueError("there are no rows to compare")
    groups: dict[str, list[ComparisonRow]] = {}
    for row in rows:
        groups.setdefault(row.target, []).append(row)
    for target, group in groups.items():
        if len(metrics := {row.metric for row in group}) > 1:
            raise ValueError(f"rows of target '{target}' are of {len(metrics)} metrics, must be 1")
    return groups


def _limits(rows: Sequence[ComparisonRow], metric: str) -> tuple[float, float]:
    """Bounds that hold every interval and chance, and leave out what nothing reaches."""
    ends = [
        end
        for row in rows
        for end in (row.interval.low, row.interval.estimate, row.interval.high)
        if end is not None
    ]
    chance = CHANCE.get(metric)
    if chance is None:
        low, high = min(ends, default=0.0), max(ends, default=1.0)
        margin = 0.05 * (high - low) or 0.05
        return low - margin, high + margin
    # Chance has room on its left, so that a model below it is seen to be so.
    low = min([chance - 0.05, *(end - 0.03 for end in ends)])
    return max(low, 2 * chance - 1 - 0.01), 1.01


def _note(rows: Sequence[ComparisonRow], notes: Mapping[str, str]) -> str:
    words = []
    if any(row.interval.method == EXACT for row in rows):
        words.append("Open mark: exact one-sided bound.")
    if len(rows) > 1:
        words.append("Rows share patients: overlap is no test; the best of several is selected.")
    return "\n".join([" ".join(words), *(f"{name}: {each}" for name, each in notes.items())])


def _draw_group(axes: Axes, group: Sequence[ComparisonRow]) -> None:
    chance = CHANCE.get(group[0].metric)
    if chance is not None:
        axes.axvline(chance, **DASHED)
    for place, row in enumerate(group):
        _draw_row(axes, row, place)
    names = [f"{shorten(row.encoder)} · {shorten(row.model)}" for row in group]
    axes.set_yticks(range(len(group)), names)
    axes.set_ylim(len(group) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_row(axes: Axes, row: ComparisonRow, place: int) -> None:
    interval = row.interval
    label = f"{with_bounds(interval)}   {interval.n_patients} patients"
    across = axes.get_yaxis_transform()
    axes.text(1.02, place, label, transform=across, va="center", fontsize=7, color=INK)
    if interval.estimate is None:
        return
    shape, color, _ = _look(row)
    if interval.low is not None and interval.high is not None:
        axes.plot([interval.low, interval.high], [place] * 2, color=color, linewidth=1.4)
    face = "white" if interval.method == EXACT else color
    point = axes.plot(interval.estimate, place, shape, color=color, markerfacecolor=face)
    point[0].set(markersize=5, clip_on=False, zorder=3)


def _look(row: ComparisonRow) -> tuple[str, str, str]:
    if row.nested:
        return "s", PALETTE[2], "chosen within each training set (nested)"
    if row.selected:
        return "D", PALETTE[5], "the best of several: its figure is too high"
    return "o", PALETTE[0], "given beforehand"


def _marks(rows: Sequence[ComparisonRow]) -> list[Line2D]:
    looks = dict.fromkeys(_look(row) for row in rows)
    if len(looks) < 2 and not any(row.selected or row.nested for row in rows):
        return []
    return [
        Line2D([], [], linestyle="", marker=shape, color=color, markersize=5, label=words)
        for shape, color, words in looks
    ]
