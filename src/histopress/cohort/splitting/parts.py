"""One division of slides into training, validation and test."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from histopress.cohort.labels.faults import listed
from histopress.cohort.labels.join import match_slides
from histopress.cohort.leaks import check_patients
from histopress.errors import LeakError, ManifestError

NAMES = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """One division of slides; each part sorted.

    Attributes
    ----------
    train, validation, test : tuple of str
        Slide ids; a part may be empty.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def slides(self) -> tuple[str, ...]:
        """All slides, sorted."""
        return tuple(sorted((*self.train, *self.validation, *self.test)))


@dataclass(frozen=True, kw_only=True)
class MatchedParts:
    """A division in the manifest's slide ids, and what did not match.

    Attributes
    ----------
    parts : Parts
    unknown : tuple of str
        Names in the table that no slide of the manifest has, sorted.
    absent : tuple of str
        Slides of the manifest that the table does not divide, sorted.
    """

    parts: Parts
    unknown: tuple[str, ...]
    absent: tuple[str, ...]


def make_parts(places: Iterable[tuple[str, str]], where: str) -> Parts:
    """Gather pairs of slide and part.

    Parameters
    ----------
    places : iterable of (str, str)
        Slide, and ``train``, ``validation`` or ``test``.
    where : str
        Named in messages.

    Raises
    ------
    LeakError
        A slide stands in two parts.
    ManifestError
        A slide stands twice in one part, or there is none.

    Examples
    --------
    >>> make_parts([("b", "train"), ("a", "train"), ("c", "test")], "splits_0.csv")
    Parts(train=('a', 'b'), validation=(), test=('c',))
    """
    found: dict[str, list[str]] = defaultdict(list)
    for slide, part in places:
        found[slide].append(part)
    if not found:
        raise ManifestError([f"{where}: names no slide; check that it is a split table"])
    torn = sorted(slide for slide, own in found.items() if len(set(own)) > 1)
    if torn:
        raise LeakError(
            f"{where}: slide {listed(torn)} in several of train, val and test; keep one place each"
        )
    twice = sorted(slide for slide, own in found.items() if len(own) > 1)
    if twice:
        raise ManifestError([f"{where}: slide {listed(twice)} more than once; keep one row each"])
    part_of = {slide: own[0] for slide, own in found.items()}
    train, validation, test = (
        tuple(sorted(slide for slide in part_of if part_of[slide] == name)) for name in NAMES
    )
    return Parts(train=train, validation=validation, test=test)


def match_parts(parts: Parts, patients: Mapping[str, str], *, where: str) -> MatchedParts:
    """Bring another tool's division to the manifest's slides and patients.

    Slide names match with or without a file's suffix.

    Parameters
    ----------
    parts : Parts
    patients : mapping of str to str
        Patient of each slide of the manifest.
    where : str
        Named in messages.

    Raises
    ------
    LeakError
        Slides of one patient, or two names of one slide, stand on two sides; names slides.
    ManifestError
        No name is that of a slide, a name may be two slides, or two names are one slide.
    """
    found = match_slides(set(parts.slides), patients, where)
    if not found:
        raise ManifestError(
            [
                (
                    f"{where}: none of {len(parts.slides)} slides is in the manifest, such as "
                    f"'{parts.slides[0]}'; the manifest writes '{min(patients, default='none')}'"
                )
            ]
        )
    known = ((found[slide], part) for slide, part in _places(parts) if slide in found)
    matched = make_parts(known, where)
    check_patients({name: {s: patients[s] for s in getattr(matched, name)} for name in NAMES})
    return MatchedParts(
        parts=matched,
        unknown=tuple(sorted(set(parts.slides) - set(found))),
        absent=tuple(sorted(set(patients) - set(matched.slides))),
    )


def _places(parts: Parts) -> list[tuple[str, str]]:
    return [(slide, name) for name in NAMES for slide in getattr(parts, name)]
