"""Whether predicted probabilities are the shares observed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import norm

from histopress.evaluate.figures.canvas import (
    DASHED,
    sentence_figure,
    sheet,
    styled,
    whole_ticks,
    with_bounds,
    write_title,
)
from histopress.evaluate.intervals import Interval
from histopress.evaluate.style import INK, PALETTE, shorten

WILSON = "Bars: 95 % intervals (Wilson), patients taken as independent"


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Units of similar predicted probability.

    Attributes
    ----------
    predicted : float
        Mean predicted probability.
    observed : float
        Share of positives.
    low, high : float
        Interval of ``observed``.
    n : int
    n_patients : int or None
        Where known; the interval rests on them.
    """

    predicted: float
    observed: float
    low: float
    high: float
    n: int
    n_patients: int | None = None


def wilson_bins(
    points: Sequence[Mapping[str, Any]], level: float = 0.95
) -> tuple[ReliabilityBin, ...]:
    """Give the bins of :func:`histopress.evaluate.calibration.reliability` their intervals.

    Wilson's (JASA 1927), which take observations as independent. Slides of one patient are not, so
    a bin counts with its patients where they are known: as if all slides of each agreed, the least
    that they can tell.

    Parameters
    ----------
    points : sequence of mapping
        ``n``, ``predicted`` and ``observed`` of each bin, and ``n_patients`` if known.
    level : float

    Examples
    --------
    >>> found = wilson_bins([{"n": 10, "predicted": 0.2, "observed": 0.0}])
    >>> found[0].low, round(found[0].high, 3)
    (0.0, 0.278)
    """
    bins = []
    for point in points:
        low, high = wilson(point["observed"], point.get("n_patients", point["n"]), level)
        bins.append(ReliabilityBin(**point, low=low, high=high))
    return tuple(bins)


def wilson(share: float, n: int, level: float) -> tuple[float, float]:
    """Wilson's interval of a proportion.

    Examples
    --------
    >>> low, high = wilson(0.0, 10, 0.95)
    >>> low, round(high, 3)
    (0.0, 0.278)
    """
    z = float(norm.ppf((1 + level) / 2))
    centre = (share + z * z / 2 / n) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / 4 / n / n) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


@styled
def reliability_figure(
    bins: Sequence[ReliabilityBin],
    probabilities: Float64[np.ndarray, " n"],
    *,
    title: str,
    event: str,
    slope: Interval | None = None,
    intercept: Interval | None = None,
    bars: str = WILSON,
    note: str | None = None,
) -> Figure:
    """Draw observed shares against predicted probabilities, above the latter's distribution.

    Parameters
    ----------
    bins : sequence of ReliabilityBin
    probabilities : float64 ndarray (n,)
        Of all units, for the histogram.
    title : str
    event : str
        What is predicted, such as the name of the positive class.
    slope, intercept : Interval, optional
        Of a logistic regression on the logit of the probabilities, for the caption.
    bars : str
        What the bars of the bins are, for the caption.
    note : str, optional
        What else a reader must know.
    """
    if not bins:
        return sentence_figure("No probability was predicted.", title=title)
    figure = sheet(3.6, 4.4, _caption(slope, intercept, bars=bars, note=note))
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    axes.plot([0, 1], [0, 1], **DASHED)
    _draw_bins(axes, bins)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_ylabel(f"Observed share of {shorten(event, 30)}")
    below.hist(probabilities, bins=np.linspace(0, 1, 41).tolist(), color=PALETTE[0], alpha=0.6)
    below.set_xlabel(f"Predicted probability of {shorten(event, 30)}")
    below.set_ylabel("Number")
    whole_ticks(below, "y", 3)
    write_title(axes, title, inches=3.0)
    figure.align_ylabels([axes, below])
    return figure


def _draw_bins(axes: Axes, bins: Sequence[ReliabilityBin]) -> None:
    x = [each.predicted for each in bins]
    y = [each.observed for each in bins]
    for each in bins:
        bounds = [each.low, each.high]
        axes.plot([each.predicted] * 2, bounds, color=PALETTE[0], linewidth=1.1, alpha=0.8)
    axes.plot(x, y, "o-", color=PALETTE[0], markersize=4.5, linewidth=0.7)
    sizes = sorted({each.n for each in bins})
    about = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
    words = f"{len(bins)} bins of {about}" if len(bins) > 1 else f"1 bin of {about}"
    axes.text(0.02, 0.97, words, transform=axes.transAxes, va="top", fontsize=7, color=INK)


def _caption(
    slope: Interval | None, intercept: Interval | None, *, bars: str, note: str | None
) -> str:
    lines = []
    if slope is not None:
        lines.append(f"Calibration slope {with_bounds(slope)} (1 is right)")
    if intercept is not None:
        lines.append(f"Calibration intercept {with_bounds(intercept)} (0 is right)")
    return "\n".join([*lines, bars, *([note] if note else [])])
