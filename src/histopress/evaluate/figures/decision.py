"""Decision curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float64
from matplotlib.figure import Figure

from histopress.evaluate.figures.canvas import (
    legend_below,
    legend_inches,
    sentence_figure,
    sheet,
    styled,
    write_title,
)
from histopress.evaluate.style import INK, PALE, line, shorten
from histopress.evaluate.survival.net_benefit import DecisionCurve

WIDTH = 4.2
Values = Float64[np.ndarray, " thresholds"]


@styled
def decision_figure(
    curves: Mapping[str, DecisionCurve],
    *,
    title: str,
    event: str,
    bands: Mapping[str, tuple[Values, Values]] | None = None,
    note: str | None = None,
) -> Figure:
    """Draw net benefit by threshold of one or several models, of treating all, and of none.

    Curves break off where net benefit is unknown, since those above the threshold were not
    followed so long.

    Parameters
    ----------
    curves : mapping of str to DecisionCurve
        By the name of the model; the first resample of each is the sample itself. All of the same
        patients, so that treating all is one curve.
    title : str
    event : str
        What is predicted and until when, for the axis.
    bands : mapping of str to two float64 ndarray (thresholds,), optional
        Lower and upper bounds of the models' curves.
    note : str, optional
    """
    if not any(np.isfinite(curve.model[0]).any() for curve in curves.values()):
        sentence = "Net benefit is unknown at every threshold."
        return sentence_figure(sentence, title=title, width=WIDTH)
    figure = sheet(WIDTH, 3.1 + legend_inches(len(curves) + 2, 2), note or "")
    axes = figure.add_subplot()
    first = next(iter(curves.values()))
    axes.axhline(0, color=INK, linewidth=0.8, label="treat none")
    all_look: dict[str, Any] = {"color": PALE, "linewidth": 1.2, "linestyle": (0, (4, 2))}
    axes.plot(first.thresholds, first.treat_all[0], label="treat all", **all_look)
    for place, (name, curve) in enumerate(curves.items()):
        look = line(place)
        mark = "." if np.isfinite(curve.model[0]).sum() == 1 else ""
        label = shorten(name, 26)
        axes.plot(curve.thresholds, curve.model[0], linewidth=1.4, label=label, marker=mark, **look)
        if bands and name in bands:
            low, high = bands[name]
            axes.fill_between(
                curve.thresholds, low, high, color=look["color"], alpha=0.13, linewidth=0
            )
    tops = [*first.treat_all[0], *(value for each in curves.values() for value in each.model[0])]
    tops += [value for _, high in (bands or {}).values() for value in high]
    highest = max(0.02, float(np.nanmax(tops)))
    axes.set(xlim=(0, float(first.thresholds.max())), ylim=(-0.3 * highest, 1.12 * highest))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value * 100:g} %")
    axes.set_xlabel(f"Threshold: risk of {shorten(event, 40)}")
    axes.set_ylabel("Net benefit")
    write_title(axes, title, inches=WIDTH - 0.8)
    legend_below(figure, axes, most=2)
    return figure
