"""Cumulative incidence where other events may come first."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from histopress.evaluate.figures.canvas import sentence_figure, styled
from histopress.evaluate.figures.steps import WIDTH, StepCurve, band_words, steps_figure
from histopress.evaluate.survival.competing import CumulativeIncidence


@styled
def cumulative_incidence_figure(
    curves: Mapping[str, CumulativeIncidence],
    *,
    title: str,
    unit: str,
    note: str | None = None,
) -> Figure:
    """Draw cumulative incidence by group or by cause, with numbers at risk.

    Parameters
    ----------
    curves : mapping of str to CumulativeIncidence
        By the name of the group or cause, in the legend's order.
    title : str
    unit : str
        Of the times.
    note : str, optional
        Such as which events compete.
    """
    if not curves:
        return sentence_figure("There are no patients with follow-up.", title=title, width=WIDTH)
    level = next(iter(curves.values())).level
    lines = [
        band_words("Aalen-Johansen", level=level, n_curves=len(curves)),
        note,
    ]
    return steps_figure(
        [_curve(name, each) for name, each in curves.items()],
        title=title,
        unit=unit,
        label="Cumulative incidence",
        caption="\n".join(filter(None, lines)),
    )


def _curve(name: str, curve: CumulativeIncidence) -> StepCurve:
    leaving = curve.at_risk - np.append(curve.at_risk[1:], 0)
    events, competing = int(curve.events.sum()), int(curve.competing.sum())
    return StepCurve(
        name=name,
        words=f"(n = {curve.at_risk[0]:,}; events {events:,}, competing {competing:,})",
        start=0.0,
        times=curve.times,
        values=curve.incidence,
        low=curve.low,
        high=curve.high,
        at_risk=curve.at_risk,
        censored=leaving - curve.events - curve.competing,
    )
