"""Findings as a person reads them."""

from collections.abc import Mapping

from histopress.audit.findings import Finding, State
from histopress.audit.paint import DIM, GREEN, RED, YELLOW, Paint, printable

COLOURS: Mapping[State, str] = {
    State.VERIFIED: GREEN,
    State.CHANGED: YELLOW,
    State.ABSENT: YELLOW,
    State.UNCHECKED: YELLOW,
}


def render_finding(found: Finding, *, colour: bool = False) -> str:
    """Write one finding as a line."""
    paint = Paint(colour)
    state = paint(f"{found.state:<19}", COLOURS.get(found.state, RED))
    detail = f"  {paint(printable(found.detail), DIM)}" if found.detail else ""
    return f"{state}  {printable(found.path)}{detail}"


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
