"""Findings as a person reads them."""

from collections.abc import Mapping

from histopress.audit.findings import Finding, State
from histopress.audit.paint import DIM, GREEN, RED, YELLOW, Paint, printable

COLOURS: Mapping[State, str] = {
    State.VERIFIED: GREEN,
    State.ASIDE: GREEN,
    State.CHANGED: YELLOW,
    State.ABSENT: YELLOW,
    State.UNCHECKED: YELLOW,
}
STATE = 19
"""Letters of the longest state."""


def render_finding(found: Finding, *, colour: bool = False, width: int | None = None) -> str:
    """Write one finding as a line, or as two where one of ``width`` letters does not take it."""
    paint = Paint(colour)
    path, detail = printable(found.path), printable(found.detail)
    line = f"{paint(f'{found.state:<{STATE}}', COLOURS.get(found.state, RED))}  {path}"
    if not detail:
        return line
    fits = width is None or STATE + len(path) + len(detail) + 4 <= width
    between = "  " if fits else f"\n{'':{STATE}}    "
    return f"{line}{between}{paint(detail, DIM)}"


def render_counts(counts: Mapping[State, int], *, colour: bool = False) -> str:
    """Sum findings up in one line.

    Examples
    --------
    >>> render_counts({State.VERIFIED: 3, State.MODIFIED: 1})
    '3 verified, 1 modified'
    """
    paint = Paint(colour)
    told = [
        paint(f"{counts[state]} {state}", COLOURS.get(state, RED))
        for state in State
        if counts.get(state)
    ]
    return ", ".join(told) or "nothing to check"
