"""Kaplan-Meier curves of groups."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from histopress.evaluate.figures.canvas import sentence_figure, styled
from histopress.evaluate.figures.steps import WIDTH, StepCurve, band_words, steps_figure
from histopress.evaluate.survival.kaplan_meier import kaplan_meier
from histopress.evaluate.survival.times import Survival


@styled
def kaplan_meier_figure(
    groups: Mapping[str, Survival],
    *,
    title: str,
    unit: str,
    cut: str | None = None,
    test: str | None = None,
    note: str | None = None,
    level: float = 0.95,
) -> Figure:
    """Draw survival of groups with intervals, censor ticks and numbers at risk.

    Bands are pointwise, on the scale log(-log S). No test is made here: the plain log-rank p of
    groups that a cross-validated model made is wrong, so only a p-value that the caller has found
    by a fitting method is printed, with the method's name.

    Parameters
    ----------
    groups : mapping of str to Survival
        By name, in the legend's order; a group may be empty.
    title : str
    unit : str
        Of the times.
    cut : str, optional
        What groups were cut at, such as "the median risk"; the caption adds that it came from the
        training fold. None where groups are not made from a score.
    test : str, optional
        P-value and its method, in words.
    note : str, optional
    level : float
        Coverage of the bands.
    """
    if not sum(map(len, groups.values())):
        return sentence_figure("There are no patients with follow-up.", title=title, width=WIDTH)
    lines = [
        band_words("Kaplan-Meier", level=level, n_curves=len(groups)),
        f"Groups are cut at {cut}, taken from the training fold." if cut else None,
        test,
        note,
    ]
    return steps_figure(
        [_curve(name, each, level) for name, each in groups.items()],
        title=title,
        unit=unit,
        label="Survival",
        caption="\n".join(filter(None, lines)),
    )


def _curve(name: str, survival: Survival, level: float) -> StepCurve:
    events = "event" if survival.n_events == 1 else "events"
    words = f"(n = {len(survival):,}, {survival.n_events:,} {events})"
    if not len(survival):
        none, zero = np.zeros(0), np.zeros(0, np.int64)
        return StepCurve(
            name=name, words="(n = 0)", start=np.nan, times=none, values=none, low=none, high=none,
            at_risk=zero, censored=zero,
        )  # fmt: skip
    curve = kaplan_meier(survival, level)
    leaving = curve.at_risk - np.append(curve.at_risk[1:], 0)
    return StepCurve(
        name=name,
        words=words,
        start=1.0,
        times=curve.times,
        values=curve.survival,
        low=curve.low,
        high=curve.high,
        at_risk=curve.at_risk,
        censored=leaving - curve.deaths,
    )
