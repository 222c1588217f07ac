"""Step curves over time with the numbers at risk below them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from histopress.evaluate.figures.canvas import legend_below, legend_inches, sheet, write_title
from histopress.evaluate.style import INK, line, shorten

WIDTH = 4.8
ROW_INCHES = 0.16
MOST_BANDS = 4
"""More curves than these are drawn without bands, which would hide each other."""
MONTHS = (1, 2, 3, 6, 12, 24, 36, 60, 120)


def band_words(method: str, *, level: float, n_curves: int) -> str:
    """Say what bands and ticks are."""
    bands = f"; bands: pointwise {level * 100:g} % intervals" if n_curves <= MOST_BANDS else ""
    return f"{method}{bands}. Ticks: censored."


@dataclass(frozen=True, kw_only=True, eq=False)
class StepCurve:
    """A curve that holds each value from its time on.

    Attributes
    ----------
    name : str
    words : str
        What the legend says after the name.
    start : float
        Value before the first time.
    times, values, low, high : float64 ndarray (times,)
    at_risk : int64 ndarray (times,)
        Just before each time.
    censored : int64 ndarray (times,)
        Marked by ticks.
    """

    name: str
    words: str
    start: float
    times: Float64[np.ndarray, " times"]
    values: Float64[np.ndarray, " times"]
    low: Float64[np.ndarray, " times"]
    high: Float64[np.ndarray, " times"]
    at_risk: Int[np.ndarray, " times"]
    censored: Int[np.ndarray, " times"]

    def still_at_risk(self, ticks: Float64[np.ndarray, " ticks"]) -> Int[np.ndarray, " ticks"]:
        """Observed until each tick or longer."""
        return np.append(self.at_risk, 0)[np.searchsorted(self.times, ticks, side="left")]


def steps_figure(
    curves: Sequence[StepCurve], *, title: str, unit: str, label: str, caption: str
) -> Figure:
    """Draw step curves with bands, censor ticks, and the numbers at risk at the axis's ticks.

    Parameters
    ----------
    curves : sequence of StepCurve
    title, unit : str
    label : str
        Of the vertical axis.
    caption : str
    """
    across = 2 if max(len(each.name) + len(each.words) for each in curves) < 34 else 1
    table = ROW_INCHES * (len(curves) + 1)
    height = 3.1 + table + legend_inches(len(curves), across)
    figure = sheet(WIDTH, height, caption)
    axes, below = figure.subplots(
        2, 1, sharex=True, height_ratios=[2.7, table], gridspec_kw={"hspace": 0.02}
    )
    last = max((float(each.times[-1]) for each in curves if each.times.size), default=0.0) or 1.0
    for place, curve in enumerate(curves):
        _draw(axes, curve, place)
        if len(curves) <= MOST_BANDS:
            _draw_band(axes, curve, place)
    ticks = _ticks(last, unit)
    axes.set(xlim=(-0.02 * last, 1.02 * last), ylim=(-0.02, 1.03))
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.tick_params(axis="x", labelbottom=True)
    axes.set_xlabel(f"Time ({unit})")
    axes.set_ylabel(label)
    write_title(axes, title, inches=WIDTH - 0.8)
    _write_table(below, curves, ticks)
    legend_below(figure, axes, most=across)
    return figure


def _draw(axes: Axes, curve: StepCurve, place: int) -> None:
    look = line(place)
    label = f"{shorten(curve.name, 34)} {curve.words}"
    times = np.append(0.0, curve.times)
    values = np.append(curve.start, curve.values)
    axes.plot(times, values, drawstyle="steps-post", linewidth=1.4, label=label, **look)
    if not curve.times.size:
        return
    ticks = curve.censored > 0
    axes.plot(
        curve.times[ticks],
        curve.values[ticks],
        linestyle="",
        marker="|",
        markersize=5,
        markeredgewidth=0.8,
        color=look["color"],
    )


def _draw_band(axes: Axes, curve: StepCurve, place: int) -> None:
    if not curve.times.size:
        return
    times = np.append(0.0, curve.times)
    low, high = np.append(curve.start, curve.low), np.append(curve.start, curve.high)
    look = {"color": line(place)["color"], "alpha": 0.13, "linewidth": 0, "zorder": 0.5}
    axes.fill_between(times, low, high, step="post", **look)


def _ticks(last: float, unit: str) -> Float64[np.ndarray, " ticks"]:
    """Round times, of months parts or multiples of years, the last within follow-up."""
    if unit == "months" and last >= 6:
        step = next((each for each in MONTHS if last / each <= 7), 12 * np.ceil(last / 84))
        return np.arange(0, last * (1 + 1e-9), step)
    places = MaxNLocator(6, integer=last >= 4, steps=[1, 2, 2.5, 5, 10])
    ticks = np.asarray(places.tick_values(0, last))
    return ticks[(ticks >= 0) & (ticks <= last * (1 + 1e-9))]


def _write_table(axes: Axes, curves: Sequence[StepCurve], ticks: np.ndarray) -> None:
    axes.set_ylim(len(curves) - 0.5, -1.5)
    axes.set_yticks(range(len(curves)), [shorten(each.name, 22) for each in curves], fontsize=7)
    across = axes.get_yaxis_transform()
    for place in range(len(curves)):
        square = axes.plot(-0.065, place, "s", color=line(place)["color"], transform=across)
        square[0].set(markersize=4, clip_on=False)
    axes.tick_params(length=0, labelbottom=False)
    axes.tick_params(axis="y", pad=24)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.text(0, -1, "Number at risk", fontsize=7, color=INK, va="center", ha="left")
    for place, curve in enumerate(curves):
        for tick, number in zip(ticks, curve.still_at_risk(ticks), strict=True):
            axes.text(tick, place, f"{number:,}", fontsize=7, color=INK, ha="center", va="center")
