"""Folds of another tool as the beginning of a split."""

from collections.abc import Sequence
from dataclasses import dataclass

from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.fold_parts import folds_of_parts, same_rotation
from histopress.cohort.splitting.parts import Parts, match_parts
from histopress.cohort.splitting.patients import labelled_patients
from histopress.cohort.splitting.protocols import make_split
from histopress.cohort.splitting.settings import ProtocolSettings, RotationProtocol
from histopress.cohort.splitting.splits import SplitRow
from histopress.cohort.targets import Labels
from histopress.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ImportedSplit:
    """A split that begins with another tool's folds.

    Attributes
    ----------
    rows : tuple of SplitRow
    imported : int
        Slides whose fold the table gave.
    added : int
        Labelled slides that the table does not have; they were assigned.
    unknown : tuple of str
        Names in the table that are no labelled slide.
    same : bool
        Whether the rotation over these folds trains, validates and tests as the table does.
    """

    rows: tuple[SplitRow, ...]
    imported: int
    added: int
    unknown: tuple[str, ...]
    same: bool


def import_folds(
    table: Sequence[Parts],
    manifest: Manifest,
    labels: Labels,
    *,
    settings: ProtocolSettings,
    key: bytes,
    where: str,
) -> ImportedSplit:
    """Make a rotation's split of divisions that test each slide exactly once.

    Parameters
    ----------
    table : sequence of Parts
        Divisions in the other tool's names.
    manifest : Manifest
    labels : Labels
    settings : ProtocolSettings
    key : bytes
        As :func:`histopress.cohort.splitting.protocols.make_split` has it, for slides to be added.
    where : str
        Named in messages.

    Raises
    ------
    ConfigError
        The protocol is no rotation, or has other folds than there are divisions.
    ManifestError
        The divisions are no folds: a slide is tested twice or never.
    LeakError
        Slides of one patient stand on two sides.
    """
    if not isinstance(settings, RotationProtocol) or settings.folds != len(table):
        folds = f"as folds with protocol: {{kind: rotation, folds: {len(table)}}}, or "
        raise ConfigError(
            f"{where}: has {len(table)} divisions; go on with them {folds * (len(table) > 2)}as "
            f"they are with protocol: {{kind: table, path: {where}}}"
        )
    matched = [
        match_parts(parts, manifest.patients, where=f"{where}, division {number}")
        for number, parts in enumerate(table)
    ]
    divided = [each.parts for each in matched]
    patients = labelled_patients(manifest, labels)
    rows = tuple(
        row._replace(stratum=str(patients.strata[patients.of(row.slide_id)]))
        for row in folds_of_parts(divided, manifest.patients)
        if row.slide_id in labels.strata
    )
    whole = make_split(manifest, labels, rows, settings=settings, key=key)
    strangers = {name for each in matched for name in each.unknown}
    unlabelled = {slide for parts in divided for slide in parts.slides} - labels.strata.keys()
    return ImportedSplit(
        rows=whole,
        imported=len(rows),
        added=len({row.slide_id for row in whole}) - len(rows),
        unknown=tuple(sorted(strangers | unlabelled)),
        same=same_rotation(divided, folds_of_parts(divided, manifest.patients)),
    )
