"""Whether a protocol can be used on a cohort, and whether its divisions keep patients apart."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from histopress.cohort.leaks import check_patients
from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.divisions import divisions
from histopress.cohort.splitting.named_parts import words_of_column
from histopress.cohort.splitting.parts import NAMES, Parts
from histopress.cohort.splitting.patients import Patients, require_centres
from histopress.cohort.splitting.places import external_patients
from histopress.cohort.splitting.settings import (
    CentresProtocol,
    EnsembleProtocol,
    FixedProtocol,
    PreservedSiteProtocol,
    ProtocolSettings,
    RotationProtocol,
    TableProtocol,
)
from histopress.cohort.splitting.sizes import check_divisions, check_size
from histopress.cohort.splitting.splits import SplitRow
from histopress.cohort.targets import Labels


def check_kind(patients: Patients, settings: ProtocolSettings) -> None:
    """Check what can be told without assigning anybody.

    Raises
    ------
    ConfigError, ManifestError, LeakError
        As :func:`make_split`.
    """
    manifest, labels = patients.manifest, patients.labels
    match settings:
        case RotationProtocol():
            check_size(manifest, labels, settings.folds)
        case PreservedSiteProtocol() | CentresProtocol():
            require_centres(patients, settings.kind)
            check_size(manifest, labels, settings.folds)
        case EnsembleProtocol():
            external = external_patients(patients, settings.external)
            inner = [slide for slide in labels.strata if patients.of(slide) not in external]
            check_size(manifest, labels, settings.folds, slides=inner)
        case FixedProtocol():
            words_of_column(patients, settings.column)
        case TableProtocol():
            pass
        case _:
            assert_never(settings)


def check_rows(
    rows: Sequence[SplitRow], manifest: Manifest, labels: Labels, *, settings: ProtocolSettings
) -> None:
    """Check every division: no patient on two sides, and enough to learn and test.

    Raises
    ------
    LeakError, ConfigError
        As :func:`make_split`.
    """
    for parts in divisions(rows, settings, manifest.patients.keys()):
        check_parts(parts, manifest.patients)
    check_divisions(divisions(rows, settings, labels.strata.keys()), labels)


def check_parts(parts: Parts, patients: Mapping[str, str]) -> None:
    """Refuse a division that has a patient on two sides; raises :class:`LeakError`."""
    check_patients({name: {s: patients[s] for s in getattr(parts, name)} for name in NAMES})
