"""Protocols: who is trained on, validated with and tested, in every division."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import assert_never

from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.checks import check_kind, check_rows
from histopress.cohort.splitting.divisions import check_folds
from histopress.cohort.splitting.files import read_divisions
from histopress.cohort.splitting.folds import keyed_digest
from histopress.cohort.splitting.named_parts import (
    cut_validation,
    refuse_moves,
    words_of_column,
    words_of_table,
)
from histopress.cohort.splitting.parts import Parts
from histopress.cohort.splitting.patients import Patients, labelled_patients
from histopress.cohort.splitting.places import (
    Place,
    patient_places,
    place_centres,
    place_ensemble,
    place_in_folds,
    place_preserved,
)
from histopress.cohort.splitting.settings import (
    CentresProtocol,
    EnsembleProtocol,
    FixedProtocol,
    PreservedSiteProtocol,
    ProtocolSettings,
    RotationProtocol,
    TableProtocol,
)
from histopress.cohort.splitting.splits import SplitRow, sort_rows, split_version
from histopress.cohort.targets import Labels
from histopress.seeds import derive_seed


def make_split(
    manifest: Manifest,
    labels: Labels,
    existing_rows: Sequence[SplitRow],
    *,
    settings: ProtocolSettings,
    key: bytes,
    table: Sequence[Parts] = (),
) -> tuple[SplitRow, ...]:
    """Give every labelled slide its place; rows that are there stay as they are.

    A new slide follows its patient. The split depends on target and protocol alone: whatever
    model learns from whatever encoder, it meets the same divisions. Rows of slides that have left
    the manifest, or their label, are kept, so that one that returns finds its place. Patient ids
    are not in the rows: that a patient was tested is known as long as one of their slides is in
    the manifest.

    Parameters
    ----------
    manifest : Manifest
    labels : Labels
        Their ``strata`` are what folds are balanced by.
    existing_rows : sequence of SplitRow
        Empty at first.
    settings : ProtocolSettings
    key : bytes
        Of the hash that breaks ties.
    table : sequence of Parts
        What :func:`histopress.cohort.splitting.files.read_divisions` read; for protocol ``table``.

    Raises
    ------
    ConfigError
        The cohort is too small for the protocol, or the rows were made by another one.
    ManifestError
        Columns that the protocol needs are missing or cannot be read.
    LeakError
        A patient stands on two sides of a division, or one who was tested would be learned from.
    """
    check_folds(existing_rows, settings)
    patients = labelled_patients(manifest, labels)
    check_kind(patients, settings)
    version = split_version(existing_rows)
    rows = list(existing_rows)
    for repeat in range(n_repeats(settings)):
        known = {
            row.slide_id: Place(row.group, row.fold)
            for row in existing_rows
            if row.repeat == repeat
        }
        own_key = keyed_digest(key, f"repeat/{repeat}") if repeat else key
        places = _places(patients, known, settings, key=own_key, table=table)
        rows += [
            SplitRow(
                slide_id=slide,
                fold=place.fold,
                stratum=str(patients.strata[patients.of(slide)]),
                repeat=repeat,
                group=place.group,
                version=version,
            )
            for slide, place in places.items()
            if slide not in known
        ]
    check_rows(rows, manifest, labels, settings=settings)
    return sort_rows(rows)


def split_key(seed: int, target: str) -> bytes:
    """Key of a target's split in a study with this seed."""
    return derive_seed(seed, "split", target).to_bytes(8, "big")


def n_repeats(settings: ProtocolSettings) -> int:
    """How often everything is divided anew."""
    return settings.repeats if isinstance(settings, RotationProtocol) else 1


def n_divisions(
    manifest: Manifest, labels: Labels, settings: ProtocolSettings, *, root: Path = Path()
) -> int:
    """How many divisions, and so models, the protocol has; needs no split.

    Parameters
    ----------
    manifest : Manifest
    labels : Labels
    settings : ProtocolSettings
    root : Path
        Folder that the path of a split table starts from.

    Raises
    ------
    ManifestError, LeakError
        A split table cannot be read.
    """
    match settings:
        case RotationProtocol():
            return settings.folds * settings.repeats
        case EnsembleProtocol() | PreservedSiteProtocol():
            return settings.folds
        case FixedProtocol():
            return 1
        case CentresProtocol():
            return len({manifest[slide].center for slide in labels.strata})
        case TableProtocol():
            return len(read_divisions(root / settings.path))
        case _:
            assert_never(settings)


def check_protocol(
    manifest: Manifest, labels: Labels, settings: ProtocolSettings, *, root: Path = Path()
) -> None:
    """Check before any job starts that a cohort can be divided so.

    Raises
    ------
    ConfigError, ManifestError, LeakError
        As :func:`make_split`.
    """
    if isinstance(settings, FixedProtocol | TableProtocol):
        table = table_of(settings, root)
        make_split(manifest, labels, (), settings=settings, key=b"check", table=table)
    else:
        check_kind(labelled_patients(manifest, labels), settings)


def table_of(settings: ProtocolSettings, root: Path = Path()) -> tuple[Parts, ...]:
    """Read the table of protocol ``table``; other protocols have none."""
    return read_divisions(root / settings.path) if isinstance(settings, TableProtocol) else ()


def _places(
    patients: Patients,
    known: Mapping[str, Place],
    settings: ProtocolSettings,
    *,
    key: bytes,
    table: Sequence[Parts],
) -> dict[str, Place]:
    """Place of each labelled slide in one repeat."""
    if isinstance(settings, FixedProtocol | TableProtocol):
        return _named_places(patients, known, settings, key=key, table=table)
    before = patient_places(patients.manifest, known)
    match settings:
        case RotationProtocol():
            found = place_in_folds(patients, before, n_folds=settings.folds, key=key)
        case EnsembleProtocol():
            found = place_ensemble(patients, before, settings, key=key)
        case CentresProtocol():
            found = place_centres(patients, before, n_folds=settings.folds, key=key)
        case PreservedSiteProtocol():
            found = place_preserved(patients, known, n_folds=settings.folds, key=key)
        case _:
            assert_never(settings)
    return {slide: found[name] for name, own in patients.slides.items() for slide in own}


def _named_places(
    patients: Patients,
    known: Mapping[str, Place],
    settings: FixedProtocol | TableProtocol,
    *,
    key: bytes,
    table: Sequence[Parts],
) -> dict[str, Place]:
    named: Sequence[Mapping[str, str]]
    if isinstance(settings, FixedProtocol):
        named = (words_of_column(patients, settings.column),)
    else:
        named = words_of_table(patients, table, settings.path)
    before = {slide: place.group.split() for slide, place in known.items()}
    final = [
        cut_validation(
            patients,
            words,
            {slide: own[number] for slide, own in before.items() if number < len(own)},
            share=settings.validation_share,
            key=keyed_digest(key, f"division/{number}"),
        )
        for number, words in enumerate(named)
    ]
    now = {slide: [words[slide] for words in final] for slide in (final[0] if final else ())}
    refuse_moves(before, now)
    return {slide: Place(" ".join(words), 0) for slide, words in now.items()}
