"""Predicted against true numbers, and what is left between them."""

import numpy as np
from jaxtyping import Float64, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from histopress.evaluate.figures.canvas import (
    DASHED,
    legend_below,
    legend_inches,
    sentence_figure,
    sheet,
    styled,
    with_bounds,
    write_title,
)
from histopress.evaluate.intervals import Interval
from histopress.evaluate.style import INK, marker

WIDTH = 3.6
ACROSS = 5
Numbers = Float64[np.ndarray, " n"]


@styled
def scatter_figure(
    values: Numbers,
    predictions: Numbers,
    folds: Int[np.ndarray, " n"],
    *,
    title: str,
    unit: str | None = None,
    spearman: Interval | None = None,
    note: str | None = None,
) -> Figure:
    """Draw predicted against true numbers, with the line on which they are equal.

    Both axes have one scale: models that say little predict near the mean, which must show.

    Parameters
    ----------
    values, predictions : float64 ndarray (n,)
    folds : int ndarray (n,)
        Whose models predicted; told apart by colour and marker.
    title : str
    unit : str, optional
    spearman : Interval, optional
        Within folds, for the caption.
    note : str, optional
        What a reader must know.
    """
    if not values.size:
        return sentence_figure("No number was predicted.", title=title)
    entries = len(np.unique(folds))
    figure = sheet(WIDTH, 3.7 + legend_inches(entries, ACROSS), _caption(spearman, note))
    axes = figure.add_subplot()
    low, high = _limits(np.concatenate([values, predictions]))
    axes.plot([low, high], [low, high], **DASHED)
    _draw_folds(axes, values, predictions, folds=folds)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    axes.set_yticks([tick for tick in axes.get_xticks() if low <= tick <= high])
    axes.set(xlim=(low, high), ylim=(low, high))
    axes.set_xlabel(f"True{_in(unit)}")
    axes.set_ylabel(f"Predicted{_in(unit)}")
    write_title(axes, title, inches=WIDTH - 0.6)
    axes.set_anchor("N")
    legend_below(figure, axes, most=ACROSS)
    return figure


@styled
def residuals_figure(
    values: Numbers,
    predictions: Numbers,
    folds: Int[np.ndarray, " n"],
    *,
    title: str,
    unit: str | None = None,
    note: str | None = None,
) -> Figure:
    """Draw predicted minus true numbers against the predicted ones, and their distribution.

    Against predictions, because errors of a good model are correlated with the truth but not with
    what it predicts.

    Parameters
    ----------
    values, predictions : float64 ndarray (n,)
    folds : int ndarray (n,)
    title : str
    unit, note : str, optional
    """
    if not values.size:
        return sentence_figure("No number was predicted.", title=title)
    errors = predictions - values
    deviation = f", standard deviation {errors.std(ddof=1):.3g}" if len(errors) > 1 else ""
    caption = f"Mean {errors.mean():.3g}{deviation}, n = {len(errors):,}".replace("-", "−")
    entries = len(np.unique(folds))
    figure = sheet(4.4, 2.7 + legend_inches(entries, 6), "\n".join(filter(None, [caption, note])))
    axes, side = figure.subplots(1, 2, sharey=True, width_ratios=[4, 1])
    axes.axhline(0, **DASHED)
    _draw_folds(axes, predictions, errors, folds=folds)
    axes.set_xlabel(f"Predicted{_in(unit)}")
    axes.set_ylabel(f"Predicted minus true{_in(unit)}")
    bins = np.linspace(*_limits(errors), min(30, max(6, len(errors) // 4))).tolist()
    side.hist(errors, bins=bins, orientation="horizontal", color=INK, alpha=0.5)
    side.axhline(0, **DASHED)
    side.tick_params(axis="y", length=0)
    side.set_xlabel("Number")
    write_title(axes, title, inches=3.8)
    legend_below(figure, axes, most=6)
    return figure


def _draw_folds(axes: Axes, x: np.ndarray, y: np.ndarray, *, folds: np.ndarray) -> None:
    for place, fold in enumerate(np.unique(folds)):
        inside = folds == fold
        axes.plot(x[inside], y[inside], linestyle="", label=f"fold {fold}", **marker(place))


def _limits(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * (high - low) or max(1.0, abs(low)) * 0.1
    return low - margin, high + margin


def _caption(spearman: Interval | None, note: str | None) -> str:
    lines = [note] if note else []
    if spearman is not None:
        lines.insert(
            0,
            f"Spearman's ρ within folds {with_bounds(spearman)}, {spearman.level * 100:g} % "
            f"interval, {spearman.method}; {spearman.n_patients:,} patients, "
            f"{spearman.n_slides:,} slides",
        )
    return "\n".join(lines)


def _in(unit: str | None) -> str:
    return f" ({unit})" if unit else " number"
