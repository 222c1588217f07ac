"""What a slide-level model learns."""

from dataclasses import dataclass
from typing import Literal

from histopress.cohort.labels.outcome import Kind


@dataclass(frozen=True, kw_only=True)
class Goal:
    """Kind of the labels, and what they belong to.

    Attributes
    ----------
    kind : str
        ``classification``, ``regression`` or ``survival``.
    level : str
        ``slide`` or ``patient``: what one label belongs to.
    classes : int
        Number of classes; 0 unless classification.

    Examples
    --------
    >>> Goal(kind="classification", level="slide", classes=3).outputs
    3
    >>> Goal(kind="survival", level="patient").outputs
    1
    """

    kind: Kind
    level: Literal["slide", "patient"] = "slide"
    classes: int = 0

    @property
    def outputs(self) -> int:
        """How many numbers a model gives a slide: one a class, otherwise one."""
        return self.classes or 1
