"""What a label can be: a class, a number, the outcome of a follow-up."""

from typing import Literal, NamedTuple

Kind = Literal["classification", "regression", "survival"]
"""Kinds of targets."""


class Outcome(NamedTuple):
    """End of a follow-up.

    Attributes
    ----------
    time : float
        From the start of follow-up to event or censoring, 0 or more.
    event : bool
        True: the event was seen at that time. False: censored.
    cause : int
        0 censored, 1 the event, 2 and above a competing event. A competing event ends the
        follow-up: the cause-specific analysis takes it as censored.
    """

    time: float
    event: bool
    cause: int = 0


Label = int | float | Outcome
"""Place of a class, a finite number, or an outcome."""
