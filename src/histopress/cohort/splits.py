"""A split on disk: the fold of every slide, without patients."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from histopress.cohort.folds import Stratum, assign_folds
from histopress.cohort.manifest import Manifest
from histopress.cohort.targets import Labels
from histopress.errors import ConfigError, LeakError, StoreError
from histopress.store import read_csv, write_csv

COLUMNS = ("slide_id", "fold", "stratum")


class SplitRow(NamedTuple):
    """Fold of one slide, and the stratum that its patient had when they were assigned."""

    slide_id: str
    fold: int
    stratum: str


def write_split(path: Path, rows: Iterable[SplitRow]) -> None:
    """Write a split, ordered by slide id."""
    write_csv(path, [row._asdict() for row in sorted(rows)], COLUMNS)


def read_split(path: Path) -> tuple[SplitRow, ...]:
    """Read a split.

    Raises
    ------
    StoreError
        The file is missing or damaged: other columns, a fold that is no number from 0 up, a
        slide named twice.
    """
    rows = []
    seen: set[str] = set()
    for number, cells in enumerate(read_csv(path), 2):
        slide, fold, stratum = (cells.get(name) or "" for name in COLUMNS)
        whole = tuple(cells) == COLUMNS and slide and stratum
        if not whole or not re.fullmatch("[0-9]+", fold):
            raise StoreError(
                f"{path} row {number}: is not 'slide_id, fold, stratum' with a fold from 0 up; "
                "take the file back from version control, or remove it to assign everyone anew"
            )
        if slide in seen:
            raise StoreError(f"{path} row {number}: slide '{slide}' stands twice; keep one row")
        seen.add(slide)
        rows.append(SplitRow(slide, int(fold), stratum))
    if not rows:
        raise StoreError(f"{path}: holds no slide; remove it to assign every patient")
    return tuple(rows)


def extend_split(
    manifest: Manifest,
    labels: Labels,
    existing_rows: Sequence[SplitRow],
    *,
    n_folds: int,
    key: bytes,
) -> tuple[SplitRow, ...]:
    """Add the slides that are not yet in the split; rows that are there stay as they are.

    A new slide follows its patient; a new patient is assigned by
    :func:`histopress.cohort.folds.assign_folds` within class and centre. Where labels belong to
    slides, a patient counts as their last class (of two: the positive one). Rows of slides that
    have left the manifest are kept, so that a slide that returns finds its place.

    Raises
    ------
    ConfigError
        A class has fewer patients than there are folds, or the rows have another number of
        folds.
    LeakError
        Rows put slides of one patient into different folds.
    """
    _check_number(existing_rows, n_folds)
    check_size(manifest, labels, n_folds)
    strata = _strata(manifest, labels)
    known = {row.slide_id: row.fold for row in existing_rows}
    before = _patient_folds(manifest, known)
    folds = assign_folds(strata, before, n_folds=n_folds, key=key)
    new = [
        SplitRow(slide, folds[manifest.patients[slide]], str(strata[manifest.patients[slide]]))
        for slide in labels.codes
        if slide not in known
    ]
    return tuple(sorted([*existing_rows, *new]))


def _check_number(rows: Sequence[SplitRow], n_folds: int) -> None:
    found = max((row.fold for row in rows), default=n_folds - 1) + 1
    if found != n_folds:
        raise ConfigError(
            f"the split on disk has {found} folds, the protocol asks for {n_folds}; "
            f"set folds: {found}, or remove the split to assign every patient anew"
        )


def check_size(manifest: Manifest, labels: Labels, n_folds: int) -> None:
    """Refuse a class with fewer patients than folds.

    Raises
    ------
    ConfigError
        Names class, patients and folds.
    """
    pairs = {(manifest.patients[slide], code) for slide, code in labels.codes.items()}
    counts = Counter(code for _, code in pairs)
    for code, name in enumerate(labels.classes):
        if counts[code] < n_folds:
            raise ConfigError(
                f"target '{labels.target}': class {name!r} has {counts[code]} patients, the "
                f"protocol has {n_folds} folds; each fold needs one; add patients, lower folds, "
                "or merge classes"
            )


def _strata(manifest: Manifest, labels: Labels) -> dict[str, Stratum]:
    """Class and centre of each patient with a label."""
    slides: dict[str, list[str]] = defaultdict(list)
    for slide in labels.codes:
        slides[manifest.patients[slide]].append(slide)
    strata = {}
    for patient, own in slides.items():
        codes = {labels.codes[slide] for slide in own}
        code = labels.positive if labels.positive in codes else max(codes)
        centers = sorted(filter(None, (manifest[slide].center for slide in own)))
        strata[patient] = Stratum(labels.classes[code], centers[0] if centers else "")
    return strata


def _patient_folds(manifest: Manifest, known: Mapping[str, int]) -> dict[str, int]:
    first: dict[str, str] = {}
    for slide in sorted(known):
        if slide not in manifest.patients:
            continue
        before = first.setdefault(manifest.patients[slide], slide)
        if known[before] != known[slide]:
            raise LeakError(
                f"slides '{before}' (fold {known[before]}) and '{slide}' (fold {known[slide]}) "
                "are of one patient now; correct patient_id, or remove the split to assign "
                "every patient anew"
            )
    return {patient: known[slide] for patient, slide in first.items()}
