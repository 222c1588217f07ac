"""A cohort to divide: patients of two classes and four centres, with what protocols ask for."""

from collections.abc import Iterable
from dataclasses import dataclass

from histopress.cohort.manifest import Manifest, SlideRow
from histopress.cohort.splitting.divisions import divisions
from histopress.cohort.splitting.parts import NAMES, Parts, make_parts
from histopress.cohort.splitting.protocols import make_split
from histopress.cohort.splitting.settings import (
    CentresProtocol,
    EnsembleProtocol,
    ExternalSettings,
    FixedProtocol,
    PreservedSiteProtocol,
    ProtocolSettings,
    RotationProtocol,
    TableProtocol,
)
from histopress.cohort.splitting.splits import SplitRow
from histopress.cohort.targets import Labels

KEY = b"key"
COLUMNS = ("slide_id", "patient_id", "path", "center", "label", "cohort", "part", "halves")


@dataclass(frozen=True)
class Patient:
    """One patient; ``number`` decides the part in a fixed split."""

    number: int
    label: str = "no"
    center: str = "A"
    slides: int = 1

    @property
    def part(self) -> str:
        return ("train", "train", "val", "test", "none", "train")[self.number % 6]


def base(per_cell: int = 6) -> list[Patient]:
    """Give each of two classes and four centres as many patients."""
    cells = [
        (label, center) for _ in range(per_cell) for label in ("no", "yes") for center in "ABCD"
    ]
    return [
        Patient(number, label, center, 1 + number % 2)
        for number, (label, center) in enumerate(cells)
    ]


def manifest_of(patients: Iterable[Patient]) -> Manifest:
    rows = [
        SlideRow(
            slide_id=f"S{patient.number:03}-{slide}",
            patient_id=f"secret{patient.number}",
            path="x.svs",
            center=patient.center or None,
            spacing_um=None,
            mask_path=None,
            sha256=None,
            labels={
                "label": patient.label,
                "cohort": "test" if patient.number % 5 == 4 else "inner",
                "part": patient.part,
                "halves": "test" if patient.part in ("test", "none") else "train",
            },
        )
        for patient in patients
        for slide in range(patient.slides)
    ]
    return Manifest(tuple(rows), COLUMNS)


def labels_of(manifest: Manifest, column: str = "label") -> Labels:
    found = {row.slide_id: row.labels[column] for row in manifest if row.labels[column]}
    found = dict(sorted(found.items()))
    return Labels(
        target="t",
        kind="classification",
        level="slide",
        values={slide: int(name == "yes") for slide, name in found.items()},
        left_out={},
        strata=found,
        classes=("no", "yes"),
        positive=1,
    )


def table_of(manifest: Manifest) -> tuple[Parts, ...]:
    """Two repeated divisions, the second without validation."""
    words = [
        {"train": "train", "val": "validation", "test": "test", "none": "train"},
        {"train": "train", "val": "test", "test": "train", "none": "test"},
    ]
    return tuple(
        make_parts(((row.slide_id, word[row.labels["part"]]) for row in manifest), "table")
        for word in words
    )


PROTOCOLS: dict[str, ProtocolSettings] = {
    "rotation": RotationProtocol(folds=3, repeats=2),
    "ensemble": EnsembleProtocol(
        folds=2, external=ExternalSettings(column="cohort", values=("test",))
    ),
    "fixed": FixedProtocol(column="part"),
    "fixed, validation cut": FixedProtocol(column="halves"),
    "centres": CentresProtocol(folds=3),
    "preserved-site": PreservedSiteProtocol(folds=3),
    "table": TableProtocol(path="splits"),
}


def split_of(
    manifest: Manifest,
    settings: ProtocolSettings,
    before: tuple[SplitRow, ...] = (),
    *,
    key: bytes = KEY,
) -> tuple[SplitRow, ...]:
    return make_split(
        manifest,
        labels_of(manifest),
        before,
        settings=settings,
        key=key,
        table=table_of(manifest) if isinstance(settings, TableProtocol) else (),
    )


def divided(manifest: Manifest, settings: ProtocolSettings) -> tuple[Parts, ...]:
    return divisions(split_of(manifest, settings), settings, labels_of(manifest).strata.keys())


def sides(parts: Parts, manifest: Manifest) -> dict[str, set[str]]:
    """Patients of each part."""
    return {name: {manifest.patients[slide] for slide in getattr(parts, name)} for name in NAMES}
