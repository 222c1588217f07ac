"""Patients with a label, as protocols divide them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from histopress.cohort.labels.faults import listed
from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.folds import Stratum
from histopress.cohort.targets import Labels
from histopress.errors import ManifestError


@dataclass(frozen=True, kw_only=True)
class Patients:
    """Patients who have a labelled slide.

    Attributes
    ----------
    manifest : Manifest
    labels : Labels
    slides : mapping of str to tuple of str
        Labelled slides of each patient, sorted.
    strata : mapping of str to Stratum
        Class (or what else is balanced) and centre of each patient. One whose slides differ
        counts as the positive class, the event or the highest quarter, and as the first centre.
    """

    manifest: Manifest
    labels: Labels
    slides: Mapping[str, tuple[str, ...]]
    strata: Mapping[str, Stratum]

    def of(self, slide: str) -> str:
        """Patient of a slide."""
        return self.manifest.patients[slide]


def labelled_patients(manifest: Manifest, labels: Labels) -> Patients:
    """Gather the patients of all labelled slides."""
    slides: dict[str, list[str]] = defaultdict(list)
    for slide in sorted(labels.strata):
        slides[manifest.patients[slide]].append(slide)
    strata = {}
    for patient, own in slides.items():
        centers = sorted(filter(None, (manifest[slide].center for slide in own)))
        label = _label({labels.strata[slide] for slide in own}, labels)
        strata[patient] = Stratum(label, centers[0] if centers else "")
    return Patients(
        manifest=manifest,
        labels=labels,
        slides={patient: tuple(own) for patient, own in slides.items()},
        strata=strata,
    )


def _label(found: set[str], labels: Labels) -> str:
    if labels.kind == "classification":
        order = {name: place for place, name in enumerate(labels.classes)}
        positive = labels.classes[labels.positive]
        return positive if positive in found else max(found, key=order.__getitem__)
    # "event" follows "censored", and "quarter 4" the quarters below.
    return max(found)


def require_centres(patients: Patients, protocol: str) -> None:
    """Refuse patients without a centre or with several.

    Raises
    ------
    ManifestError
        Names their slides.
    """
    lacking, torn = [], []
    for own in patients.slides.values():
        centers = {patients.manifest[slide].center for slide in own}
        lacking += [slide for slide in own if not patients.manifest[slide].center]
        torn += [own] if len(centers - {None}) > 1 else []
    faults = []
    if lacking:
        faults.append(
            f"protocol '{protocol}': {len(lacking)} labelled slides have no centre: "
            f"{listed(sorted(lacking))}; fill column 'center' of the manifest"
        )
    if torn:
        pairs = "; ".join(listed(own) for own in sorted(torn)[:10])
        faults.append(
            f"protocol '{protocol}': {len(torn)} patients have slides of several centres, which "
            f"would part: {pairs}; give the slides of a patient one centre"
        )
    if faults:
        raise ManifestError(faults)
