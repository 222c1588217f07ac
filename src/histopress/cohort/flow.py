"""From the manifest to the patients analysed: who left where, and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from histopress.errors import StoreError

MANIFEST = "in the manifest"
STEPS = ("with label", "not excluded", "with follow-up", "analysed")
"""Usual names of the steps behind the manifest; all but survival targets skip the third."""

SEVERAL = "slides left for different reasons"


@dataclass(frozen=True, kw_only=True)
class Left:
    """Who left at a step for one reason.

    Attributes
    ----------
    reason : str
    slides : int
    patients : int
        Whose last slides left here; other patients lose slides and stay.
    """

    reason: str
    slides: int
    patients: int


@dataclass(frozen=True, kw_only=True)
class Step:
    """Who is left after a step.

    Attributes
    ----------
    name : str
    slides, patients : int
    left : tuple of Left
        Those of the step before who are no longer there, by reason.
    """

    name: str
    slides: int
    patients: int
    left: tuple[Left, ...]


@dataclass(frozen=True, kw_only=True)
class Flow:
    """All steps, the manifest first."""

    steps: tuple[Step, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Give the steps as ``metrics.json`` holds them."""
        return [asdict(step) for step in self.steps]


def flow(patient_of: Mapping[str, str], steps: Sequence[tuple[str, Mapping[str, str]]]) -> Flow:
    """Count slides and patients at every step (as in the STARD and TRIPOD diagrams).

    Of every step, slides and patients are those of the step before less those that left, summed
    over reasons. Only counts come out: neither slide nor patient ids.

    Parameters
    ----------
    patient_of : mapping of str to str
        Patient of each slide of the manifest.
    steps : sequence of (str, mapping of str to str)
        Name of the step (see :data:`STEPS`), and by slide id the reason of each slide that leaves
        at it. A slide that has left before is not counted again.

    Raises
    ------
    StoreError
        A reason is given for a slide that is not in the manifest.

    Examples
    --------
    >>> found = flow({"a": "p", "b": "p", "c": "q"}, [("with label", {"c": "label missing"})])
    >>> [(step.name, step.slides, step.patients) for step in found.steps]
    [('in the manifest', 3, 2), ('with label', 2, 1)]
    >>> found.steps[1].left
    (Left(reason='label missing', slides=1, patients=1),)
    """
    here = dict(patient_of)
    found = [Step(name=MANIFEST, slides=len(here), patients=len(set(here.values())), left=())]
    for name, reasons in steps:
        if strange := sorted(set(reasons) - set(patient_of)):
            raise StoreError(
                f"step '{name}': slide '{strange[0]}' is not in the manifest; run the stage that "
                "gave the reason again"
            )
        gone = {slide: reason for slide, reason in sorted(reasons.items()) if slide in here}
        rest = {slide: patient for slide, patient in here.items() if slide not in gone}
        left = _left(gone, patients={here[slide] for slide in gone} - set(rest.values()), of=here)
        found.append(Step(name=name, slides=len(rest), patients=len(set(rest.values())), left=left))
        here = rest
    return Flow(steps=tuple(found))


def _left(
    gone: Mapping[str, str], *, patients: set[str], of: Mapping[str, str]
) -> tuple[Left, ...]:
    slides = Counter(gone.values())
    why: dict[str, set[str]] = {patient: set() for patient in patients}
    for slide, reason in gone.items():
        if of[slide] in why:
            why[of[slide]].add(reason)
    leaving = Counter(next(iter(own)) if len(own) == 1 else SEVERAL for own in why.values())
    reasons = sorted(slides) + ([SEVERAL] if leaving[SEVERAL] and SEVERAL not in slides else [])
    return tuple(
        Left(reason=reason, slides=slides[reason], patients=leaving[reason]) for reason in reasons
    )
