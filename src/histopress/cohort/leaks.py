"""Guards against a patient on two sides of a split."""

from collections import defaultdict
from collections.abc import Mapping

from histopress.errors import LeakError


def check_patients(parts: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse parts that share a patient.

    Parameters
    ----------
    parts : mapping of str to mapping of str to str
        Part (``train``, ``validation``, ``test``) to the patient of each of its slides.

    Raises
    ------
    LeakError
        Names slides of every shared patient, one line each, and never the patient.

    Examples
    --------
    >>> check_patients({"train": {"A1": "p"}, "test": {"B1": "q"}})
    """
    sides: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for part, patients in parts.items():
        for slide, patient in patients.items():
            sides[patient].setdefault(part, []).append(slide)
    faults = []
    for found in sides.values():
        if len(found) > 1:
            places = " and ".join(
                f"{', '.join(repr(slide) for slide in sorted(slides))} in {part}"
                for part, slides in found.items()
            )
            faults.append(f"slides of one patient stand on two sides: {places}")
    if faults:
        faults.sort()
        raise LeakError("\n".join([*faults, "assign patients, not slides, to the parts"]))
