"""What a slide-level model learns."""

from dataclasses import dataclass
from typing import Literal

from histopress.cohort.labels.outcome import Kind
from histopress.cohort.targets import Labels


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

    @classmethod
    def of(cls, labels: Labels) -> "Goal":
        """Say what a model of these labels learns."""
        return cls(kind=labels.kind, level=labels.level, classes=len(labels.classes))

    @property
    def outputs(self) -> int:
        """How many numbers a model gives a slide: one a class, otherwise one."""
        return self.classes or 1
