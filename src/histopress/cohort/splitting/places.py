"""Where protocols with folds put slides: rotation, ensemble, centres, preserved-site."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.folds import assign_folds
from histopress.cohort.splitting.named_parts import refuse_crossing
from histopress.cohort.splitting.patients import Patients
from histopress.cohort.splitting.settings import EnsembleProtocol, ExternalSettings
from histopress.errors import ConfigError, LeakError, ManifestError

EXTERNAL = "external"
"""Group of the external set."""


class Place(NamedTuple):
    """Group and fold of a slide or patient in one repeat."""

    group: str
    fold: int


def place_in_folds(
    patients: Patients, before: Mapping[str, Place], *, n_folds: int, key: bytes
) -> dict[str, Place]:
    """Give new patients the least filled fold, as ``folds.assign_folds`` does.

    Parameters
    ----------
    patients : Patients
    before : mapping of str to Place
        Places given before, by patient.
    n_folds : int
    key : bytes

    Returns
    -------
    dict of str to Place
        By patient.
    """
    folds = assign_folds(
        patients.strata,
        {patient: place.fold for patient, place in before.items()},
        n_folds=n_folds,
        key=key,
    )
    return {patient: Place("", folds[patient]) for patient in patients.slides}


def place_ensemble(
    patients: Patients, before: Mapping[str, Place], settings: EnsembleProtocol, *, key: bytes
) -> dict[str, Place]:
    """Give patients of the external set no fold, and the others one.

    Raises
    ------
    ManifestError
        No such column.
    LeakError
        Slides of one patient are external and not, or a patient changed sides.
    ConfigError
        No slide is external, or every slide is.
    """
    external = external_patients(patients, settings.external)
    inner = {name: own for name, own in patients.strata.items() if name not in external}
    known = {name: place for name, place in before.items() if place.group != EXTERNAL}
    slides = {name: own for name, own in patients.slides.items() if name in before}
    refuse_crossing(
        {s: [_side(before[n].group == EXTERNAL)] for n, own in slides.items() for s in own},
        {s: [_side(n in external)] for n, own in slides.items() for s in own},
    )
    folds = assign_folds(
        inner,
        {name: place.fold for name, place in known.items() if name not in external},
        n_folds=settings.folds,
        key=key,
    )
    return {
        name: Place(EXTERNAL, 0) if name in external else Place("", folds[name])
        for name in patients.slides
    }


def _side(external: bool) -> str:
    return "test" if external else "train"


def external_patients(patients: Patients, settings: ExternalSettings) -> frozenset[str]:
    """Find the patients whose slides a column says to be external; raises as its caller does."""
    cells = patients.manifest.column(settings.column)
    found, torn = set(), []
    for name, own in patients.slides.items():
        sides = {cells[slide] in settings.values for slide in own}
        if len(sides) > 1:
            torn.append(" and ".join(f"'{s}' is {cells[s] or 'empty'!r}" for s in own))
        elif sides == {True}:
            found.add(name)
    if torn:
        raise LeakError(
            f"column '{settings.column}' puts slides of one patient into the external set and out "
            f"of it: {'; '.join(sorted(torn)[:10])}; give all slides of a patient one side"
        )
    if len(found) in (0, len(patients.slides)):
        raise ConfigError(
            f"protocol 'ensemble': {len(found)} of {len(patients.slides)} labelled patients are "
            f"external by column '{settings.column}' ({', '.join(settings.values)}), which holds "
            f"{', '.join(sorted(set(cells.values()) - {''})[:10])}; some must be, and not all"
        )
    return frozenset(found)


def place_centres(
    patients: Patients, before: Mapping[str, Place], *, n_folds: int, key: bytes
) -> dict[str, Place]:
    """Note each patient's centre, and give them an inner fold.

    Each patient has one centre (:func:`histopress.cohort.splitting.patients.require_centres`).

    Raises
    ------
    ManifestError
        A patient whose centre was noted has another.
    ConfigError
        There is but one centre.
    """
    centers = {stratum.center for stratum in patients.strata.values()}
    if len(centers) < 2:
        raise ConfigError(
            f"protocol 'centres': all labelled slides come from centre '{min(centers, default='')}'"
            "; leaving it out leaves nobody to learn from"
        )
    _refuse_other_centres(patients, before)
    folds = place_in_folds(patients, before, n_folds=n_folds, key=key)
    return {name: Place(patients.strata[name].center, place.fold) for name, place in folds.items()}


def place_preserved(
    patients: Patients, known: Mapping[str, Place], *, n_folds: int, key: bytes
) -> dict[str, Place]:
    """Give each centre a fold, as ``preserved_site.assign_centres`` does.

    Parameters
    ----------
    patients : Patients
    known : mapping of str to Place
        Places given before, by slide; also of slides that left, whose centre keeps its fold.
    n_folds : int
    key : bytes

    Raises
    ------
    ManifestError, ConfigError
        As :func:`place_centres`, and where whole centres cannot fill the folds.
    LeakError
        Patients of one centre stand in several folds.
    """
    # Late: it needs a solver, every job of the workflow imports this module, few divide centres.
    from histopress.cohort.splitting.preserved_site import assign_centres

    _refuse_other_centres(patients, patient_places(patients.manifest, known))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for stratum in patients.strata.values():
        counts[stratum.center][stratum.label] += 1
    centres: dict[str, int] = {}
    for place in known.values():
        if centres.setdefault(place.group, place.fold) != place.fold:
            raise LeakError(
                f"centre '{place.group}' stands in folds {centres[place.group]} and {place.fold} "
                "of the split; take the file back, or remove it to assign everyone anew"
            )
    folds = assign_centres(counts, centres, n_folds=n_folds, key=key)
    return {
        name: Place(stratum.center, folds[stratum.center])
        for name, stratum in patients.strata.items()
    }


def _refuse_other_centres(patients: Patients, before: Mapping[str, Place]) -> None:
    faults = [
        f"slide '{own[0]}': is of centre '{patients.strata[name].center}' now, and "
        f"'{before[name].group}' in the split; correct column 'center', or assign all anew with "
        "'histopress split rebalance'"
        for name, own in patients.slides.items()
        if name in before and before[name].group != patients.strata[name].center
    ]
    if faults:
        raise ManifestError(sorted(faults))


def patient_places(manifest: Manifest, known: Mapping[str, Place]) -> dict[str, Place]:
    """Find the place of each patient of the manifest from those of slides.

    Raises
    ------
    LeakError
        Slides of one patient stand in two places.
    """
    first: dict[str, str] = {}
    for slide in sorted(known):
        if slide not in manifest.patients:
            continue
        before = first.setdefault(manifest.patients[slide], slide)
        if known[before] != known[slide]:
            raise LeakError(
                f"slides '{before}' ({_text(known[before])}) and '{slide}' ({_text(known[slide])}) "
                "are of one patient now; correct patient_id, or assign all anew with "
                "'histopress split rebalance'"
            )
    return {patient: known[slide] for patient, slide in first.items()}


def _text(place: Place) -> str:
    return f"{place.group}, fold {place.fold}" if place.group else f"fold {place.fold}"
