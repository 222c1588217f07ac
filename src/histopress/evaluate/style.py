"""Looks that all figures share."""

from typing import Any

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6D1F", "#666666")
"""Okabe and Ito's colours, told apart with any colour vision; their yellow, too pale on white,
is replaced by brown."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h", "p")
"""One a fold beside its colour, so that a print in grey can be read too."""

INK = "#222222"
PALE = "#999999"

STYLE: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "histopress",
    "svg.fonttype": "path",
    "text.parse_math": False,
}
"""Letters are drawn as paths and look alike wherever the file is opened; a dollar sign in the
name of a class is a dollar sign."""


def marker(place: int) -> dict[str, Any]:
    """Give the look of the points of one fold."""
    return {
        "marker": MARKERS[place % len(MARKERS)],
        "color": PALETTE[place % len(PALETTE)],
        "markersize": 3.6,
        "markeredgewidth": 0.0,
        "alpha": 0.8,
    }


def line(place: int) -> dict[str, Any]:
    """Give the look of the curve of one fold; dashed when colours come again."""
    dashed = place // len(PALETTE) % 2
    return {"color": PALETTE[place % len(PALETTE)], "linestyle": (0, (4, 1.5)) if dashed else "-"}


def shorten(name: str, longest: int = 28) -> str:
    """Cut a name that would push a figure apart.

    Examples
    --------
    >>> shorten("adenocarcinoma", 8)
    'adenoca…'
    """
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
