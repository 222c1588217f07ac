"""What a figure would be if labels said nothing."""

from typing import Any

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from histopress.evaluate.figures.canvas import (
    DASHED,
    legend_below,
    legend_inches,
    sentence_figure,
    sheet,
    styled,
    whole_ticks,
    write_title,
)
from histopress.evaluate.style import INK, PALETTE

WIDTH = 3.8


@styled
def null_figure(
    permuted: Float64[np.ndarray, " permutations"],
    *,
    observed: float | None,
    chance: float,
    metric: str,
    title: str,
    p: float | None = None,
    note: str | None = None,
) -> Figure:
    """Draw the distribution of a metric over permutations of the labels.

    Parameters
    ----------
    permuted : float64 ndarray (permutations,)
        NaN where undefined; counted in the caption.
    observed : float or None
        With the true labels.
    chance : float
        What the mean of the permutations ought to be.
    metric : str
        Name of the metric.
    title : str
    p : float, optional
        Of the observed figure among the permuted ones.
    note : str, optional
        How labels were permuted.
    """
    known = permuted[np.isfinite(permuted)]
    if not known.size:
        return sentence_figure("The metric is undefined in every permutation.", title=title)
    entries = 2 + (observed is not None)
    figure = sheet(WIDTH, 2.7 + legend_inches(entries, 1), _caption(permuted, p=p, note=note))
    axes = figure.add_subplot()
    ends = [*known, chance, *([] if observed is None else [observed])]
    low, high = min(ends), max(ends)
    margin = 0.06 * (high - low) or 0.05
    spread = float(np.ptp(known)) or margin
    steps = min(40, max(8, len(known) // 8)) | 1
    middle = (known.min() + known.max()) / 2
    bins = np.linspace(middle - 0.5 * spread, middle + 0.5 * spread, steps + 1).tolist()
    axes.hist(known, bins=bins, color=PALETTE[0], alpha=0.55)
    look: dict[str, Any] = {"linewidth": 1.0, "linestyle": (0, (4, 2)), "color": INK, "zorder": 4}
    axes.axvline(chance, label=f"chance: {chance:.3g}", **look)
    axes.axvline(known.mean(), color=PALETTE[0], linewidth=1.6, label=_mean(known))
    if observed is not None:
        look = {"color": PALETTE[5], "linewidth": 2.0}
        axes.axvline(observed, label=f"true labels: {observed:.3f}", **look)
    axes.set_xlim(low - margin, high + margin)
    axes.set_xlabel(metric)
    axes.set_ylabel("Permutations")
    whole_ticks(axes, "y")
    write_title(axes, title, inches=WIDTH - 0.6)
    legend_below(figure, axes, most=1)
    return figure


@styled
def p_values_figure(
    p_values: Float64[np.ndarray, " n"], *, title: str, level: float = 0.95, note: str | None = None
) -> Figure:
    """Draw the distribution function of p-values under the null against the uniform one.

    The band holds the whole function with probability ``level`` or more if p-values are uniform
    (Dvoretzky, Kiefer & Wolfowitz 1956, with Massart's constant, Ann Probab 1990).

    Parameters
    ----------
    p_values : float64 ndarray (n,)
        NaN where undefined; counted in the caption.
    title : str
    level : float
    note : str, optional
    """
    known = np.sort(p_values[np.isfinite(p_values)])
    if not known.size:
        return sentence_figure("Every p-value is undefined.", title=title)
    caption = f"{len(known):,} p-values; band: {level * 100:g} % for the whole curve"
    if lost := len(p_values) - len(known):
        caption += f"; {lost:,} undefined"
    figure = sheet(3.4, 3.5, "\n".join(filter(None, [caption, note])))
    axes = figure.add_subplot()
    half = (np.log(2 / (1 - level)) / 2 / len(known)) ** 0.5
    _draw_band(axes, half)
    places = np.concatenate([[0.0], known, [1.0]])
    shares = np.concatenate([[0.0], np.arange(1, len(known) + 1) / len(known), [1.0]])
    axes.plot(places, shares, drawstyle="steps-post", color=PALETTE[0], linewidth=1.4)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set_xlabel("p-value")
    axes.set_ylabel("Share as small or smaller")
    write_title(axes, title, inches=2.8)
    return figure


def _draw_band(axes: Axes, half: float) -> None:
    grid = np.linspace(0, 1, 101)
    low, high = np.clip(grid - half, 0, 1), np.clip(grid + half, 0, 1)
    axes.fill_between(grid, low, high, color=INK, alpha=0.1, linewidth=0)
    axes.plot([0, 1], [0, 1], **DASHED)


def _mean(known: np.ndarray) -> str:
    if len(known) < 2:
        return f"the only permutation: {known[0]:.3f}"
    error = known.std(ddof=1) / len(known) ** 0.5
    return f"mean of permutations: {known.mean():.3f} ± {error:.3f} (Monte-Carlo error)"


def _caption(permuted: np.ndarray, *, p: float | None, note: str | None) -> str:
    lost = int((~np.isfinite(permuted)).sum())
    words = f"{len(permuted):,} permutations" if len(permuted) > 1 else "1 permutation"
    if lost:
        words += f", {lost:,} undefined"
    if p is not None:
        words += f"; p = {p:.3g}"
    return "\n".join(filter(None, [words, note]))
