"""Calibration of predicted risks at a horizon."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from histopress.evaluate.figures.canvas import (
    DASHED,
    bounded,
    count,
    sentence_figure,
    sheet,
    styled,
    write_title,
)
from histopress.evaluate.style import INK, PALETTE
from histopress.evaluate.survival.horizon_calibration import Bounded, HorizonCalibration, RiskGroup


@styled
def horizon_calibration_figure(
    calibration: HorizonCalibration, *, title: str, unit: str, note: str | None = None
) -> Figure:
    """Draw observed against predicted risk until a horizon, by groups of predicted risk.

    Parameters
    ----------
    calibration : HorizonCalibration
    title : str
    unit : str
        Of the horizon.
    note : str, optional
    """
    known = [group for group in calibration.groups if group.observed is not None]
    if not known:
        why = calibration.undefined.get("observed", "no group was followed so long")
        sentence = f"Calibration at {calibration.horizon:g} {unit} is undefined: {why}."
        return sentence_figure(sentence, title=title)
    figure = sheet(3.6, 3.7, _caption(calibration, unit, note=note))
    axes = figure.add_subplot()
    ends = [0.1]
    for group in known:
        ends += [group.predicted, _draw_group(axes, group)]
    high = min(1.0, max(ends) * 1.04) + 0.015
    axes.plot([0, 1], [0, 1], **DASHED)
    axes.set(xlim=(-0.02 * high, high), ylim=(-0.02 * high, high), aspect="equal")
    axes.set_xlabel(f"Predicted risk until {calibration.horizon:g} {unit}")
    axes.set_ylabel("Observed risk (1 - Kaplan-Meier)")
    write_title(axes, title, inches=3.0)
    return figure


def _draw_group(axes: Axes, group: RiskGroup) -> float:
    """Draw a group's point and interval; return the upper bound."""
    observed = group.observed
    if observed is None:
        return 0.0
    bounds = [observed.low, observed.high]
    axes.plot([group.predicted] * 2, bounds, color=PALETTE[0], linewidth=1.3)
    axes.plot(group.predicted, observed.value, "o", color=PALETTE[0], markersize=5)
    words: dict[str, Any] = {
        "xytext": (4, -7),
        "textcoords": "offset points",
        "fontsize": 6,
        "color": INK,
    }
    axes.annotate(f"{group.n_patients:,}", (group.predicted, observed.value), **words)
    return observed.high


def _caption(calibration: HorizonCalibration, unit: str, *, note: str | None) -> str:
    unknown = sum(group.observed is None for group in calibration.groups)
    level = f"{calibration.level * 100:g}"
    people = count(calibration.n_patients, "patient")
    events = count(calibration.n_events, "event")
    lines = [
        f"Observed over expected {_say(calibration.ratio)}; slope {_say(calibration.slope)}",
        f"{level} % intervals; {people}, {events} until {calibration.horizon:g} {unit}",
        "Numbers at points are patients",
        f"Groups not followed so long, left out: {unknown}" if unknown else None,
        note,
    ]
    return "\n".join(filter(None, lines))


def _say(figure: Bounded | None) -> str:
    return "undefined" if figure is None else bounded(figure.value, figure.low, figure.high)
