"""Whether a cohort is large enough to be divided."""

from collections.abc import Collection, Sequence

from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.parts import Parts
from histopress.cohort.targets import Labels
from histopress.errors import ConfigError

EVENT = "event"
"""Stratum of a follow-up that ended with the event."""
LEAST = {"classification": 1, "regression": 3, "survival": 2}
"""Patients that a fold needs: fewer give no rank correlation, and no comparable pair."""


def check_size(
    manifest: Manifest, labels: Labels, n_folds: int, *, slides: Collection[str] | None = None
) -> None:
    """Refuse a cohort that cannot give every fold what it needs.

    Each fold needs a patient of each class; an event and two patients; or three numbers. With
    ``slides`` only the patients of these are counted.

    Raises
    ------
    ConfigError
        Names what is too few, patients and folds.
    """
    counted = labels.strata if slides is None else slides
    patients = {slide: manifest.patients[slide] for slide in counted}
    for name in needed(labels):
        own = {patients[slide] for slide in patients if labels.strata[slide] == name}
        if len(own) < n_folds:
            merge = ", or merge classes" if labels.classes else ""
            raise ConfigError(
                f"target '{labels.target}': {_called(name, labels)} has {len(own)} patients, the "
                f"protocol has {n_folds} folds; each fold needs one; add patients, lower folds"
                f"{merge}"
            )
    found, least = len(set(patients.values())), LEAST[labels.kind]
    if found < least * n_folds:
        raise ConfigError(
            f"target '{labels.target}': {found} patients have a label, the protocol has {n_folds} "
            f"folds; each fold needs {least}; add patients, or lower folds"
        )


def check_divisions(divisions: Sequence[Parts], labels: Labels) -> None:
    """Refuse divisions that nothing can be learned, chosen or tested on.

    Training and validation need every class, or an event; a test set needs a slide.

    Raises
    ------
    ConfigError
        Names the first division and part at fault, and what it lacks.
    """
    for number, parts in enumerate(divisions):
        for part, slides in (("training", parts.train), ("validation", parts.validation)):
            found = {labels.strata[slide] for slide in slides if slide in labels.strata}
            lacking = [name for name in needed(labels) if name not in found]
            if lacking or not found:
                what = f"no patient of {_called(lacking[0], labels)}" if lacking else "no patient"
                raise ConfigError(_lacks(labels, number, part, what))
        if not labels.strata.keys() & set(parts.test):
            raise ConfigError(_lacks(labels, number, "the test set", "no patient"))


def needed(labels: Labels) -> tuple[str, ...]:
    """Strata that every training needs."""
    return (EVENT,) if labels.kind == "survival" else labels.classes


def _called(name: str, labels: Labels) -> str:
    return f"class {name!r}" if labels.classes else f"stratum {name!r}"


def _lacks(labels: Labels, number: int, part: str, what: str) -> str:
    return (
        f"target '{labels.target}': in division {number} of the protocol {part} holds {what}; add "
        "patients, choose fewer folds or another protocol, or assign all anew with "
        "'histopress split rebalance'"
    )
