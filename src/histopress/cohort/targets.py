"""Labels of slides for one target."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np

from histopress.cohort.manifest import Manifest
from histopress.cohort.settings import TargetSettings
from histopress.errors import ConfigError, ManifestError
from histopress.seeds import generator

_MISSING_WORDS = frozenset({"na", "n/a", "#n/a", "nan", "null"})


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Classes of the slides that have a label.

    Attributes
    ----------
    target : str
        Name of the target.
    classes : tuple of str
        In order; a class is named by its place.
    positive : int
        Of two classes the one whose probability is the score, otherwise the last.
    level : str
        ``slide`` or ``patient``.
    codes : mapping of str to int
        Class of each labelled slide, in the order of slide ids.
    unlabelled : tuple of str
        Slides whose cell is empty; they take no part.
    permuted : bool
        Whether the labels were shuffled, as a control.
    """

    target: str
    classes: tuple[str, ...]
    positive: int
    level: str
    codes: Mapping[str, int]
    unlabelled: tuple[str, ...]
    permuted: bool = False


def slide_labels(
    manifest: Manifest, target_name: str, settings: TargetSettings, *, seed: int
) -> Labels:
    """Read the labels of one target from the manifest.

    Parameters
    ----------
    manifest : Manifest
    target_name : str
        Named in messages.
    settings : TargetSettings
    seed : int
        The run's seed; only a permuted target uses it.

    Raises
    ------
    ManifestError
        No such column; a label that is not a declared class; fewer than two classes; a
        patient-level target whose slides disagree within a patient.
    ConfigError
        Declared classes or the positive class do not fit.
    """
    cells = manifest.column(settings.column)
    given = {slide: cells[slide] for slide in sorted(cells) if cells[slide]}
    classes = _classes(given, target_name, settings)
    positive = _positive(classes, target_name, settings)
    codes = {slide: classes.index(label) for slide, label in given.items()}
    if settings.level == "patient":
        _refuse_conflicts(codes, manifest.patients, target_name, classes)
    if settings.permute is not None:
        groups = manifest.patients if settings.level == "patient" else {s: s for s in codes}
        rng = generator(seed, "permute", target_name, settings.permute)
        codes = _permute(codes, groups, rng)
    return Labels(
        target=target_name,
        classes=classes,
        positive=positive,
        level=settings.level,
        codes=codes,
        unlabelled=tuple(sorted(slide for slide, label in cells.items() if not label)),
        permuted=settings.permute is not None,
    )


def order_classes(labels: Iterable[str]) -> tuple[str, ...]:
    """Sort labels; numbers by value, also inside words.

    Examples
    --------
    >>> order_classes(["10", "9", "0.5"])
    ('0.5', '9', '10')
    >>> order_classes(["grade 10", "grade 2"])
    ('grade 2', 'grade 10')
    """

    def key(label: str) -> tuple[object, ...]:
        try:
            number = float(label)
        except ValueError:
            number = float("nan")
        if isfinite(number):
            return (0, number, (), label)
        parts = re.split(r"([0-9]+)", label)
        pieces = ((0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in parts)
        return (1, 0.0, tuple(pieces), label)

    return tuple(sorted(set(labels), key=key))


def _classes(given: Mapping[str, str], target: str, settings: TargetSettings) -> tuple[str, ...]:
    where = f"target '{target}', column '{settings.column}'"
    if settings.classes is None:
        doubtful = sorted(slide for slide in given if given[slide].casefold() in _MISSING_WORDS)
        if doubtful:
            raise ManifestError(
                [
                    f"slide '{slide}': label {given[slide]!r} of {where} looks like a missing "
                    "value; leave the cell empty, or list it under 'classes'"
                    for slide in doubtful
                ]
            )
        classes = order_classes(given.values())
    else:
        classes = settings.classes
        if len(set(classes)) < len(classes):
            raise ConfigError(f"target '{target}': a class is listed twice in {list(classes)}")
        allowed = ", ".join(f"'{name}'" for name in classes)
        faults = [
            f"slide '{slide}': label {label!r} of {where} is not a class; allowed are {allowed}, "
            "or an empty cell"
            for slide, label in given.items()
            if label not in classes
        ]
        if faults:
            raise ManifestError(faults)
    present = sorted(set(given.values()))
    if len(present) < 2:
        only = f"every labelled slide is {present[0]!r}" if present else "no slide has a label"
        raise ManifestError([f"{where}: {only}; at least two classes are needed"])
    return classes


def _positive(classes: tuple[str, ...], target: str, settings: TargetSettings) -> int:
    if settings.positive is None:
        return len(classes) - 1
    if settings.positive not in classes:
        allowed = ", ".join(f"'{name}'" for name in classes)
        raise ConfigError(
            f"target '{target}': positive is {settings.positive!r}; allowed are {allowed}"
        )
    if len(classes) > 2:
        raise ConfigError(
            f"target '{target}': positive is given with {len(classes)} classes; "
            "it is for two, order 'classes' instead"
        )
    return classes.index(settings.positive)


def _refuse_conflicts(
    codes: Mapping[str, int], patients: Mapping[str, str], target: str, classes: tuple[str, ...]
) -> None:
    slides: dict[str, dict[int, str]] = defaultdict(dict)
    for slide, code in codes.items():
        slides[patients[slide]].setdefault(code, slide)
    faults = []
    for found in slides.values():
        if len(found) > 1:
            text = " and ".join(f"'{slide}' is {classes[code]!r}" for code, slide in found.items())
            faults.append(
                f"target '{target}' belongs to the patient, but slides of one patient disagree: "
                f"{text}; correct the labels or set level: slide"
            )
    if faults:
        raise ManifestError(faults)


def _permute(
    codes: Mapping[str, int], groups: Mapping[str, str], rng: np.random.Generator
) -> dict[str, int]:
    """Shuffle codes among groups; the result does not depend on the order of rows."""
    label = {groups[slide]: code for slide, code in codes.items()}
    names = sorted(label)
    shuffled = rng.permutation([label[name] for name in names])
    new = dict(zip(names, shuffled.tolist(), strict=True))
    return {slide: new[groups[slide]] for slide in codes}
